/** Rotary positions on the way back, both orders of pairs, with and without cut off gradients. */
import type { RopeNode } from '../../src/ops/rope/shape.ts';
import { column, tableOf } from '../../src/tables/index.ts';
import { ropeBack } from '../../src/training/backward/rope/eval.ts';
import { ropeBackRelations } from '../../src/training/backward/rope/relations.ts';
import type { GradientBits, Values } from '../../src/training/backward/rounding.ts';
import { BITS, FORMAT, type BackOperator, type Run } from './back-case.ts';

const TABLE = 'rope-100-4-128';

function rope(
  order: 'half' | 'interleaved',
  format: GradientBits,
  gradient: readonly number[],
): BackOperator {
  const back = (
    run: Run,
    change: { order?: RopeNode['order']; sign?: number; positions?: number[] } = {},
  ): Values => {
    const table = tableOf(TABLE);
    const sin = column(table, 'sin').map((s) => s * (change.sign ?? 1));
    const constants = { cos: column(table, 'cos'), sin, headDim: 4, order: change.order ?? order };
    return ropeBack('test', run.gradient, constants, change.positions ?? [0, 1, 0], { width: 4, ...format });
  };
  return {
    name: `rope, ${order}${format.guard === undefined ? '' : ', cut off'}`,
    rows: 3,
    starts: [0, 2],
    inputs: { x: [100, -90, 80, 3, 5, 100, -127, 64, 1, 2, 3, 4] },
    gradient,
    build: (g) => g.rope('y', g.input('x', { width: 4, bits: 8 }), { table: TABLE, order, bits: 10 }),
    relations: (b, node, own) => void ropeBackRelations(b, node as RopeNode, own, format),
    values: (run) => back(run),
    lies: [
      ['turned the way that the row was turned', (run) => back(run, { sign: -1 })],
      ['turned by another position', (run) => back(run, { positions: [0, 2, 0] })],
      ['positions that run on into the next sequence', (run) => back(run, { positions: [0, 1, 2] })],
      ['the other order', (run) => back(run, { order: order === 'half' ? 'interleaved' : 'half' })],
      ['not turned', (run) => ({ ...back(run), input: run.gradient })],
    ],
  };
}

const SMALL = [1000, -3000, 7, 4095, -2, 900, 8000, -8191, 5, 600, -70, 8];
/** A turned pair is up to sqrt 2 as long as either gradient. */
const GREAT = [16383, -16384, 7, 4095, 16383, 16000, 16383, -16384, -16384, 600, -70, 16383];

export const ROPE_CASES: readonly BackOperator[] = [
  rope('half', FORMAT, SMALL),
  rope('interleaved', FORMAT, SMALL),
  rope('half', { bits: BITS, guard: 2 }, GREAT),
];
