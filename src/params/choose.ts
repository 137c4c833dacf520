/**
 * Parameters by program: from numbers of cells to a complete set, by search. For setting up only: no verifier
 * imports this file; it checks what it is given.
 */
import { checkParameters, unsafeCheckToyParameters } from './check.ts';
import { DIGEST_BYTES } from './constants.ts';
import { leastQueries } from './queries.ts';
import { proofSize, type ProofSize } from './size.ts';
import { scheduler } from './schedule.ts';
import { S128, twoAdicity, type Profile } from './profile.ts';
import { budget, columnCode, levelGeometry, LOG_CODE_EXPANSION } from './parameters.ts';
import type { CodeParameters, Parameters } from './parameters.ts';
import { groupPadLength, padSize, type Instance, type Lifetime } from './instance.ts';
import type { Ledger } from './ledger.ts';

/** A group before m is known. */
export interface CellGroup {
  readonly name: string;
  readonly lifetime: Lifetime;
  /** Live cells, laid out densely. */
  readonly cells: number;
  /** Proofs that may open a carried group, retries included. */
  readonly uses?: number;
}

/** A program in numbers of cells. */
export type Workload = Omit<Instance, 'groups'> & { readonly groups: readonly CellGroup[] };

/** What the caller asks of a set. */
export interface Wishes {
  /** Proofs per epoch that a static group must allow, in every epoch. Default 1; toys may ask for 0. */
  readonly minProofs?: number;
  /** Bytes of disk for kept codewords and trees of static and carried groups. Default no limit. */
  readonly maxDiskBytes?: number;
  /** Only this m. */
  readonly logData?: number;
  /** Only this pad length. */
  readonly padLength?: number;
  /** How many words encoded per proof weigh as much as one byte of proof. Default 1024. */
  readonly wordsPerByte?: number;
}

/** A set with everything it implies. */
export interface Choice {
  readonly parameters: Parameters;
  readonly instance: Instance;
  readonly ledger: Ledger;
  readonly size: ProofSize;
  /** Bytes of kept codewords (static and carried) and of their trees above subtrees of 16 leaves. */
  readonly diskBytes: number;
  /** u32 words encoded and hashed by one proof: witness, mask and inner codewords. */
  readonly proverWords: number;
}

const LOG_DATA_MIN = 1;
const SUBTREE_LEAVES = 16;

/** The program's instance once a column holds 2^logData cells. */
export function instantiate(workload: Workload, logData: number): Instance {
  const groups = workload.groups.map(({ name, lifetime, cells, uses }) => ({
    name,
    lifetime,
    columns: Math.ceil(cells / 2 ** logData),
    uses: uses ?? 1,
  }));
  return { ...workload, groups };
}

/**
 * The set with the smallest expected proof, a little weight given to the prover's work, over m and over
 * t/2^m in {1/8, 1/4, 1/2, 1}, of long columns in {1/32, 1/16} as well.
 *
 * @throws RangeError where no set meets the wishes
 * @throws ProofError `WEAK_PARAMS` where the program itself stays below 128 bits, e.g. by its lookups
 * @example
 * const { parameters, instance } = chooseParameters(workload, { minProofs: 1000 });
 */
