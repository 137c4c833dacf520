/** The transforms and the encoder in WebAssembly. */
import type { Ext, ExtensionField, Fe } from '../../field/field.ts';
import { checkLength } from '../contract/checks.ts';
import { extWords, writeExt } from '../contract/layout.ts';
import {
  checkedCosetLog,
  checkedLogRows,
  checkedMessage,
  type MessageShape,
} from '../contract/ntt-checks.ts';
import type { NttKernels } from '../contract/ntt.ts';
import { blockRoot, encodeByCosets, referenceNtt } from '../reference/ntt.ts';
import type { Task } from '../pool/pool.ts';
import { inColumnBatches } from './columns.ts';
import { TASK_ITEMS, type Engine } from './engine.ts';
import { evaluateAt } from './evaluate.ts';
import { interleave } from './interleave.ts';
import { messageKind, type NttContext } from './ntt-context.ts';
import { joinTask, phases, splitTask, type Slice } from './ntt-plan.ts';
import { nttTables } from './ntt-tables.ts';
import { evaluateAtTransposed } from './transpose.ts';

export function wasmNtt(engine: Engine, K: ExtensionField, radix: Fe): NttKernels {
  const F = K.base;
  const tables = nttTables(engine, F, radix);
  const context: NttContext = { engine, K, F, radix, tables, definition: referenceNtt(K) };
  const encodeCoset: NttKernels['encodeCoset'] = (out, message, code, coset) => {
    const parts = checkedMessage(F, message, code);
    const log = checkedCosetLog(F, out, parts, code, coset);
    const operands = [
      { array: out, rows: 2 ** log, role: 'out' },
      { array: parts.data, rows: parts.rows, role: 'in' },
      { array: parts.pad, rows: parts.padRows, role: 'in' },
    ] as const;
    const root = F.mul(blockRoot(F, code.logN - log, coset), radix);
    inColumnBatches(engine, code.columns, operands, NO_BYTES, ([to, from, pad], columns) => {
      const addresses = { to: to as number, from: from as number, pad: pad as number };
      encodeBlock(context, addresses, parts, { columns, log, coset, root });
    });
  };
  return {
    ntt: (data, columns) => ntt(context, data, columns),
    intt: (data, columns) => intt(context, data, columns),
    encodeCoset,
    encode: encodeByCosets(F, encodeCoset),
    evaluateAt: (out, message, code, positions) => evaluateAt(context, out, message, code, positions),
    evaluateAtTransposed: (out, eta, logN, positions, k) =>
      evaluateAtTransposed(context, out, eta, logN, positions, k),
    interleave: (out, a, columns) => interleave(engine, out, a, columns),
    powers: (out, scale, base) => powers(context, out, scale, base),
    kPowers: (out, n, scale, base) => kPowers(context, out, n, scale, base),
  };
}

const NO_BYTES = { fixed: 0, perColumn: 0 };

/** Runs the phases of a transform of whole columns, in batches that the arena has room for. */
function inPhases(
  { engine, F }: NttContext,
  data: Uint32Array,
  columns: number,
  run: (phases: readonly (readonly Slice[])[]) => void,
): void {
  const logRows = checkedLogRows('data', data.length, columns, F.twoAdicity);
  const operand = { array: data, rows: 2 ** logRows, role: 'inout' } as const;
  const { threads } = engine.pool;
  inColumnBatches(engine, columns, [operand], NO_BYTES, ([address], count) =>
    run(phases({ address: address as number, logRows, columns: count, index: 0, threads })),
  );
}

function ntt(context: NttContext, data: Uint32Array, columns: number): void {
  const { engine, tables } = context;
  inPhases(context, data, columns, (all) => {
    for (const phase of all) engine.pool.run(phase.map((slice) => splitTask(slice, tables.forward)));
  });
}

function intt(context: NttContext, data: Uint32Array, columns: number): void {
  const { engine, F, radix, tables } = context;
  inPhases(context, data, columns, (all) => {
    const nInverse = F.mul(F.inverse(F.fromInt(data.length / columns)), radix);
    const order = [...all].reverse();
    order.forEach((phase, i) => {
      const factor = i === order.length - 1 ? nInverse : 0;
      engine.pool.run(phase.map((slice) => joinTask(slice, tables.inverse, factor)));
    });
  });
}

