/** Rows for what is not soundness: the hash by itself, and what hiding rests on. For display. */
import { SALT_BYTES } from './constants.ts';
import { rational, ZERO, type Rational } from './rational.ts';
import { columnCode, type Parameters } from './parameters.ts';
import { groupPadLength, padSize, type Instance } from './instance.ts';
import type { Row } from './ledger-code.ts';

/**
 * The hash's own term for T queries, 3.5 T^2 / 2^256 (Chiesa-Yogev, Thm 28.3.2): collisions and guessed
 * digests of BLAKE3-256 as a random oracle. It is quadratic in T and so quoted for a T, apart from the rows
 * that one query costs.
 */
export function hashError(logQueries: number): Rational {
  return rational(7n << BigInt(2 * logQueries), 1n << 257n);
}

/**
 * Hiding, term by term. An error of zero is perfect: the values opened or sent are uniform whatever the
 * witness. What remains is computational: the expansion of pads from a key.
 */
export function hidingRows(parameters: Parameters, instance: Instance): Row[] {
  const { code, pads } = parameters;
  const perfect = (name: string, formula: string, source: string): Row => ({
    name,
    challenge: 'hiding',
    formula,
    error: ZERO,
    source,
  });
  const groups = instance.groups.map((group) => {
    const length = groupPadLength(group, code);
    const formula = `positions of its life <= ${length} random coefficients`;
    return perfect(`${group.name}: opened rows`, formula, 'Reed-Solomon code is t-wise uniform');
  });
  return [
    ...groups,
    perfect('mask', `${columnCode(code).dimension} fresh coefficients in K`, 'combined column is uniform'),
    perfect('transcript', `s = ${padSize(instance, code.logData)} fresh pads`, 'one-time pad'),
    perfect(
      'pads: opened rows',
      `q_H = ${pads.queries} random coefficients`,
      'row codes are q_H-wise uniform',
    ),
    {
      name: 'salts',
      challenge: 'hiding',
      formula: `2^-${8 * SALT_BYTES} per query`,
      error: rational(1, 1n << BigInt(8 * SALT_BYTES)),
      source: 'guessing the salt of an unopened leaf',
    },
  ];
}
