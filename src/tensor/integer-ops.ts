/** The loop under all integer operations: exact on numbers or bigints, checked, never wrapping. */
import { INTEGER_RANGE, outOfRange } from './elements.ts';
import { checkIntegers, operand, pairOf, type Pair } from './operands.ts';
import { indexName } from './shape.ts';
import { compact, makeTensor, type IntegerDtype, type Operand, type Tensor } from './tensor.ts';

/**
 * An operation on int32 values and the same on int64 values. The first may be an inexact double only where its
 * magnitude is beyond 2^53: rounding is monotone, so it is beyond int32 exactly when the true value is.
 */
export interface IntegerOp {
  readonly numbers: (x: number, y: number) => number;
  readonly bigints: (x: bigint, y: bigint) => bigint;
}

/** @throws RangeError naming the first index at which the result leaves the dtype */
export function applyIntegers(op: string, pair: Pair, f: IntegerOp): Tensor {
  const { dtype, shape } = pair;
  const data =
    dtype === 'int64'
      ? applyBigints(op, pair, f.bigints, compact(pair.a) as BigInt64Array, compact(pair.b) as BigInt64Array)
      : applyNumbers(op, pair, f.numbers, compact(pair.a) as Int32Array, compact(pair.b) as Int32Array);
  return makeTensor(pair.a.context, dtype, shape, data);
}

function applyNumbers(
  op: string,
  pair: Pair,
  f: (x: number, y: number) => number,
  x: Int32Array,
  y: Int32Array,
): Int32Array {
  const [low, high] = INTEGER_RANGE.int32;
  const out = new Int32Array(x.length);
  for (let i = 0; i < out.length; i++) {
    const value = f(x[i] as number, y[i] as number);
    if (!(value >= low && value <= high)) overflow(op, pair, i);
    out[i] = value;
  }
  return out;
}

function applyBigints(
  op: string,
  pair: Pair,
  f: (x: bigint, y: bigint) => bigint,
  x: BigInt64Array,
  y: BigInt64Array,
): BigInt64Array {
  const [low, high] = INTEGER_RANGE.int64;
  const out = new BigInt64Array(x.length);
  for (let i = 0; i < out.length; i++) {
    const value = f(x[i] as bigint, y[i] as bigint);
    if (value < low || value > high) overflow(op, pair, i);
    out[i] = value;
  }
  return out;
}

function overflow(op: string, pair: Pair, i: number): never {
  outOfRange(`${op}: result${indexName(pair.shape, i)}`, pair.dtype as IntegerDtype);
}

/** Like `pairOf`, for operations that exist over the integers only. */
export function integerPair(op: string, a: Tensor, b: Operand): Pair {
  checkIntegers(`${op}: a`, a);
  const other = operand(`${op}: b`, a, b);
  checkIntegers(`${op}: b`, other);
  return pairOf(op, a, other);
}

/** @throws RangeError naming the first index of b at which `bad` holds */
export function checkElements(
  op: string,
  pair: Pair,
  bad: (value: number | bigint) => boolean,
  expected: string,
): void {
  const data = compact(pair.b) as Int32Array | BigInt64Array;
  for (let i = 0; i < data.length; i++) {
    if (bad(data[i] as number | bigint)) {
      throw new RangeError(`${op}: b${indexName(pair.shape, i)}: expected ${expected}, got another value`);
    }
  }
}
