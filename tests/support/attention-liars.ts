/**
 * Witnesses of attention by whoever wants to deceive: everything that follows from some choices is filled in consistently, with
 * integers and tables alone and without the prover's code. For passes of fewer than 32 rows: one block.
 */
import { column, tableOf } from '../../src/tables/index.ts';
import type { Cells } from './clear.ts';
import type { Lowered } from './lowered.ts';

/** Row t, head h, row seen j. */
export interface Pair {
  readonly t: number;
  readonly h: number;
  readonly j: number;
}

/** What is committed for one pair. */
export interface PairCells {
  readonly step: number;
  readonly far: number;
  readonly numerator: number;
  readonly carry: number;
}

export interface Choices {
  /** The shift of a row and head; default: the executor's. */
  readonly shift?: (t: number, h: number, honest: number) => number;
  /** Whether a pair counts; default: the definition. */
  readonly visible?: (pair: Pair, honest: boolean) => boolean;
  /** Cells of a pair; default: the digits of its distance. */
  readonly pair?: (pair: Pair, honest: PairCells, distance: number) => PairCells;
  /** The sum of numerators. */
  readonly sum?: (t: number, h: number, honest: number) => number;
  /** The result, from the numerator of the quotient; default: the floor. */
  readonly result?: (honest: number, column: number) => number;
}

const exp2 = tableOf('exp2');
const [E, B] = [column(exp2, 'e'), column(exp2, 'b')];
const UNSEEN: PairCells = { step: 0, far: 1, numerator: 0, carry: 0 };

/** Digits of a distance. */
export function pairCells(distance: number, s: number): PairCells {
  const steps = Math.floor(distance / 2 ** s);
  const w = Math.floor(steps / 2048);
  if (w !== 0) return { ...UNSEEN, step: steps - 2048 * w };
  return { step: steps, far: 0, numerator: E[steps]!, carry: B[steps]! };
}

/** The score of a pair. */
export function scoreOf({ graph, cells, pass }: Lowered, { t, h, j }: Pair): number {
  const node = nodeOf(graph);
  const { heads, kvHeads, headDim } = node;
  const [q, k] = [cells.get(node.query)!, cells.get(node.key)!];
  if (t >= pass.rows || j >= pass.rows) throw new Error('rows');
  let z = 0;
  for (let c = 0; c < headDim; c++) {
    const key = (j * kvHeads + Math.floor((h * kvHeads) / heads)) * headDim + c;
    z += q[(t * heads + h) * headDim + c]! * k[key]!;
  }
  return z;
}

function nodeOf(graph: Lowered['graph']) {
  const node = graph.nodes.at(-1)!;
  if (node.op !== 'attention') throw new Error('expected attention');
  return node;
}

export function attentionCells(made: Lowered, choices: Choices = {}): Map<string, ArrayLike<number>> {
  const { graph, cells, pass } = made;
  const node = nodeOf(graph);
  const { heads, kvHeads, headDim, shift: s, window = Infinity, name } = node;
  const v = cells.get(node.value)!;
  const G = 64 * 2 ** s;
  const out = new Map<string, ArrayLike<number>>(cells);
  const own = (what: string): number[] => {
    const copy = Array.from(cells.get(what)!);
    out.set(what, copy);
    return copy;
  };
  const [shift, sum, next, rest, result] = [':shift', ':sum', ':next', ':rest', ''].map((what) => {
    return own(name + what);
  }) as [number[], number[], number[], number[], number[]];
  const pairs = { step: [0], far: [0], numerator: [0], carry: [0] };
  for (const what of ['step', 'far', 'numerator', 'carry'] as const) pairs[what] = own(`${name}:${what}-0`);
  for (let t = 0; t < pass.rows; t++) {
    const start = Math.max(...pass.starts.filter((row) => row <= t), t - window + 1);
    for (let h = 0; h < heads; h++) {
      const k = (shift[t * heads + h] =
        choices.shift?.(t, h, shift[t * heads + h]!) ?? shift[t * heads + h]!);
      let [S, next2] = [0, 0];
      const total = new Array<number>(headDim).fill(0);
      for (let j = 0; j < pass.rows; j++) {
        const pair = { t, h, j };
        const isSeen = j >= start && j <= t;
        const seen = choices.visible?.(pair, isSeen) ?? isSeen;
        const distance = k * G - scoreOf(made, pair);
        const honest = seen ? pairCells(distance, s) : UNSEEN;
        const filled = choices.pair?.(pair, honest, distance) ?? honest;
        for (const what of ['step', 'far', 'numerator', 'carry'] as const) {
          pairs[what][(h * pass.rows + t) * pass.rows + j] = filled[what];
        }
        S += filled.numerator;
        next2 += 2 * filled.numerator + filled.carry;
        for (let c = 0; c < headDim; c++) {
          const at = (j * kvHeads + Math.floor((h * kvHeads) / heads)) * headDim + c;
          total[c]! += filled.numerator * v[at]!;
        }
      }
      const claimed = choices.sum?.(t, h, S) ?? S;
      sum[t * heads + h] = claimed;
      next[t * heads + h] = next2 - 2 * S + 2 * claimed - 2 ** 15;
      for (let c = 0; c < headDim; c++) {
        const at = (t * heads + h) * headDim + c;
        const floor = claimed === 0 ? 0 : Math.floor(total[c]! / claimed);
        result[at] = choices.result?.(floor, at) ?? floor;
        rest[at] = total[c]! - claimed * result[at]!;
      }
    }
  }
  return out;
}

/** Cells with some of them replaced. */
export function changed(
  cells: Cells,
  name: string,
  change: (values: number[]) => void,
): Map<string, ArrayLike<number>> {
  const values = Array.from(cells.get(name)!);
  change(values);
  return new Map([...cells, [name, values]]);
}
