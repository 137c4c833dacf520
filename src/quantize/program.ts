/** A program in the making: the graph's builder, the integer weights, and the scale of every tensor. */
import { graphBuilder, type GraphBuilder, type TensorHandle, type WeightHandle } from '../graph/index.ts';
import { BIAS_BITS, integerMatrix, integerVector, rowNorms, rowSums } from './integers.ts';
import { type FloatLinear, type FloatMatrix, maxAbs } from './matrix.ts';
import { linearScale } from './scales.ts';

/** A tensor and its scale: integer steps per unit. */
export interface Scaled {
  readonly handle: TensorHandle;
  readonly scale: number;
}

/** Sums over the rows of a weight, for its owner: they bound what a linear map can give. */
export interface LinearRecord {
  readonly node: string;
  readonly weight: string;
  readonly rowSum: number;
  readonly rowSquares: number;
}

export interface Program {
  readonly g: GraphBuilder;
  readonly weights: Map<string, Int16Array | Int32Array>;
  readonly linears: LinearRecord[];
}

export function newProgram(context: number): Program {
  return { g: graphBuilder({ context }), weights: new Map(), linears: [] };
}

/** Where a linear map goes: its result has this scale and so many bits. */
export interface Target {
  readonly scale: number;
  readonly bits: number;
  readonly weightBits: number;
  /** x was rounded down, not to the nearest: half a step of it goes into the bias. So it is with attention. */
  readonly floored?: boolean;
}

/** Declares an integer matrix. */
export function declareMatrix(
  { g, weights }: Program,
  name: string,
  data: Int16Array,
  columns: number,
  bits: number,
): WeightHandle {
  weights.set(name, data);
  return g.weight(name, [data.length / columns, columns], { bits });
}

/** Declares an integer vector. */
export function declareVector({ g, weights }: Program, name: string, data: Int32Array): WeightHandle {
  weights.set(name, data);
  return g.weight(name, [data.length], { bits: BIAS_BITS });
}

/** The integers of a bias, on the accumulator's scale; undefined where there is none and nothing to give back. */
function biasOf(
  name: string,
  { bias, weight }: FloatLinear,
  integers: Int16Array,
  scale: number,
  floored: boolean,
): Int32Array | undefined {
  if (bias === undefined && !floored) return undefined;
  const out = integerVector(name, bias ?? new Float64Array(weight.rows), scale);
  if (floored) {
    rowSums(integers, weight.rows).forEach((sum, j) => (out[j] = (out[j] as number) + Math.round(sum / 2)));
  }
  return out;
}

/**
 * The nodes NAME.acc and NAME: a linear map, rounded, with the weights NAME.w and NAME.b.
 *
 * @throws ProofError `SCALE` for weights that fit at no shift
 */
export function addLinear(
  program: Program,
  name: string,
  x: Scaled,
  linear: FloatLinear,
  { scale, bits, weightBits, floored = false }: Target,
): Scaled {
  const rounding = linearScale(name, maxAbs(linear.weight.data), weightBits, x.scale, scale, bits);
  const integers = integerMatrix(`${name}.w`, linear.weight, rounding.weight, weightBits);
  const weight = declareMatrix(program, `${name}.w`, integers, linear.weight.columns, weightBits);
  const vector = biasOf(`${name}.b`, linear, integers, x.scale * rounding.weight, floored);
  const bias = vector && declareVector(program, `${name}.b`, vector);
  const { shift, guard } = rounding;
  const handle = program.g.rounded(name, x.handle, weight, { shift, bits, guard, ...(bias && { bias }) });
  record(program, `${name}.acc`, `${name}.w`, linear.weight.rows);
  return { handle, scale };
}

/** Notes the sums over the rows of a weight. */
export function record({ linears, weights }: Program, node: string, weight: string, rows: number): void {
  linears.push({ node, weight, ...rowNorms(weights.get(weight) as Int16Array, rows) });
}

/** Rounds rows into their place in a larger matrix. */
export function fillRows(
  name: string,
  target: Int16Array,
  first: number,
  block: FloatMatrix,
  scale: number,
  bits: number,
): void {
  const at = first * block.columns;
  integerMatrix(name, block, scale, bits, target.subarray(at, at + block.data.length));
}
