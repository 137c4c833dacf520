/** Elementwise arithmetic over Z, F and K, with broadcasting. Formulas are over the common dtype. */
import type { Ext } from '../field/field.ts';
import { BLOCK, readExt } from '../kernels/contract/layout.ts';
import { scalarTensor } from './elements.ts';
import { applyIntegers, type IntegerOp } from './integer-ops.ts';
import { invertWords } from './invert.ts';
import { commonDtype, operand, pairOf } from './operands.ts';
import { broadcastShapes, describe, indexName, sameShape } from './shape.ts';
import { allocate, compact, domainOf, makeTensor, type Operand, type Tensor } from './tensor.ts';
import { to } from './convert.ts';
import { broadcastTo } from './views.ts';

const ADD: IntegerOp = { numbers: (x, y) => x + y, bigints: (x, y) => x + y };
const SUB: IntegerOp = { numbers: (x, y) => x - y, bigints: (x, y) => x - y };
const MUL: IntegerOp = { numbers: (x, y) => x * y, bigints: (x, y) => x * y };
const NEG: IntegerOp = { numbers: (x) => -x, bigints: (x) => -x };
const EQUAL = (x: unknown, y: unknown): number => (x === y ? 1 : 0);

/**
 * a + b.
 *
 * @throws RangeError for shapes that do not broadcast, or naming the first integer overflow
 * @example
 * t.fromArray([[1, 2], [3, 4]]).add(t.fromArray([10, 20])).toArray(); // [[11, 22], [13, 24]]
 * t.fromArray([96], 'F').add(-97).toArray(); // [2130706432]
 */
export function add(a: Tensor, b: Operand): Tensor {
  return linear('add', a, b, ADD);
}

/**
 * a - b.
 *
 * @throws RangeError for shapes that do not broadcast, or naming the first integer overflow
 * @example
 * t.fromArray([5, 7]).sub(10).toArray(); // [-5, -3]
 */
export function sub(a: Tensor, b: Operand): Tensor {
  return linear('sub', a, b, SUB);
}

/** Sums of words are sums of elements, over F and over K alike. */
function linear(op: 'add' | 'sub', a: Tensor, b: Operand, f: IntegerOp): Tensor {
  const pair = pairOf(op, a, b);
  if (domainOf(pair.dtype) === 'Z') return applyIntegers(op, pair, f);
  const x = compact(pair.a) as Uint32Array;
  const out = new Uint32Array(x.length);
  a.context.kernels[op](out, x, compact(pair.b) as Uint32Array);
  return makeTensor(a.context, pair.dtype, pair.shape, out);
}

/**
 * -a.
 *
 * @throws RangeError naming the first integer overflow
 * @example
 * t.fromArray([1, -2]).neg().toArray(); // [-1, 2]
 */
export function neg(a: Tensor): Tensor {
  if (domainOf(a.dtype) === 'Z') return applyIntegers('neg', pairOf('neg', a, 0), NEG);
  const x = compact(a) as Uint32Array;
  const out = new Uint32Array(x.length);
  a.context.kernels.scale(out, x, a.context.F.neg(a.context.F.one));
  return makeTensor(a.context, a.dtype, a.shape, out);
}

/**
 * a * b, element by element (products of matrices: `matmul`).
 *
 * @throws RangeError for shapes that do not broadcast, or naming the first integer overflow
 * @example
 * t.fromArray([[1, 2], [3, 4]]).mul(t.fromArray([[10], [100]])).toArray(); // [[10, 20], [300, 400]]
 * t.fromArray([70000]).mul(70000); // throws RangeError: mul: result[0]: expected an integer in [-2^31, 2^31)
 * t.fromArray([70000]).to('int64').mul(70000).toArray(); // [4900000000n]
 */
export function mul(a: Tensor, b: Operand): Tensor {
  return multiply('mul', a, b);
}

