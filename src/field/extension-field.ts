/**
 * K = F[x]/(x^d + m_{d-1} x^{d-1} + .. + m_0) for any base field and any monic irreducible polynomial:
 * schoolbook arithmetic, the definition that `quintic.ts` must agree with and the toy extensions of tests.
 */
import { power, type BaseField, type Ext, type ExtensionField, type Fe } from './field.ts';

/**
 * An extension field from its low coefficients m_0..m_{d-1}.
 *
 * @param base the prime field F
 * @param modulusLow d integers; the polynomial x^d + sum m_i x^i must be irreducible over F
 * @throws RangeError when the polynomial is reducible (Rabin's test) or d < 1
 * @example
 * const K = extensionField(primeField(97), [-5, 0]); // F_97[x]/(x^2 - 5)
 */
export function extensionField(base: BaseField, modulusLow: readonly number[]): ExtensionField {
  const low = modulusLow.map((m) => base.fromInt(m));
  const degree = low.length;
  if (degree < 1)
    throw new RangeError('extensionField: modulusLow: expected at least one coefficient, got 0');
  const field = arithmetic(base, low);
  if (!isIrreducible(base, low)) {
    throw new RangeError(
      `extensionField: modulusLow: expected an irreducible polynomial over ${base.name}, got [${low}]`,
    );
  }
  return field;
}

/** Field operations modulo x^d + sum low_i x^i; correct as a ring for a reducible polynomial as well. */
function arithmetic(base: BaseField, low: readonly Fe[]): ExtensionField {
  const degree = low.length;
  const zero: Ext = low.map(() => base.zero);
  const one: Ext = low.map((_, i) => (i === 0 ? base.one : base.zero));
  const mul = (a: Ext, b: Ext): Ext => mulMod(base, low, a, b);
  const isZero = (a: Ext): boolean => a.every((limb) => limb === 0);
  const groupOrder = BigInt(base.modulus) ** BigInt(degree) - 1n;
  const field: ExtensionField = {
    name: `${base.name}[x]/(${low.join(',')},1)`,
    base,
    degree,
    modulusLow: low,
    zero,
    one,
    fromLimbs: (limbs) => checkedLimbs(base, degree, limbs),
    fromBase: (a) => zero.map((z, i) => (i === 0 ? a : z)),
    equals: (a, b) => a.every((limb, i) => limb === b[i]),
    isZero,
    add: (a, b) => a.map((limb, i) => base.add(limb, b[i] as Fe)),
    sub: (a, b) => a.map((limb, i) => base.sub(limb, b[i] as Fe)),
    neg: (a) => a.map(base.neg),
    mul,
    square: (a) => mul(a, a),
    mulBase: (a, b) => a.map((limb) => base.mul(limb, b)),
    pow: (a, e) => power(one, mul, a, e),
    inverse(a) {
      if (isZero(a)) throw new RangeError(`inverse: a: expected a non-zero element of ${field.name}, got 0`);
      return power(one, mul, a, groupOrder - 1n);
    },
  };
  return field;
}

/** Shared by all extension fields: d canonical limbs or a RangeError that names the first bad one. */
export function checkedLimbs(base: BaseField, degree: number, limbs: ArrayLike<number>): Ext {
  if (limbs.length !== degree) {
    throw new RangeError(`fromLimbs: limbs: expected ${degree} limbs, got ${limbs.length}`);
  }
  const checked: Fe[] = [];
  for (let i = 0; i < degree; i++) {
    const limb = limbs[i] as number;
    if (!Number.isInteger(limb) || limb < 0 || limb >= base.modulus) {
      throw new RangeError(
        `fromLimbs: limbs[${i}]: expected an integer in [0, ${base.modulus}), got another`, // which may be secret
      );
    }
    checked.push(limb as Fe);
  }
  return checked;
}

function mulMod(base: BaseField, low: readonly Fe[], a: Ext, b: Ext): Ext {
  const d = low.length;
  const c = new Array<Fe>(2 * d - 1).fill(base.zero);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) c[i + j] = base.add(c[i + j] as Fe, base.mul(a[i] as Fe, b[j] as Fe));
  }
  for (let i = 2 * d - 2; i >= d; i--) {
    // x^i = -x^(i-d) * sum low_j x^j
    for (let j = 0; j < d; j++) {
      c[i - d + j] = base.sub(c[i - d + j] as Fe, base.mul(c[i] as Fe, low[j] as Fe));
    }
  }
  return c.slice(0, d);
}

/**
 * Rabin's test: f of degree d over F_p is irreducible iff x^(p^d) = x mod f and, for every prime q | d,
 * gcd(x^(p^(d/q)) - x, f) = 1.
 */
export function isIrreducible(base: BaseField, low: readonly Fe[]): boolean {
  const d = low.length;
  if (d === 1) return true;
  const ring = arithmetic(base, low);
  const x = ring.zero.map((z, i) => (i === 1 ? base.one : z));
  const frobeniusPower = (k: number): Ext => {
    let y: Ext = x;
    for (let i = 0; i < k; i++) y = ring.pow(y, base.modulus);
    return y;
  };
  if (!ring.equals(frobeniusPower(d), x)) return false;
  for (let q = 2; q <= d; q++) {
    if (d % q !== 0 || !isPrimeNumber(q)) continue;
    const difference = ring.sub(frobeniusPower(d / q), x);
    if (gcdDegree(base, [...low, base.one], [...difference]) !== 0) return false;
  }
  return true;
}

function isPrimeNumber(n: number): boolean {
  for (let k = 2; k * k <= n; k++) if (n % k === 0) return false;
  return n >= 2;
}

/** Degree of gcd(f, g), coefficients low to high; -1 when both are zero. */
function gcdDegree(base: BaseField, f: Fe[], g: Fe[]): number {
  let a = trim(f);
  let b = trim(g);
  while (b.length > 0) {
    const leadInverse = base.inverse(b[b.length - 1] as Fe);
    while (a.length >= b.length) {
      const factor = base.mul(a[a.length - 1] as Fe, leadInverse);
      const shift = a.length - b.length;
      for (let i = 0; i < b.length; i++) {
        a[shift + i] = base.sub(a[shift + i] as Fe, base.mul(factor, b[i] as Fe));
      }
      a = trim(a);
    }
    [a, b] = [b, a];
  }
  return a.length - 1;
}

function trim(f: Fe[]): Fe[] {
  let n = f.length;
  while (n > 0 && f[n - 1] === 0) n--;
  return f.slice(0, n);
}