interface EncodeShape {
  readonly columns: number;
  readonly log: number;
  readonly coset: number;
  /** g of the coset, a Montgomery word. */
  readonly root: number;
}

/** The first phase reads the message, so that the folded message is never written as such. */
function encodeBlock(
  { engine, tables }: NttContext,
  addresses: { readonly to: number; readonly from: number; readonly pad: number },
  { data, rows, padRows }: MessageShape,
  { columns, log, coset, root }: EncodeShape,
): void {
  const [first, ...rest] = phases({
    address: addresses.to,
    logRows: log,
    columns,
    index: coset,
    threads: engine.pool.threads,
  });
  const kind = messageKind(data);
  const partItems = 2 ** log * columns;
  const encodeTasks = (first ?? []).map((slice): Task => {
    const { address, offset, logRows, stride, width, index } = slice;
    const at = [address, logRows, stride, width, index, tables.forward];
    const from = addresses.from + offset * data.BYTES_PER_ELEMENT;
    const pad = padRows === 0 ? 0 : addresses.pad + 4 * offset;
    const [left, padLeft] = [rows * columns - offset, padRows * columns - offset];
    return ['nttSliceEncode', ...at, from, kind, partItems, left, root, pad, padLeft];
  });
  engine.pool.run(encodeTasks);
  for (const phase of rest) engine.pool.run(phase.map((slice) => splitTask(slice, tables.forward)));
}

function powers({ engine, F, radix }: NttContext, out: Uint32Array, scale: Fe, base: Fe): void {
  const word = F.mul(F.fe(base), radix);
  const step = F.pow(base, TASK_ITEMS);
  let start = F.fe(scale);
  const operand = { array: out, rows: out.length, role: 'out' } as const;
  if (out.length === 0) return;
  inColumnBatches(engine, 1, [operand], NO_BYTES, ([address]) => {
    const tasks: Task[] = [];
    for (let first = 0; first < out.length; first += TASK_ITEMS, start = F.mul(start, step)) {
      const count = Math.min(TASK_ITEMS, out.length - first);
      tasks.push(['fPowers', (address as number) + 4 * first, count, start, word]);
    }
    engine.pool.run(tasks);
  });
}

/** Blocks of four elements in each task of `kPowers`. */
const TASK_BLOCKS = 1 << 10;

function kPowers(
  { engine, K, F, radix }: NttContext,
  out: Uint32Array,
  n: number,
  scale: Ext,
  base: Ext,
): void {
  checkLength('out', out, extWords(n, K.degree));
  const step = K.pow(K.fromLimbs(base), 4);
  const taskStep = K.pow(step, TASK_BLOCKS);
  let start = K.fromLimbs(scale);
  if (n === 0) return;
  const blocks = out.length / (4 * K.degree);
  engine.arena.scope(() => {
    // Column j of the matrix is step * x^j.
    const matrix = engine.arena.u32(K.degree * K.degree);
    for (let j = 0; j < K.degree; j++) {
      const unit = K.fromLimbs(Array.from({ length: K.degree }, (_, i) => (i === j ? 1 : 0)));
      K.mul(step, unit).forEach((limb, i) => (matrix[i * K.degree + j] = F.mul(limb, radix)));
    }
    const operand = { array: out, rows: out.length, role: 'out' } as const;
    inColumnBatches(engine, 1, [operand], NO_BYTES, ([address]) => {
      const words = new Uint32Array(engine.arena.buffer, address, out.length);
      const tasks: Task[] = [];
      for (let first = 0; first < blocks; first += TASK_BLOCKS, start = K.mul(start, taskStep)) {
        for (let i = 0, x = start; i < 4; i++, x = K.mul(x, base)) writeExt(words, 4 * first + i, x);
        const count = Math.min(TASK_BLOCKS, blocks - first);
        tasks.push([
          'kGeometricBlocks',
          (address as number) + 16 * K.degree * first,
          count,
          matrix.byteOffset,
        ]);
      }
      engine.pool.run(tasks);
      const zero = K.zero;
      for (let i = n; i < 4 * blocks; i++) writeExt(words, i, zero);
    });
  });
}
