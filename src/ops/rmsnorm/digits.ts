/** What a norm commits for each row: limbs and carries of V, digits of remainders. Both sides read these lists. */
import type { DigitPlan } from '../row-digits.ts';

/** Bits of a limb of V. */
export const LIMB = 15;
/** Columns whose squares are summed modulo p: 2^10 products of two digits of 10 bits stay below 2^30. */
export const CHUNK = 1024;
/** Bits of the low digit of 20-bit inputs. */
export const LOW = 10;
/** Makes a sum of at most 2^10 cross products, each in [-2^19, 2^19), a number in [0, 2^30). */
export const CROSS_OFFSET = 2 ** 29;

/** First columns of the chunks of 20-bit inputs. */
export function chunks(width: number): readonly { readonly first: number; readonly size: number }[] {
  return Array.from({ length: Math.ceil(width / CHUNK) }, (_, c) => ({
    first: c * CHUNK,
    size: Math.min(CHUNK, width - c * CHUNK),
  }));
}

const COMMON: DigitPlan = [
  {
    bits: LIMB,
    digits: [
      ...['v0', 'v1', 'v2', 'carry0', 'carry1', 'carry2'],
      ...['rest', 'restRoom', 'rootRest0', 'rootRoom0'],
    ],
  },
  { bits: 11, digits: ['rootRest1', 'rootRoom1', 'root0'] },
];

/** Digits of the row values of a norm. */
export function normDigits(bits: number, width: number): DigitPlan {
  if (bits === 16) return COMMON;
  const [wide, narrow] = COMMON as [DigitPlan[number], DigitPlan[number]];
  const each = (names: readonly string[]): string[] =>
    chunks(width).flatMap((_, c) => names.map((name) => `${name}-${c}`));
  return [
    { bits: LIMB, digits: [...wide.digits, ...each(['low0', 'low1', 'high0', 'high1', 'cross1'])] },
    { bits: 11, digits: [...narrow.digits, ...each(['cross2'])] },
    { bits: 4, digits: each(['cross0']) },
  ];
}

/** The limbs of a number up to 2^53, lowest first; the last holds what is left. */
export function limbs(x: number): readonly [number, number, number, number] {
  const base = 2 ** LIMB;
  const high = Math.floor(x / base);
  const higher = Math.floor(high / base);
  return [x % base, high % base, higher % base, Math.floor(higher / base)];
}
