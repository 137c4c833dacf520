/**
 * The gate: what a verifier accepts as parameters. Everything else is refused with `WEAK_PARAMS`.
 *
 * A set is determined by few free choices (m, t, the schedule, n_H); query counts must be the least that reach
 * lambda and s must be the program's count, so that one step away from an accepted set, in either direction,
 * nothing is accepted.
 */
import { refuse } from '../errors/proof-error.ts';
import { ledger, weakChallenges, type Ledger } from './ledger.ts';
import { formatBits } from './rational.ts';
import { leastPadQueries, leastQueries } from './queries.ts';
import { profileProblem, S128, twoAdicity, type Profile } from './profile.ts';
import { budget, columnCode, levelGeometry, LOG_CODE_EXPANSION, LOG_FINAL_MAX } from './parameters.ts';
import type { Code, Parameters } from './parameters.ts';
import { groupPadLength, padSize, type Instance } from './instance.ts';

const STAGE = 'parameters';
const WEAK = 'WEAK_PARAMS';
const U32 = 2 ** 32;

/**
 * Accepts parameters for a program, or refuses. The only entry for verifiers.
 *
 * @returns the ledger, every challenge of which errs with at most 2^-128
 * @throws ProofError `WEAK_PARAMS` for a toy or unknown profile, a malformed set, a set that does not fit the
 *   program, or any challenge below 128 bits
 * @example
 * const { worst } = checkParameters(parameters, instance);
 */
export function checkParameters(parameters: Parameters, instance: Instance): Ledger {
  if (parameters.profile.id !== S128.id) {
    refuse(WEAK, STAGE, `profile: expected ${S128.name}, got ${parameters.profile.name}`);
  }
  checkStructure(parameters);
  checkFit(parameters, instance);
  const isStatic = instance.groups.some((group) => group.lifetime === 'static');
  if (isStatic && budget(parameters.code).firstEpoch < 1) {
    refuse(
      WEAK,
      STAGE,
      `t: expected room for one proof and the link reserve, got ${parameters.code.padLength}`,
    );
  }
  const result = ledger(parameters, instance);
  const weak = weakChallenges(result, S128.lambda)[0];
  if (weak !== undefined) {
    refuse(WEAK, STAGE, `${weak.challenge}: expected 128 bits, got ${formatBits(weak.tenths)}`);
  }
  return result;
}

/**
 * For tests over small fields: everything that `checkParameters` checks except what a small field cannot
 * give: the profile S128, challenges at 2^-lambda, room for link proofs. Never called by a verifier.
 *
 * @throws ProofError `WEAK_PARAMS` for a malformed set or one that does not fit the program
 */
export function unsafeCheckToyParameters(parameters: Parameters, instance: Instance): Ledger {
  checkStructure(parameters);
  checkFit(parameters, instance);
  return ledger(parameters, instance);
}

/**
 * What holds for every set by itself, toys included.
 * @throws ProofError `WEAK_PARAMS`
 */
export function checkStructure(parameters: Parameters): void {
  const { profile, code, levels, logFinal, pads } = parameters;
  const unlisted = profileProblem(profile);
  if (unlisted !== undefined) refuse(WEAK, STAGE, unlisted);
  const numbers = [code, pads, ...levels].flatMap((part) => Object.values(part) as number[]);
  numbers.push(logFinal);
  const odd = numbers.findIndex((x) => !Number.isInteger(x) || x < 0 || x >= U32);
  if (odd >= 0) refuse(WEAK, STAGE, `expected integers in [0, 2^32), got ${numbers[odd]}`);
  const adicity = twoAdicity(profile.field);
  if (code.logData + LOG_CODE_EXPANSION > adicity) {
    refuse(WEAK, STAGE, `n0: expected at most 2^${adicity} points, got m = ${code.logData}`);
  }
  if (code.padLength > 2 ** code.logData) {
    refuse(WEAK, STAGE, `t: expected at most 2^m = 2^${code.logData}, got ${code.padLength}`);
  }
  checkLevels(parameters, adicity);
  if (pads.logCodeword > adicity) {
    refuse(WEAK, STAGE, `n_H: expected at most 2^${adicity} points, got 2^${pads.logCodeword}`);
  }
  checkQueries('q0', code.queries, leastOf(profile, columnCode(code)));
  levelGeometry(parameters).forEach((level, j) => {
    const inner = { length: 2 ** level.logCodeword, dimension: 2 ** level.logColumn };
    checkQueries(`q${j + 1}`, level.queries, leastOf(profile, inner));
  });
  checkQueries('q_H', pads.queries, leastPadQueries(pads.size, pads.logCodeword, profile.lambda));
}

