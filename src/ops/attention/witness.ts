/** Row values of attention, and distances, digits and numerators of every block. */
import { column, tableOf } from '../../tables/index.ts';
import type { Executed, OperatorWitness } from '../lowering-witness.ts';
import { attentionBlocks, type AttentionBlock } from './blocks.ts';
import { octave, ROW_SUM_LIMIT, STEP_BITS, type AttentionNode } from './shape.ts';

export const attentionWitness: OperatorWitness<AttentionNode> = (run) => {
  const { auxiliary } = run;
  const sum = auxiliary('sum');
  const blocks = attentionBlocks([...auxiliary('firstVisible')]).map((block) => {
    let made: Pairs | undefined;
    return { block, pairs: () => (made ??= pairsOf(run, block)) };
  });
  const names = ['distance', 'step', 'far', 'numerator', 'carry'] as const;
  const perBlock = blocks.flatMap(({ pairs }, b) =>
    names.map((name) => [`${name}-${b}`, () => pairs()[name]] as const),
  );
  return {
    shift: () => auxiliary('shift'),
    sum: () => sum,
    rest: () => auxiliary('remainder'),
    next: () => {
      const next = sum.map((s) => 2 * s - ROW_SUM_LIMIT);
      for (const { block, pairs } of blocks) addCarries(next, run.node, block, pairs().carry);
      return next;
    },
    ...Object.fromEntries(perBlock),
  };
};

/** Values of all pairs of a block, [heads, rows, columns]: there are many, and narrow ones are read and written sooner. */
interface Pairs {
  readonly distance: Int32Array;
  /** Below 2^11. */
  readonly step: Int16Array;
  /** 0 or 1. */
  readonly far: Int8Array;
  /** Up to 2^15. */
  readonly numerator: Int32Array;
  /** -1, 0 or 1. */
  readonly carry: Int8Array;
}

function pairsOf({ node, auxiliary }: Executed<AttentionNode>, block: AttentionBlock): Pairs {
  const { heads, shift: s } = node;
  const [scores, shifts, first] = ['scores', 'shift', 'firstVisible'].map(auxiliary) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const exp2 = tableOf('exp2');
  const [e, b] = [column(exp2, 'e'), column(exp2, 'b')];
  const count = heads * block.rows * block.columns;
  // Rows that are not seen are 32 octaves away.
  const distance = new Int32Array(count).fill(2 ** (s + STEP_BITS));
  const far = new Int8Array(count).fill(1);
  const [step, numerator, carry] = [new Int16Array(count), new Int32Array(count), new Int8Array(count)];
  const beyond = 2 ** STEP_BITS; // a power in the inner loop would be a call
  let from = pairsBefore(first, block.row) * heads;
  for (let t = block.row; t < block.row + block.rows; t++) {
    const start = first[t] as number;
    for (let h = 0; h < heads; h++) {
      const at = (h * block.rows + t - block.row) * block.columns + start - block.column;
      const height = (shifts[t * heads + h] as number) * octave(s);
      for (let j = 0; j <= t - start; j++, from++) {
        const u = height - (scores[from] as number); // 0 <= u < 2^(s+19)
        const steps = u >> s;
        const isFar = steps >= beyond;
        distance[at + j] = u;
        step[at + j] = steps & (beyond - 1);
        far[at + j] = isFar ? 1 : 0;
        numerator[at + j] = isFar ? 0 : (e[steps] as number);
        carry[at + j] = isFar ? 0 : (b[steps] as number);
      }
    }
  }
  return { distance, step, far, numerator, carry };
}

/** Pairs of rows that the rows before one see. */
function pairsBefore(first: Int32Array, row: number): number {
  let pairs = 0;
  for (let t = 0; t < row; t++) pairs += t + 1 - (first[t] as number);
  return pairs;
}

/** Adds the carries of every row and head of a block to [rows, heads]. */
function addCarries(
  next: Int32Array,
  { heads }: AttentionNode,
  { row, rows, columns }: AttentionBlock,
  carry: Int8Array,
): void {
  for (let h = 0; h < heads; h++) {
    for (let i = 0; i < rows; i++) {
      const [from, to] = [(h * rows + i) * columns, (h * rows + i + 1) * columns];
      let total = 0;
      for (let j = from; j < to; j++) total += carry[j] as number;
      const at = (row + i) * heads + h;
      next[at] = (next[at] as number) + total;
    }
  }
}
