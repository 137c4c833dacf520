/**
 * The inner WHIR's schedule and the pads' code, by exhaustive search. For choosing only: no verifier imports
 * this file, and whatever it returns passes `checkParameters` or is not used.
 *
 * The prover's cost enters in two ways: words encoded and hashed are weighed against bytes, and as constraints: rate of
 * level 1 at least 1/8, and the codewords of a level at most half as long in all as those of the level before.
 */
import { levelRows } from './ledger-code.ts';
import { leastPadQueries, leastQueries } from './queries.ts';
import { add, atMostTwoToMinus, ZERO } from './rational.ts';
import { levelSize, padSizeInProof } from './size.ts';
import { S128, twoAdicity, type Profile } from './profile.ts';
import { columnCode, LOG_FINAL_MAX } from './parameters.ts';
import type { CodeParameters, Level, LevelGeometry, PadParameters } from './parameters.ts';

/** r_1 <= 3: level 1 costs at most eight times the combined column. */
export const FIRST_INVERSE_RATE_MAX = 3;
const INVERSE_RATE_MAX = 8;
const FOLD_MAX = 8;

/** Words of a level's codewords that weigh as much as one byte of proof: 2^25 words, about 0.1 s of one core, as 64 KiB. */
export const WORDS_PER_BYTE = 512;

interface Plan {
  /** Bytes, and words by their weight. */
  readonly cost: number;
  readonly levels: readonly Level[];
}

/** What one profile's searches share: nothing here depends on the column code. */
interface Search {
  readonly profile: Profile;
  readonly extBytes: number;
  readonly adicity: number;
  /** Index r: the query count at rate 2^-r, undefined where there is none. */
  readonly queries: readonly (number | undefined)[];
  readonly memo: Map<string, Plan | undefined>;
  readonly secure: Map<string, boolean>;
  readonly pads: Map<number, PadParameters | undefined>;
}

/** floor(log2 x) of a positive safe integer. */
function floorLog2(x: number): number {
  return BigInt(x).toString(2).length - 1;
}

/** Searches of one profile; results are shared between calls. */
export interface Scheduler {
  /**
   * The schedule of least cost, or undefined where none reaches lambda (S128) or fits the
   * field's two-adicity.
   */
  schedule(code: CodeParameters): readonly Level[] | undefined;
  /** The code of s pads with the fewest expected bytes, or undefined where s is too large for any. */
  pads(size: number): PadParameters | undefined;
}

const schedulers = new Map<string, Scheduler>();

/**
 * The searches of a profile.
 * @example
 * const levels = scheduler(S128).schedule({ logData: 20, padLength: 2 ** 18, queries: 211 });
 */
export function scheduler(profile: Profile): Scheduler {
  const { id, lambda, field } = profile;
  const key = `${id} ${lambda} ${field.modulus} ${field.degree}`;
  const known = schedulers.get(key) ?? newScheduler(profile);
  schedulers.set(key, known);
  return known;
}

function newScheduler(profile: Profile): Scheduler {
  const rates = Array.from({ length: INVERSE_RATE_MAX + 1 }, (_, r) => ({ length: 2 ** r, dimension: 1 }));
  const search: Search = {
    profile,
    extBytes: 4 * profile.field.degree,
    adicity: twoAdicity(profile.field),
    queries: rates.map((code) => leastQueries(code, profile.lambda)),
    memo: new Map(),
    secure: new Map(),
    pads: new Map(),
  };
  return {
    schedule: (code) => searchSchedule(search, code),
    pads: (size) => {
      if (!search.pads.has(size)) search.pads.set(size, searchPads(profile, size));
      return search.pads.get(size);
    },
  };
}