function leastOf(profile: Profile, code: Code): number | undefined {
  return leastQueries(code, profile.lambda);
}

/** Exactly the least count: fewer are weak, more are another set. Rate 1 and an overfull code have none. */
function checkQueries(name: string, queries: number, least: number | undefined): void {
  if (queries !== least) refuse(WEAK, STAGE, `${name}: expected ${least ?? 'a lower rate'}, got ${queries}`);
}

function checkLevels({ code, levels, logFinal }: Parameters, adicity: number): void {
  const first = levels[0];
  if (first === undefined) refuse(WEAK, STAGE, 'levels: expected at least one, got none');
  let log = code.logData + 1;
  levels.forEach(({ logFold, logInverseRate }, j) => {
    const name = `G${j + 1}`;
    if (logFold < 1) refuse(WEAK, STAGE, `${name}: expected a fold of at least one round, got ${logFold}`);
    log -= logFold;
    if (log + logInverseRate > adicity) {
      refuse(WEAK, STAGE, `${name}: expected at most 2^${adicity} points, got 2^${log + logInverseRate}`);
    }
  });
  // As logFinal >= 0, no message was folded below one element.
  if (log !== logFinal) refuse(WEAK, STAGE, `final vector: expected 2^${log} elements, got 2^${logFinal}`);
  if (logFinal > LOG_FINAL_MAX) {
    refuse(WEAK, STAGE, `final vector: expected at most 2^${LOG_FINAL_MAX} elements, got 2^${logFinal}`);
  }
  // Else the last column of G1 would reach beyond k0 and the Q0 argument would hold for a smaller radius only.
  const columnLength = 2 ** (code.logData + 1 - first.logFold);
  if (code.padLength % columnLength !== 0) {
    refuse(WEAK, STAGE, `t: expected a multiple of the column length ${columnLength}, got ${code.padLength}`);
  }
}

/** That a set fits a program: pads counted, budgets of columns kept, lookups below the characteristic. */
function checkFit(parameters: Parameters, instance: Instance): void {
  const { profile, code, pads } = parameters;
  const counts = [
    ...[instance.claims, instance.exposed, instance.products, instance.constraints],
    ...instance.balances,
    ...instance.terms.map((term) => term.size),
    ...instance.groups.flatMap((group) => [group.columns, group.uses]),
  ];
  const odd = counts.findIndex((x) => !Number.isSafeInteger(x) || x < 0);
  if (odd >= 0) refuse(WEAK, STAGE, `program: expected counts, got ${counts[odd]}`);
  const size = padSize(instance, code.logData);
  if (pads.size !== size) refuse(WEAK, STAGE, `s: expected ${size} pads, got ${pads.size}`);
  const ephemeral = instance.groups.filter((group) => group.lifetime === 'proof').length;
  if (ephemeral !== 1) refuse(WEAK, STAGE, `groups: expected one of lifetime proof, got ${ephemeral}`);
  if (instance.kind === 'link') checkLink(instance);
  for (const group of instance.groups) {
    if (group.uses < 1) refuse(WEAK, STAGE, `${group.name}: expected at least one use, got ${group.uses}`);
    const length = groupPadLength(group, code);
    if (length > code.padLength) {
      refuse(WEAK, STAGE, `${group.name}: expected at most t = ${code.padLength} pads, got ${length}`);
    }
  }
  // p copies of a wrong tuple cancel: numerators of one balance must sum below the characteristic.
  const large = instance.balances.find((leaves) => leaves >= profile.field.modulus);
  if (large !== undefined) refuse(WEAK, STAGE, `balance: expected fewer than p leaves, got ${large}`);
}

/** One y per column stands for both epochs: they must have the same columns, and nothing else is proven. */
function checkLink({ groups, balances, terms, exposed, products }: Instance): void {
  const [old, renewed, mask] = groups.map((group) => `${group.lifetime} ${group.columns}`);
  const extra = balances.length + terms.length + exposed + products;
  if (old !== renewed || !old?.startsWith('static') || mask !== 'proof 0' || groups.length > 3 || extra > 0) {
    refuse(WEAK, STAGE, 'link: expected two epochs of the same static columns and a mask, got other parts');
  }
}
