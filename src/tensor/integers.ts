/** Operations that exist over the integers only: order, exact division, shifts. All with broadcasting. */
import { applyIntegers, checkElements, integerPair, type IntegerOp } from './integer-ops.ts';
import type { Operand, Tensor } from './tensor.ts';
import { to } from './convert.ts';

/** Largest shift: what an int64 can lose. */
const MAX_SHIFT = 62;

const POWERS = Float64Array.from({ length: MAX_SHIFT + 1 }, (_, s) => 2 ** s);
/** 2^s from a table: the engine's `**` is a call. */
const power = (s: number): number => POWERS[s] as number;

// Quotients of int32 values: x / y differs from an integer by 1/|y| >= 2^-31 or not at all, far above the
// rounding of a double of that size (2^-22 relative to 2^-53), so the floor of the double is exact.
const FLOOR_DIV: IntegerOp = { numbers: (x, y) => Math.floor(x / y), bigints: floorQuotient };
const MOD: IntegerOp = {
  numbers: (x, y) => x - y * Math.floor(x / y), // |y * floor(x / y)| < 2^33: exact
  bigints: (x, y) => x - y * floorQuotient(x, y),
};
const MIN: IntegerOp = { numbers: (x, y) => (x < y ? x : y), bigints: (x, y) => (x < y ? x : y) };
const MAX: IntegerOp = { numbers: (x, y) => (x > y ? x : y), bigints: (x, y) => (x > y ? x : y) };
const LEFT: IntegerOp = { numbers: (x, s) => x * power(s), bigints: (x, s) => x << s };
// x / 2^s is exact in a double, and so is x + 2^(s-1) for s <= 52. Beyond, the sum may be rounded, but stays
// between 0 and 2^s, so the quotient is 0 as it should.
const RIGHT_FLOOR: IntegerOp = { numbers: (x, s) => Math.floor(x / power(s)), bigints: (x, s) => x >> s };
const RIGHT_HALF_UP: IntegerOp = {
  numbers: (x, s) => (s === 0 ? x : Math.floor((x + power(s - 1)) / power(s))),
  bigints: (x, s) => (s === 0n ? x : (x + (1n << (s - 1n))) >> s),
};

function floorQuotient(x: bigint, y: bigint): bigint {
  const q = x / y;
  return x % y !== 0n && x < 0n !== y < 0n ? q - 1n : q;
}

/**
 * floor(a / b), exact.
 *
 * @throws RangeError naming the index of the first zero in b; TypeError for other dtypes
 * @example
 * t.fromArray([7, -7]).floorDiv(2).toArray(); // [3, -4]
 */
export function floorDiv(a: Tensor, b: Operand): Tensor {
  return divide('floorDiv', a, b, FLOOR_DIV);
}

/**
 * a - b * floor(a / b): the remainder with the sign of b.
 *
 * @throws RangeError naming the index of the first zero in b; TypeError for other dtypes
 * @example
 * t.fromArray([7, -7]).mod(4).toArray(); // [3, 1]
 */
export function mod(a: Tensor, b: Operand): Tensor {
  return divide('mod', a, b, MOD);
}

function divide(op: string, a: Tensor, b: Operand, f: IntegerOp): Tensor {
  const pair = integerPair(op, a, b);
  checkElements(op, pair, (y) => y == 0, 'a divisor other than 0'); // `==`: 0 and 0n
  return applyIntegers(op, pair, f);
}

/**
 * a * 2^bits.
 *
 * @throws RangeError for bits outside [0, 62] or naming the first overflow
 * @example
 * t.fromArray([3, -1]).shiftLeft(4).toArray(); // [48, -16]
 */
export function shiftLeft(a: Tensor, bits: Operand): Tensor {
  return shift('shiftLeft', a, bits, LEFT);
}

/** How `shiftRight` rounds: down, or to the nearest integer with ties up. */
export type Rounding = 'floor' | 'half-up';

/**
 * a / 2^bits rounded: floor(a / 2^bits), or with 'half-up' floor((a + 2^(bits-1)) / 2^bits), a itself for 0
 * bits. The sum inside is exact and cannot overflow.
 *
 * @throws RangeError for bits outside [0, 62], TypeError for another rounding
 * @example
 * t.fromArray([5, 6, -6]).shiftRight(2).toArray(); // [1, 1, -2]
 * t.fromArray([5, 6, -6]).shiftRight(2, 'half-up').toArray(); // [1, 2, -1]
 */
