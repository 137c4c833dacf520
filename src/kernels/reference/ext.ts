/** The definition of the extension kernels. */
import type { Ext, ExtensionField, Fe } from '../../field/field.ts';
import { checkBlocks, checkInteger, checkLength } from '../contract/checks.ts';
import type { ExtKernels } from '../contract/ext.ts';
import { BLOCK, extWords, readExt, writeExt } from '../contract/layout.ts';

export function referenceExt(K: ExtensionField, radix: Fe): ExtKernels {
  const d = K.degree;
  const F = K.base;
  const inverseRadix = F.inverse(radix);
  const read = (array: Uint32Array, i: number): Ext => readExt(array, i, d);
  /** a * b / R */
  const montgomeryMul = (a: Ext, b: Ext): Ext => K.mulBase(K.mul(a, b), inverseRadix);
  const map = (out: Uint32Array, a: Uint32Array, f: (x: Ext, i: number) => Ext): void => {
    const blocks = checkBlocks('a', a, d);
    checkLength('out', out, a.length);
    for (let i = 0; i < BLOCK * blocks; i++) writeExt(out, i, f(read(a, i), i));
  };
  const zip = (out: Uint32Array, a: Uint32Array, b: Uint32Array, f: (x: Ext, y: Ext) => Ext): void => {
    checkLength('b', b, a.length);
    map(out, a, (x, i) => f(x, read(b, i)));
  };
  return {
    kMul: (out, a, b) => zip(out, a, b, montgomeryMul),
    kSquare: (out, a) => map(out, a, (x) => montgomeryMul(x, x)),
    kScale(out, a, c) {
      const factor = K.fromLimbs(c);
      map(out, a, (x) => K.mul(factor, x));
    },
    kAddScaled(out, a, c, b) {
      const factor = K.fromLimbs(c);
      zip(out, a, b, (x, y) => K.add(x, K.mul(factor, y)));
    },
    kMulBase(out, a, b) {
      checkLength('b', b, checkBlocks('a', a, d) * BLOCK);
      map(out, a, (x, i) => K.mulBase(x, F.mul(b[i] as Fe, inverseRadix)));
    },
    kFromBase(out, b, c) {
      const factor = K.fromLimbs(c);
      checkLength('b', b, checkBlocks('out', out, d) * BLOCK);
      for (let i = 0; i < b.length; i++) writeExt(out, i, K.mulBase(factor, b[i] as Fe));
    },
    kInverse(out, a, n) {
      checkInteger('n', n, 0, 2 ** 32);
      checkLength('a', a, extWords(n, d));
      const scale = F.mul(radix, radix);
      map(out, a, (x, i) => {
        if (i >= n) return K.zero;
        if (K.isZero(x)) throw zeroAt(i);
        return K.mulBase(K.inverse(x), scale);
      });
    },
    kSum(a) {
      const blocks = checkBlocks('a', a, d);
      let total = K.zero;
      for (let i = 0; i < BLOCK * blocks; i++) total = K.add(total, read(a, i));
      return total;
    },
    kDot(a, b) {
      const blocks = checkBlocks('a', a, d);
      checkLength('b', b, a.length);
      let total = K.zero;
      for (let i = 0; i < BLOCK * blocks; i++) total = K.add(total, K.mul(read(a, i), read(b, i)));
      return K.mulBase(total, F.mul(inverseRadix, inverseRadix));
    },
    eqTable(out, z, scale) {
      const size = checkEqTable(out, z, d);
      const start = K.mulBase(K.fromLimbs(scale), radix);
      z.forEach((zj) => K.fromLimbs(zj));
      for (let x = 0; x < (out.length / (BLOCK * d)) * BLOCK; x++) {
        let value = x < size ? start : K.zero;
        z.forEach((zj, j) => {
          value = K.mul(value, (x >> j) & 1 ? zj : K.sub(K.one, zj));
        });
        writeExt(out, x, value);
      }
    },
  };
}

/** Checks the length of an eq table or a prefix of it; returns its full number of elements. */
export function checkEqTable(out: Uint32Array, z: readonly Ext[], degree: number): number {
  checkBlocks('out', out, degree);
  checkInteger('z.length', z.length, 0, 31);
  const size = 2 ** z.length;
  if (out.length > extWords(size, degree)) {
    throw new RangeError(`out: expected at most ${extWords(size, degree)} items, got ${out.length}`);
  }
  return size;
}

/** The error of kInverse at a zero. */
export function zeroAt(i: number): RangeError {
  return new RangeError(`kInverse: a[${i}]: expected a non-zero element, got 0`);
}