function searchSchedule(search: Search, code: CodeParameters): readonly Level[] | undefined {
  const { dimension } = columnCode(code);
  const logMessage = code.logData + 1;
  let best: Plan | undefined;
  for (let logFold = 1; logFold <= Math.min(FOLD_MAX, logMessage); logFold++) {
    const columnLength = 2 ** (logMessage - logFold);
    if (code.padLength % columnLength !== 0) continue;
    for (let r = 1; r <= FIRST_INVERSE_RATE_MAX; r++) {
      // The next level holds 2^(L + r') elements, at most half of this level's k0 * 2^r.
      const bound = floorLog2(dimension * 2 ** r) - 1;
      best = better(best, plan(search, logMessage, logFold, r, dimension / columnLength, bound, true));
    }
  }
  return best?.levels;
}

function better(a: Plan | undefined, b: Plan | undefined): Plan | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.cost < a.cost ? b : a;
}

/** One level with these choices and the best continuation. `bound`: log2 of the next level's codewords. */
function plan(
  search: Search,
  logMessage: number,
  logFold: number,
  logInverseRate: number,
  columns: number,
  bound: number,
  first: boolean,
): Plan | undefined {
  const logColumn = logMessage - logFold;
  const logCodeword = logColumn + logInverseRate;
  if (logCodeword > search.adicity) return undefined;
  const queries = search.queries[logInverseRate];
  if (queries === undefined) return undefined;
  const level = { logFold, logInverseRate, queries };
  const geometry = { ...level, logMessage, logColumn, logCodeword, columns };
  if (!isSecure(search, geometry)) return undefined;
  const own = levelSize(geometry, columns, search.extBytes, 'G').expected;
  const rest = continuation(search, logColumn, first ? bound : logMessage + logInverseRate - 1);
  const words = (search.extBytes / 4) * columns * 2 ** logCodeword; // < 2^3 * 2^8 * 2^24: exact
  return rest && { cost: own + words / WORDS_PER_BYTE + rest.cost, levels: [level, ...rest.levels] };
}

/** The best way on from a folded message: send it, or commit to it with codewords of 2^bound at most. */
function continuation(search: Search, logMessage: number, bound: number): Plan | undefined {
  const key = `${logMessage} ${bound}`;
  if (search.memo.has(key)) return search.memo.get(key);
  let best: Plan | undefined;
  if (logMessage <= LOG_FINAL_MAX) best = { cost: search.extBytes * 2 ** logMessage, levels: [] };
  for (let logFold = 1; logFold <= Math.min(FOLD_MAX, logMessage); logFold++) {
    for (let r = 1; r <= Math.min(INVERSE_RATE_MAX, bound - logMessage); r++) {
      best = better(best, plan(search, logMessage, logFold, r, 2 ** logFold, bound, false));
    }
  }
  search.memo.set(key, best);
  return best;
}

/** Whether every challenge of a level reaches lambda. Toys take what their field gives. */
function isSecure(search: Search, level: LevelGeometry): boolean {
  if (search.profile.id !== S128.id) return true;
  const key = `${level.logMessage + level.logInverseRate} ${level.queries}`;
  const known = search.secure.get(key);
  if (known !== undefined) return known;
  const rows = levelRows(search.profile, level, 1, false);
  const fold = rows.filter((row) => row.challenge.startsWith('gamma'));
  const positions = rows.filter((row) => !row.challenge.startsWith('gamma'));
  const secure = [fold, positions].every((group) =>
    atMostTwoToMinus(
      group.reduce((sum, row) => add(sum, row.error), ZERO),
      search.profile.lambda,
    ),
  );
  search.secure.set(key, secure);
  return secure;
}

function searchPads(profile: Profile, size: number): PadParameters | undefined {
  let best: PadParameters | undefined;
  let bytes = Number.POSITIVE_INFINITY;
  for (let logCodeword = floorLog2(size) + 1; logCodeword <= twoAdicity(profile.field); logCodeword++) {
    const queries = leastPadQueries(size, logCodeword, profile.lambda);
    if (queries === undefined) continue;
    const pads = { size, logCodeword, queries };
    const cost = padSizeInProof(pads, 4 * profile.field.degree).expected;
    if (cost < bytes) [best, bytes] = [pads, cost];
    // Sparser codes save queries ever more slowly while every path grows by a digest.
    if (logCodeword > floorLog2(size) + 5) break;
  }
  return best;
}