function multiply(op: string, a: Tensor, b: Operand): Tensor {
  const other = operand(`${op}: b`, a, b);
  const dtype = commonDtype(a.dtype, other.dtype);
  if (domainOf(dtype) === 'Z') return applyIntegers(op, pairOf(op, a, other), MUL);
  if (other.size === 1) return scaleBy(op, a, other);
  if (dtype === 'F') return fieldProduct(op, a, other);
  // K times F (or Z) is d products in F, not d^2: the smaller operand is not embedded.
  if (other.dtype !== 'K') return mixedProduct(op, a, other);
  return a.dtype === 'K' ? fieldProduct(op, a, other) : mixedProduct(op, other, a);
}

/** Products by one element go to the kernels that take a scalar. */
function scaleBy(op: string, a: Tensor, b: Tensor): Tensor {
  const { context } = a;
  const { kernels } = context;
  const shape = broadcastShapes(`${op}: b`, a.shape, b.shape);
  const c = compact(b.dtype === 'K' ? b : to(b, 'F')) as Uint32Array;
  const x = compact(a.dtype === 'K' ? a : to(a, 'F')) as Uint32Array;
  if (b.dtype !== 'K') {
    const out = new Uint32Array(x.length);
    kernels.scale(out, x, c[0] as never);
    return makeTensor(context, a.dtype === 'K' ? 'K' : 'F', shape, out);
  }
  const factor: Ext = readExt(c, 0, context.K.degree);
  const out = allocate(context, 'K', a.size) as Uint32Array;
  if (a.dtype === 'K') kernels.kScale(out, x, factor);
  else kernels.kFromBase(out, padded(x), factor);
  return makeTensor(context, 'K', shape, out);
}

/** Kernel products are those of Montgomery forms, a * b / R: one operand is taken there first. */
function fieldProduct(op: string, a: Tensor, b: Tensor): Tensor {
  const { context } = a;
  const pair = pairOf(op, a, b);
  const x = compact(pair.a) as Uint32Array;
  const out = new Uint32Array(x.length);
  context.kernels.toMontgomery(out, x);
  const y = compact(pair.b) as Uint32Array;
  if (pair.dtype === 'K') context.kernels.kMul(out, out, y);
  else context.kernels.mul(out, out, y);
  return makeTensor(context, pair.dtype, pair.shape, out);
}

function mixedProduct(op: string, a: Tensor, b: Tensor): Tensor {
  const { context } = a;
  const shape = broadcastShapes(`${op}: b`, a.shape, b.shape);
  const y = padded(compact(broadcastTo(to(b, 'F'), shape)) as Uint32Array);
  const factors = new Uint32Array(y.length);
  context.kernels.toMontgomery(factors, y);
  const x = compact(broadcastTo(a, shape)) as Uint32Array;
  const out = new Uint32Array(x.length);
  context.kernels.kMulBase(out, x, factors);
  return makeTensor(context, 'K', shape, out);
}

/** Words of F as kernels over K take them: whole blocks. */
function padded(words: Uint32Array): Uint32Array {
  if (words.length % BLOCK === 0) return words;
  const out = new Uint32Array(Math.ceil(words.length / BLOCK) * BLOCK);
  out.set(words);
  return out;
}

/**
 * a * a.
 *
 * @throws RangeError naming the first integer overflow
 * @example
 * t.fromArray([-3, 4]).square().toArray(); // [9, 16]
 */
export function square(a: Tensor): Tensor {
  if (a.dtype !== 'K') return multiply('square', a, a);
  const out = new Uint32Array(compact(a).length);
  a.context.kernels.toMontgomery(out, compact(a) as Uint32Array);
  a.context.kernels.kSquare(out, out);
  a.context.kernels.fromMontgomery(out, out);
  return makeTensor(a.context, 'K', a.shape, out);
}

