/** Single elements: what each dtype accepts, how it is stored, how it is read. */
import { BLOCK, readExt, writeExt } from '../kernels/contract/layout.ts';
import type { Ext } from '../field/field.ts';
import {
  allocate,
  makeTensor,
  type Dtype,
  type IntegerDtype,
  type Scalar,
  type Tensor,
  type TensorContext,
  type TensorData,
} from './tensor.ts';
import { describe } from './shape.ts';

/** The integers of each dtype, ends included. Those of int64 are compared as bigints. */
export const INTEGER_RANGE = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

export const DTYPES: readonly Dtype[] = ['int8', 'int16', 'int32', 'int64', 'F', 'K'];

/** @throws TypeError for anything but a dtype */
export function checkDtype(argument: string, dtype: Dtype): void {
  if (!DTYPES.includes(dtype)) {
    throw new TypeError(`${argument}: expected one of ${DTYPES.join(', ')}, got ${describe(dtype)}`);
  }
}

export function inRange(value: number | bigint, dtype: IntegerDtype): boolean {
  const [low, high] = INTEGER_RANGE[dtype];
  return value >= low && value <= high; // mixed comparisons of number and bigint are exact
}

/** @throws RangeError that names where, and the dtype that was left, but not the value */
export function outOfRange(where: string, dtype: IntegerDtype): never {
  const bits = dtype.slice(3);
  const hint = dtype === 'int64' ? '' : "; convert to 'int64' first if that is meant";
  throw new RangeError(
    `${where}: expected an integer in [-2^${Number(bits) - 1}, 2^${Number(bits) - 1}) (${dtype}), ` +
      `got one outside${hint}`,
  );
}

/**
 * Stores a value as element i of compact storage: integers checked for range, or reduced to residues for F and
 * K; limbs for K.
 * @throws TypeError for another kind of value, RangeError for an integer out of range or a limb not canonical
 */
export function storeElement(
  context: TensorContext,
  dtype: Dtype,
  data: TensorData,
  i: number,
  value: Scalar,
  where: string,
): void {
  if (Array.isArray(value) && dtype === 'K') {
    checkLimbs(context, value, where);
    return writeExt(data as Uint32Array, i, value as Ext);
  }
  if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) {
    const expected = dtype === 'K' ? `a safe integer, a bigint or ${context.K.degree} limbs` : 'an integer';
    throw new TypeError(`${where}: expected ${expected}, got ${describe(value)}`);
  }
  const integer = value as number | bigint;
  if (dtype === 'F') data[i] = context.F.fromInt(integer);
  else if (dtype === 'K') {
    writeExt(data as Uint32Array, i, context.K.fromBase(context.F.fromInt(integer)));
  } else if (!inRange(integer, dtype)) outOfRange(where, dtype);
  else data[i] = (dtype === 'int64' ? BigInt(integer) : Number(integer)) as never;
}

function checkLimbs(context: TensorContext, limbs: readonly number[], where: string): void {
  const { degree } = context.K;
  if (limbs.length !== degree) {
    throw new RangeError(`${where}: expected ${degree} limbs, got ${limbs.length}`);
  }
  limbs.forEach((limb, j) => {
    if (!Number.isInteger(limb) || limb < 0 || limb >= context.F.modulus) {
      throw new RangeError(
        `${where}: limb ${j}: expected an integer in [0, ${context.F.modulus}), got another`,
      );
    }
  });
}

/** Element i of a tensor's storage: a number, a bigint (int64) or limbs (K). */
export function loadElement(a: Tensor, i: number): number | bigint | Ext {
  if (a.dtype === 'K') return readExt(a.data as Uint32Array, i, a.context.K.degree);
  return a.data[i] as number | bigint;
}

/**
 * A scalar operand as a tensor of shape []: an integer is an element of `domain`, limbs are an element of K.
 * Integers of Z are int32 where they fit, else int64.
 * @throws TypeError for anything else
 */
export function scalarTensor(context: TensorContext, like: Dtype, value: Scalar, where: string): Tensor {
  const integers = like === 'F' || like === 'K' ? 'F' : fits32(value) ? 'int32' : 'int64';
  const dtype = Array.isArray(value) ? 'K' : integers;
  if (!Array.isArray(value) && typeof value !== 'bigint' && !Number.isSafeInteger(value)) {
    throw new TypeError(
      `${where}: expected a tensor, a safe integer, a bigint or the limbs of an element of K, got ${describe(value)}`,
    );
  }
  const data = allocate(context, dtype, 1);
  storeElement(context, dtype, data, 0, value, where);
  return makeTensor(context, dtype, [], data);
}

function fits32(value: Scalar): boolean {
  return (typeof value === 'number' || typeof value === 'bigint') && inRange(value, 'int32');
}

/**
 * Compact integers as another integer dtype.
 * @throws RangeError naming the first index whose value does not fit
 */
export function narrow(
  context: TensorContext,
  data: TensorData,
  dtype: IntegerDtype,
  nameOf: (position: number) => string,
): TensorData {
  const out = allocate(context, dtype, data.length);
  if (out.BYTES_PER_ELEMENT >= data.BYTES_PER_ELEMENT && dtype !== 'int64') {
    out.set(data as never);
    return out;
  }
  for (let i = 0; i < data.length; i++) {
    const x = data[i] as number | bigint;
    if (!inRange(x, dtype)) outOfRange(nameOf(i), dtype);
    out[i] = (dtype === 'int64' ? BigInt(x) : Number(x)) as never;
  }
  return out;
}

/** Words of F as elements of K. */
export function embedWords(context: TensorContext, words: Uint32Array): Uint32Array {
  const out = allocate(context, 'K', words.length) as Uint32Array;
  const block = BLOCK * context.K.degree;
  for (let i = 0; i < words.length; i++) out[(i >>> 2) * block + (i & 3)] = words[i] as number;
  return out;
}
