/** Back through the octave softmax and the weighted mean, head by head. spec/training-operators.md section 5. */
import type { AttentionBlock } from '../../../ops/attention/blocks.ts';
import type { AttentionShape } from '../../../ops/attention/eval.ts';
import { roundedValues, type GradientBits, type Rounded, type Values } from '../rounding.ts';
import {
  NUMERATOR_SHIFT,
  OCTAVE_RECIPROCAL,
  RECIPROCAL,
  SCALED,
  scoreShift,
  SPREAD_BITS,
  type AttentionPlaces,
} from './shape.ts';

/** What the forward pass read and left. */
export interface Attended {
  /** [rows, heads headDim], [rows, kvHeads headDim] twice, and the result, as queries. */
  readonly query: Int32Array;
  readonly key: Int32Array;
  readonly value: Int32Array;
  readonly result: Int32Array;
  /** S, [rows, heads]. */
  readonly sum: Int32Array;
  readonly blocks: readonly AttentionBlock[];
  /** e of every block, [heads, rows, columns]; zero where a row does not see a column. */
  readonly numerators: readonly Int32Array[];
  /** The first row that each row sees. */
  readonly firstVisible: ArrayLike<number>;
}

/** Visits the pairs of a block that see each other: rows i and j, the head, and the cell of the pair. */
function pairsOf(
  { blocks, firstVisible }: Attended,
  heads: number,
  b: number,
  visit: (i: number, j: number, head: number, at: number) => void,
): void {
  const { row, rows, column, columns } = blocks[b] as AttentionBlock;
  for (let h = 0; h < heads; h++) {
    for (let i = row; i < row + rows; i++) {
      const line = (h * rows + i - row) * columns - column;
      for (let j = firstVisible[i] as number; j <= i; j++) visit(i, j, h, line + j);
    }
  }
}

/** floor(whole / S) and what is left, [rows, heads]. */
function reciprocals(name: string, sum: Int32Array, whole: number): Values {
  const quotient = sum.map((s) => Math.floor(whole / s)); // exact: both are below 2^29
  return { [name]: quotient, [`${name}-rest`]: sum.map((s, i) => whole - s * (quotient[i] as number)) };
}

/**
 * @param gradient with respect to the result
 * @param gradients how they are written
 * @returns for every row and head `reciprocal` and `octave-reciprocal` with `-rest`; for every entry of the result `scaled` and `octave-scaled`; for
 *   every pair of block b `spread-b` and `score-b`; `query`, `key`, `value`, the gradients with respect to these
 * @throws ProofError `UNPROVABLE` for a value beyond its bits
 */
export function attentionBack(
  stage: string,
  shape: AttentionShape,
  own: Attended,
  gradient: Int32Array,
  places: AttentionPlaces,
  gradients: GradientBits,
): Values {
  const { heads, kvHeads, headDim } = shape;
  const [width, shared] = [heads * headDim, kvHeads * headDim];
  const first = reciprocals('reciprocal', own.sum, RECIPROCAL);
  const second = reciprocals('octave-reciprocal', own.sum, OCTAVE_RECIPROCAL);
  const times = (rho: Int32Array): Int32Array => {
    const products = Float64Array.from(gradient, (g, at) => g * (rho[Math.floor(at / headDim)] as number));
    return roundedValues('own', stage, width, products, SCALED)['own'] as Int32Array; // below 2^29
  };
  const scaled = times(first['reciprocal'] as Int32Array);
  const octaveScaled = times(second['octave-reciprocal'] as Int32Array);
  /** The first column of a head, and of the key and value head that it reads. */
  const columnsOf = (h: number): [number, number] => [
    h * headDim,
    Math.floor((h * kvHeads) / heads) * headDim,
  ];
  const perBlock: Record<string, Int32Array> = {};
  const [query, key, value] = [
    new Float64Array(own.query.length),
    new Float64Array(own.key.length),
    new Float64Array(own.value.length),
  ];
  own.blocks.forEach(({ columns }, b) => {
    const numerator = own.numerators[b] as Int32Array;
    const spreads = new Float64Array(numerator.length); // at most 2^11 products below 2^32
    pairsOf(own, heads, b, (i, j, h, at) => {
      const [mine, theirs] = columnsOf(h);
      let sum = 0;
      for (let c = 0; c < headDim; c++) {
        const cell = i * width + mine + c;
        const apart = (own.value[j * shared + theirs + c] as number) - (own.result[cell] as number);
        sum += (octaveScaled[cell] as number) * apart;
      }
      spreads[at] = sum;
    });
    const rounded = (what: string, sums: ArrayLike<number>, rounding: Rounded): Int32Array => {
      const made = roundedValues(`${what}-${b}`, `${stage}: ${what}-${b}`, columns, sums, rounding);
      Object.assign(perBlock, made);
      return made[`${what}-${b}`] as Int32Array;
    };
    const spread = rounded('spread', spreads, { ...gradients, bits: SPREAD_BITS, shift: places.value });
    const products = Float64Array.from(numerator, (e, at) => e * (spread[at] as number)); // within 2^30
    const score = rounded('score', products, { ...gradients, shift: NUMERATOR_SHIFT });
    const add = (to: Float64Array, at: number, by: number): void => void (to[at] = (to[at] as number) + by);
    pairsOf(own, heads, b, (i, j, h, at) => {
      const [mine, theirs] = columnsOf(h);
      const [e, t] = [numerator[at] as number, score[at] as number];
      for (let c = 0; c < headDim; c++) {
        const [cell, other] = [i * width + mine + c, j * shared + theirs + c];
        add(query, cell, t * (own.key[other] as number));
        add(key, other, t * (own.query[cell] as number));
        add(value, other, e * (scaled[cell] as number)); // at most 2^14 rows of 2^31
      }
    });
  });
  const round = (name: string, columns: number, cells: Float64Array, shift: number): Values =>
    roundedValues(name, stage, columns, cells, { ...gradients, shift });
  return {
    ...first,
    ...second,
    scaled,
    'octave-scaled': octaveScaled,
    ...perBlock,
    ...round('query', width, query, scoreShift(shape.shift, places.query)),
    ...round('key', shared, key, scoreShift(shape.shift, places.key)),
    ...round('value', shared, value, NUMERATOR_SHIFT),
  };
}
