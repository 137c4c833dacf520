/** The definition of the base-field kernels. */
import type { BaseField, Fe } from '../../field/field.ts';
import type { BaseKernels } from '../contract/base.ts';
import { checkLength } from '../contract/checks.ts';

export function referenceBase(F: BaseField, radix: Fe): BaseKernels {
  const inverseRadix = F.inverse(radix);
  const map = (out: Uint32Array, a: Uint32Array, f: (x: Fe, i: number) => Fe): void => {
    checkLength('out', out, a.length);
    for (let i = 0; i < a.length; i++) out[i] = f(a[i] as Fe, i);
  };
  const zip = (out: Uint32Array, a: Uint32Array, b: Uint32Array, f: (x: Fe, y: Fe) => Fe): void => {
    checkLength('b', b, a.length);
    map(out, a, (x, i) => f(x, b[i] as Fe));
  };
  return {
    add: (out, a, b) => zip(out, a, b, F.add),
    sub: (out, a, b) => zip(out, a, b, F.sub),
    mul: (out, a, b) => zip(out, a, b, (x, y) => F.mul(F.mul(x, y), inverseRadix)),
    scale: (out, a, c) => map(out, a, (x) => F.mul(c, x)),
    addScaled: (out, a, c, b) => zip(out, a, b, (x, y) => F.add(x, F.mul(c, y))),
    toMontgomery: (out, a) => map(out, a, (x) => F.mul(x, radix)),
    fromMontgomery: (out, a) => map(out, a, (x) => F.mul(x, inverseRadix)),
    fromIntegers(out, a, c = F.zero) {
      checkLength('out', out, a.length);
      const word = F.fe(c);
      for (let i = 0; i < a.length; i++) out[i] = F.add(F.fromInt(a[i] as number), word);
    },
    toHalves(low, high, a) {
      checkLength('low', low, a.length);
      checkLength('high', high, a.length);
      for (let i = 0; i < a.length; i++) {
        const x = F.toBalanced(a[i] as Fe);
        low[i] = x; // modulo 2^16
        high[i] = (x - (low[i] as number)) / 2 ** 16; // |x| < 2^30: at most 2^14 either way
      }
      return high.some((h) => h !== 0);
    },
    sum(a) {
      let total = F.zero;
      for (let i = 0; i < a.length; i++) total = F.add(total, a[i] as Fe);
      return total;
    },
  };
}