export function chooseParameters(workload: Workload, wishes: Wishes = {}, profile: Profile = S128): Choice {
  const drafts: { readonly draft: Draft; readonly cost: number }[] = [];
  for (const code of candidates(wishes, profile)) {
    const draft = complete(workload, code, profile);
    if (draft === undefined || !meets(draft, wishes)) continue;
    const work = Math.floor(workOf(draft).proverWords / (wishes.wordsPerByte ?? 1024));
    drafts.push({ draft, cost: proofSize(draft.parameters, draft.instance).expected + work });
  }
  drafts.sort((a, b) => a.cost - b.cost);
  let failure: unknown = new RangeError('chooseParameters: wishes: expected a set that meets them, got none');
  for (const { draft } of drafts) {
    try {
      return describe(draft.parameters, draft.instance);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** From this m on an eighth of a column pads more proofs than most owners ask for, and every prover expands all of it. */
const LOG_LONG = 21;

/** Pad lengths that are tried for columns of 2^m cells. */
function padLengths(logData: number): number[] {
  const data = 2 ** logData;
  const few = logData < LOG_LONG ? [] : [data / 32, data / 16];
  return [...few, data / 8, data / 4, data / 2, data];
}

function* candidates(wishes: Wishes, profile: Profile): Generator<CodeParameters> {
  const largest = twoAdicity(profile.field) - LOG_CODE_EXPANSION;
  for (let logData = LOG_DATA_MIN; logData <= largest; logData++) {
    if (wishes.logData !== undefined && wishes.logData !== logData) continue;
    const data = 2 ** logData;
    const lengths = wishes.padLength === undefined ? padLengths(logData) : [wishes.padLength];
    for (const padLength of lengths) {
      if (!Number.isInteger(padLength) || padLength > data) continue;
      const code = { length: data * 2 ** LOG_CODE_EXPANSION, dimension: data + padLength };
      const queries = leastQueries(code, profile.lambda);
      if (queries !== undefined && queries <= padLength) yield { logData, padLength, queries };
    }
  }
}

/** A set and the program it is for, not yet checked. */
export interface Draft {
  readonly parameters: Parameters;
  readonly instance: Instance;
}

/**
 * Schedule and pads for a given column code; undefined where there are none. The code is a constant of a
 * deployment: later programs over the same commitment call this, then `describe`.
 */
export function complete(
  workload: Workload,
  code: CodeParameters,
  profile: Profile = S128,
): Draft | undefined {
  return completeInstance(instantiate(workload, code.logData), code, profile);
}

/** `complete` for a program whose columns are known, such as a link proof (`linkInstance`). */
export function completeInstance(
  instance: Instance,
  code: CodeParameters,
  profile: Profile = S128,
): Draft | undefined {
  if (instance.groups.some((group) => groupPadLength(group, code) > code.padLength)) return undefined;
  const search = scheduler(profile);
  const levels = search.schedule(code);
  const pads = search.pads(padSize(instance, code.logData));
  if (levels === undefined || pads === undefined) return undefined;
  const logFinal = levels.reduce((log, level) => log - level.logFold, code.logData + 1);
  return { parameters: { profile, code, levels, logFinal, pads }, instance };
}

/**
 * Checks a set against a program and computes what it implies.
 * @throws ProofError `WEAK_PARAMS`
 */
export function describe(parameters: Parameters, instance: Instance): Choice {
  const check = parameters.profile.id === S128.id ? checkParameters : unsafeCheckToyParameters;
  const ledger = check(parameters, instance);
  const draft = { parameters, instance };
  return { ...draft, ledger, size: proofSize(parameters, instance), ...workOf(draft) };
}

function workOf({ parameters, instance }: Draft): Pick<Choice, 'diskBytes' | 'proverWords'> {
  const { length } = columnCode(parameters.code);
  const degree = parameters.profile.field.degree;
  let [diskBytes, proverWords] = [0, degree * length];
  for (const { lifetime, columns } of instance.groups) {
    if (lifetime === 'proof') proverWords += columns * length;
    else diskBytes += 4 * columns * length + (2 * DIGEST_BYTES * length) / SUBTREE_LEAVES;
  }
  for (const { columns, logCodeword } of levelGeometry(parameters)) {
    proverWords += degree * columns * 2 ** logCodeword;
  }
  return { diskBytes, proverWords };
}

function hasStatic(instance: Instance): boolean {
  return instance.groups.some((group) => group.lifetime === 'static');
}

function meets(draft: Draft, wishes: Wishes): boolean {
  if (workOf(draft).diskBytes > (wishes.maxDiskBytes ?? Number.MAX_SAFE_INTEGER)) return false;
  return !hasStatic(draft.instance) || budget(draft.parameters.code).laterEpochs >= (wishes.minProofs ?? 1);
}