export function shiftRight(a: Tensor, bits: Operand, rounding: Rounding = 'floor'): Tensor {
  if (rounding !== 'floor' && rounding !== 'half-up') {
    throw new TypeError(`shiftRight: rounding: expected 'floor' or 'half-up', got ${String(rounding)}`);
  }
  return shift('shiftRight', a, bits, rounding === 'floor' ? RIGHT_FLOOR : RIGHT_HALF_UP);
}

function shift(op: string, a: Tensor, bits: Operand, f: IntegerOp): Tensor {
  const pair = integerPair(op, a, bits);
  checkElements(op, pair, (s) => s < 0 || s > MAX_SHIFT, `a shift in [0, ${MAX_SHIFT}]`);
  return applyIntegers(op, pair, f);
}

/**
 * The smaller of a and b, element by element (over an axis: `min`).
 * @example
 * t.fromArray([1, 5]).minimum(3).toArray(); // [1, 3]
 */
export function minimum(a: Tensor, b: Operand): Tensor {
  return applyIntegers('minimum', integerPair('minimum', a, b), MIN);
}

/**
 * The larger of a and b, element by element (over an axis: `max`).
 * @example
 * t.fromArray([1, 5]).maximum(3).toArray(); // [3, 5]
 */
export function maximum(a: Tensor, b: Operand): Tensor {
  return applyIntegers('maximum', integerPair('maximum', a, b), MAX);
}

/**
 * min(max(a, low), high).
 *
 * @throws TypeError for other dtypes, RangeError for shapes that do not broadcast
 * @example
 * t.fromArray([-300, 7, 300]).clamp(-128, 127).to('int8').toArray(); // [-128, 7, 127]
 */
export function clamp(a: Tensor, low: Operand, high: Operand): Tensor {
  const raised = applyIntegers('clamp', integerPair('clamp', a, low), MAX);
  return applyIntegers('clamp', integerPair('clamp', raised, high), MIN);
}

/**
 * |a|.
 *
 * @throws RangeError naming the first overflow: |-2^31| is not an int32
 * @example
 * t.fromArray([-3, 4]).abs().toArray(); // [3, 4]
 */
export function abs(a: Tensor): Tensor {
  return applyIntegers('abs', integerPair('abs', a, 0), {
    numbers: (x) => (x < 0 ? -x : x),
    bigints: (x) => (x < 0n ? -x : x),
  });
}

/**
 * -1, 0 or 1, as int8.
 * @example
 * t.fromArray([-3, 0, 4]).sign().toArray(); // [-1, 0, 1]
 */
export function sign(a: Tensor): Tensor {
  const signs = applyIntegers('sign', integerPair('sign', a, 0), {
    numbers: (x) => (x > 0 ? 1 : x < 0 ? -1 : 0),
    bigints: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
  });
  return to(signs, 'int8');
}

/**
 * 1 where a < b, else 0, as int8.
 * @example
 * t.fromArray([1, 2, 3]).less(2).toArray(); // [1, 0, 0]
 */
export function less(a: Tensor, b: Operand): Tensor {
  return compare('less', a, b, (x, y) => x < y);
}

/**
 * 1 where a <= b, else 0, as int8.
 * @example
 * t.fromArray([1, 2, 3]).lessEqual(2).toArray(); // [1, 1, 0]
 */
export function lessEqual(a: Tensor, b: Operand): Tensor {
  return compare('lessEqual', a, b, (x, y) => x <= y);
}

/**
 * 1 where a > b, else 0, as int8.
 * @example
 * t.fromArray([1, 2, 3]).greater(2).toArray(); // [0, 0, 1]
 */
export function greater(a: Tensor, b: Operand): Tensor {
  return compare('greater', a, b, (x, y) => x > y);
}

/**
 * 1 where a >= b, else 0, as int8.
 * @example
 * t.fromArray([1, 2, 3]).greaterEqual(2).toArray(); // [0, 1, 1]
 */
export function greaterEqual(a: Tensor, b: Operand): Tensor {
  return compare('greaterEqual', a, b, (x, y) => x >= y);
}

function compare(
  op: string,
  a: Tensor,
  b: Operand,
  holds: (x: number | bigint, y: number | bigint) => boolean,
): Tensor {
  const bits = applyIntegers(op, integerPair(op, a, b), {
    numbers: (x, y) => (holds(x, y) ? 1 : 0),
    bigints: (x, y) => (holds(x, y) ? 1n : 0n),
  });
  return to(bits, 'int8');
}
