/**
 * Security profiles. There is one for use, S128. Every other set of values is a toy: it carries an identifier
 * of its own in every encoding, and `checkParameters` refuses it.
 */
import { P } from '../field/koalabear.ts';
import { DEGREE } from '../field/quintic.ts';

/** The sizes that error bounds need of K over F = Z/modulus: |K| = modulus^degree. */
export interface FieldSize {
  readonly modulus: number;
  readonly degree: number;
}

export interface Profile {
  /** Marks the profile in encodings. */
  readonly id: number;
  readonly name: string;
  /** Every challenge errs with probability at most 2^-lambda per query to the hash (round by round). */
  readonly lambda: number;
  readonly field: FieldSize;
  /** Proof-of-work bits counted towards lambda. No profile uses any: no theorem covers them. */
  readonly powBits: number;
}

/** 128 bits in unique decoding over the degree-5 extension of KoalaBear: proven bounds, no grinding. */
export const S128: Profile = {
  id: 1,
  name: 'S128',
  lambda: 128,
  field: { modulus: P, degree: DEGREE },
  powBits: 0,
};

/** Identifier of every toy profile. */
export const TOY_PROFILE_ID = 0xffff_ffff;

/**
 * A profile for exhaustive tests over small fields. Nothing made with it is secure; its identifier says so in
 * every encoding, and the production verifier refuses it.
 *
 * @param lambda query counts are chosen for 2^-lambda; other errors are whatever the field gives
 * @throws RangeError for lambda outside 1..256, an even or too small modulus, or degree outside 1..16
 * @example
 * const profile = unsafeToyProfile(2, { modulus: 97, degree: 2 });
 */
export function unsafeToyProfile(lambda: number, field: FieldSize): Profile {
  const profile = { id: TOY_PROFILE_ID, name: 'toy', lambda, field: { ...field }, powBits: 0 };
  const problem = profileProblem(profile);
  if (problem !== undefined) throw new RangeError(`unsafeToyProfile: ${problem}`);
  return profile;
}

/** What makes a profile unknown or malformed, or undefined. Values outside the integers are malformed. */
export function profileProblem(profile: Profile): string | undefined {
  const { id, lambda, field, powBits } = profile;
  if (powBits !== 0) return `powBits: expected 0, got ${powBits}`;
  if (id === S128.id) {
    const same =
      lambda === S128.lambda && field.modulus === S128.field.modulus && field.degree === S128.field.degree;
    return same ? undefined : `profile S128: expected lambda 128 and |K| = ${P}^${DEGREE}, got other values`;
  }
  if (id !== TOY_PROFILE_ID) return `id: expected a known profile, got ${id}`;
  if (!isIntegerIn(lambda, 1, 256)) return `lambda: expected an integer in 1..256, got ${lambda}`;
  if (!isIntegerIn(field.modulus, 3, 2 ** 31 - 1) || field.modulus % 2 === 0) {
    return `modulus: expected an odd integer in 3..2^31-1, got ${field.modulus}`;
  }
  if (!isIntegerIn(field.degree, 1, 16)) return `degree: expected an integer in 1..16, got ${field.degree}`;
  return undefined;
}

function isIntegerIn(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}

/** |K| = modulus^degree, exactly. */
export function fieldOrder(field: FieldSize): bigint {
  return BigInt(field.modulus) ** BigInt(field.degree);
}

/** Largest s with 2^s | modulus - 1: codewords have at most 2^s points. */
export function twoAdicity(field: FieldSize): number {
  const units = field.modulus - 1; // < 2^31
  return 31 - Math.clz32(units & -units);
}