/**
 * 1 / a over F or K. There is no total inverse.
 *
 * @throws RangeError naming the index of the first zero, TypeError over the integers
 * @example
 * t.fromArray([2, 4], 'F').inverse().mul(4).toArray(); // [2, 1]
 * t.fromArray([2, 0], 'F').inverse(); // throws RangeError: inverse: a[1]: expected a non-zero element
 */
export function inverse(a: Tensor): Tensor {
  if (domainOf(a.dtype) === 'Z') {
    throw new TypeError(`inverse: a: expected dtype F or K, got ${a.dtype}; convert with to('F')`);
  }
  const data = compact(a) as Uint32Array;
  const out = new Uint32Array(data.length);
  const zero = invertWords(a.context, a.dtype, out, data, a.size);
  if (zero >= 0) {
    throw new RangeError(`inverse: a${indexName(a.shape, zero)}: expected a non-zero element, got 0`);
  }
  return makeTensor(a.context, a.dtype, a.shape, out);
}

/**
 * a^exponent for one integer exponent; 0^0 = 1. Over F and K a negative exponent takes the inverse.
 *
 * @throws RangeError for a negative exponent over Z or of a zero, or naming the first integer overflow
 * @example
 * t.fromArray([2, -3]).pow(3).toArray(); // [8, -27]
 * t.fromArray([2], 'F').pow(-1).mul(2).toArray(); // [1]
 */
export function pow(a: Tensor, exponent: number | bigint): Tensor {
  if (typeof exponent !== 'bigint' && !Number.isSafeInteger(exponent)) {
    throw new TypeError(`pow: exponent: expected an integer, got ${describe(exponent)}`);
  }
  let e = BigInt(exponent);
  if (e < 0n && domainOf(a.dtype) === 'Z') {
    throw new RangeError(`pow: exponent: expected a non-negative integer over ${a.dtype}, got ${e}`);
  }
  let base = e < 0n ? inverse(a) : to(a, commonDtype(a.dtype, a.dtype));
  if (e < 0n) e = -e;
  let result = broadcastTo(to(scalarTensor(a.context, a.dtype, 1, 'pow: a'), base.dtype), a.shape);
  // The last square is left out: it could overflow where the power does not.
  for (;;) {
    if (e & 1n) result = multiply('pow', result, base);
    e >>= 1n;
    if (e === 0n) return result;
    base = base.dtype === 'K' ? square(base) : multiply('pow', base, base);
  }
}

/**
 * 1 where a = b, else 0, as int8. Integers compare with elements of F or K as residues.
 *
 * @throws RangeError for shapes that do not broadcast
 * @example
 * t.fromArray([1, 2, 3]).equal(2).toArray(); // [0, 1, 0]
 */
export function equal(a: Tensor, b: Operand): Tensor {
  const pair = pairOf('equal', a, b);
  const [x, y] = [compact(pair.a), compact(pair.b)];
  const out = new Int8Array(pair.a.size);
  const { degree } = a.context.K;
  for (let i = 0; i < out.length; i++) {
    if (pair.dtype !== 'K') out[i] = EQUAL(x[i], y[i]);
    else {
      const [u, v] = [readExt(x as Uint32Array, i, degree), readExt(y as Uint32Array, i, degree)];
      out[i] = a.context.K.equals(u, v) ? 1 : 0;
    }
  }
  return makeTensor(a.context, 'int8', pair.shape, out);
}

/**
 * Whether two tensors have the same shape and equal elements; integer dtypes may differ, domains may not.
 *
 * @example
 * t.fromArray([1, 2], 'int8').identical(t.fromArray([1, 2])); // true
 * t.fromArray([1, 2], 'F').identical(t.fromArray([1, 2])); // false
 */
export function identical(a: Tensor, b: Tensor): boolean {
  if (!sameShape(a.shape, b.shape) || domainOf(a.dtype) !== domainOf(b.dtype)) return false;
  return (compact(equal(a, b)) as Int8Array).every((bit) => bit === 1);
}
