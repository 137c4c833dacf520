/** Operators of the way back whose gradients are cut off: quotients of two more bits, or all that a residue has. */
import type { AttentionNode } from '../../src/ops/attention/shape.ts';
import type { LinearNode } from '../../src/ops/linear/shape.ts';
import type { RmsnormNode } from '../../src/ops/rmsnorm/shape.ts';
import { attentionBackRelations } from '../../src/training/backward/attention/relations.ts';
import { linearBack } from '../../src/training/backward/linear/eval.ts';
import { linearBackRelations } from '../../src/training/backward/linear/relations.ts';
import { rmsnormBackRelations } from '../../src/training/backward/rmsnorm/relations.ts';
import type { Values } from '../../src/training/backward/rounding.ts';
import { BITS, type BackOperator, type Run } from './back-case.ts';
import {
  ATTENTION,
  ATTENTION_PLACES,
  attentionOf,
  FLAT,
  LINEAR,
  matrixOf,
  NORM,
  NORM_PLACES,
  normOf,
} from './cases.ts';

const GUARDED = { bits: BITS, guard: 2 };

/** Two outputs, three inputs. @param entries row by row */
function linear(places: number, bits: number, entries: readonly number[]): BackOperator {
  const values = (run: Run, format: object = {}): Values =>
    linearBack('test', matrixOf(run, places), run.gradient, { ...GUARDED, ...format });
  return {
    ...LINEAR,
    name: `linear, ${places} places, cut off`,
    weights: { w: Int16Array.from(entries) },
    build: (g) => g.linear('y', g.input('x', { width: 3, bits: 8 }), g.weight('w', [2, 3], { bits })),
    gradient: [16383, 16383, -16384, -16000],
    relations: (b, node, own) => linearBackRelations(b, node as LinearNode, own, places, GUARDED),
    values,
    lies: [
      [
        'quotients that are not cut off',
        (run) => ({ ...values(run), input: values(run)['input-quotient']! }),
      ],
      [
        'cut off further down',
        (run) => ({ ...values(run), input: values(run)['input']!.map((g) => g >> 1) }),
      ],
    ],
  };
}

const NORMED: BackOperator = {
  ...NORM,
  name: 'rmsnorm, cut off',
  relations: (b, node, gradient) =>
    void rmsnormBackRelations(b, node as RmsnormNode, gradient, NORM_PLACES, GUARDED),
  gradient: [16383, -16384, 7, 8191, -2, 16383],
  values: (run) => normOf(run, { format: GUARDED }),
  bare: {
    ...NORM.bare,
    relations: (b, node, gradient) =>
      void rmsnormBackRelations(b, node as RmsnormNode, gradient, FLAT, GUARDED),
    values: (run) => normOf(run, { places: FLAT, format: GUARDED }),
  },
  lies: [],
};

const ATTENDED: BackOperator = {
  ...ATTENTION,
  name: 'attention, cut off',
  relations: (b, node, gradient) =>
    void attentionBackRelations(b, node as AttentionNode, gradient, ATTENTION_PLACES, GUARDED),
  gradient: [16383, -16384, 7, 4095, -2, 16383],
  values: (run) => attentionOf(run, {}, run.gradient, ATTENTION_PLACES, GUARDED),
  lies: [],
};

/** 15 + 2 + 12 bits fit a residue; with 14 places all quotients of residues have a place, those of a sum that wraps too: the first column's. */
export const GUARDED_CASES: readonly BackOperator[] = [
  linear(12, 13, [3000, -2000, 77, 4095, -4096, 3]),
  linear(14, 16, [32767, 77, -32000, 32767, 3, -30000]),
  NORMED,
  ATTENDED,
];
