/**
 * The budget of a group: how many positions of its tree may be opened in its life. Columns carry t_g uniform coefficients, so
 * up to t_g rows are jointly uniform and each row beyond reveals one linear form of every column. Positions
 * count for the tree, whatever the proof's kind, profile or fate, and are never given back.
 *
 * Why no position is reserved twice, whatever stops or runs at the same time. A reservation is generation g + 1 of the
 * counter and stands for positions [used_g, used_(g+1)). (1) A generation is taken by `link`, which is atomic and never
 * replaces, and files are never removed: so at most one record of each generation ever exists, and no two
 * reservations overlap once each starts where its predecessor ends. (2) It does: g is the highest generation that the
 * reserver saw; if another process has moved on in between, g + 1 exists, `link` fails and the loop starts again. (3)
 * The record is complete and durable before it has its name, and its name is durable before `reserve` returns. So after a
 * crash the highest generation holds every reservation that was ever returned. If a crash loses a name whose `reserve`
 * did not return, another may take it: nothing was opened. If it keeps the name, its positions are spent for nothing. A later
 * name that was returned made all earlier names durable with it (one directory, one fsync). (4) A damaged record stops all
 * reservations (`STATE_DIGEST`): the one before it never counts again.
 *
 * Against a directory that went back in time, or exists twice, the same is written to the home (witness.ts), after the
 * directory and before `reserve` returns. Reservers read the witness first and the counter afterwards, so in a
 * directory that never went back the witness is never ahead. Then: witness ahead of the counter: restored from a backup, or the
 * copy of one that went on (`BUDGET_BEHIND`). Witness at odds with the counter's record of its generation: two
 * copies went on (`BUDGET_FORKED`). Generation new here and taken there: two copies at the same moment (`BUDGET_FORKED`).
 *
 * Not detected: home and directory restored together (a snapshot of the machine), and copies used under
 * different homes. Where the home knows nothing of a used group, `reserve` and `status` warn.
 */
import { ProofError, refuse } from '../errors/proof-error.ts';
import { LINK_RESERVE } from '../params/parameters.ts';
import type { GroupKey } from '../pcs/key.ts';
import { highestGeneration, nextRecord, publishCounter, readCounter, type Counter } from './counter.ts';
import { hexOf } from './durable.ts';
import type { Home } from './home.ts';
import { publishWitness, readWitness, type Witness } from './witness.ts';

/** Where the budget of a group is kept, and how large it is. */
export interface BudgetPlace {
  /** The group's directory. */
  readonly path: string;
  /** Digest of its key. */
  readonly keyDigest: Uint8Array;
  readonly limits: BudgetLimits;
}

/** In positions. */
export interface BudgetLimits {
  /** t_g: what the pads cover. */
  readonly total: number;
  /** Of these, kept for link proofs, so that a refresh can be paid when it is due. */
  readonly links: number;
  /** q0: what one proof takes. */
  readonly queries: number;
}

/** Positions that the caller may open: spent from now on, used or not. */
export interface Reservation {
  /** Name of the tree: hexadecimal digest of the group's key. */
  readonly group: string;
  /** The counter after this reservation: bound into the proof's key. */
  readonly used: number;
  readonly generation: number;
  readonly positions: number;
  readonly purpose: 'proof' | 'link';
  readonly warnings: readonly string[];
}

export interface BudgetStatus {
  readonly used: number;
  readonly total: number;
  readonly generation: number;
  /** Proofs of q0 positions that can still be made before a refresh. */
  readonly proofsLeft: number;
  /** Link proofs that can still be made. */
  readonly linksLeft: number;
  readonly warnings: readonly string[];
}

/** The budget of a group by its key: t with a reserve for links, or u * q0. */
export function budgetLimits({ parameters, group }: GroupKey): BudgetLimits {
  const { padLength, queries } = parameters.code;
  if (group.lifetime === 'carried') return { total: group.uses * queries, links: 0, queries };
  return { total: padLength, links: LINK_RESERVE * queries, queries };
}

/**
 * Reserves positions: to be called before anything of a proof is drawn, and once for every proof, whatever becomes of it.
 *
 * @param positions how many will be opened at most, q0 for one proof
 * @param purpose `link` may use the reserve
 * @throws RangeError unless 1 <= positions < 2^31
 * @throws ProofError `BUDGET_SPENT` at the limit; `BUDGET_BEHIND`, `BUDGET_FORKED` for a directory that is not the newest
 *   state of its group; `COUNTER_*`, `STATE_*`, `WITNESS_*` for damaged files; `DISK_FULL`, `FILE_*`. After
 *   an error the positions may be spent, never the reverse
 * @example
 * const { used } = reserve(home, place, parameters.code.queries, 'proof');
 */
export function reserve(
  home: Home,
  place: BudgetPlace,
  positions: number,
  purpose: 'proof' | 'link',
): Reservation {
  if (!Number.isInteger(positions) || positions < 1 || positions >= 2 ** 31) {
    throw new RangeError(`positions: expected an integer in [1, 2^31), got ${positions}`);
  }
  for (let lost = -1; ;) {
    const { counter, warnings } = readBoth(home, place);
    if (counter.generation < lost) {
      refuse('COUNTER_MISSING', place.path, `expected generation ${lost}, got a listing without it`);
    }
    requireRoom(place, counter.used, positions, purpose);
    const record = nextRecord(counter, positions, purpose);
    lost = record.generation;
    if (!publishCounter(home.files, place.path, record)) continue; // another process was faster
    const { generation, used } = settle(home, place, record.generation, record.nonce);
    return { group: hexOf(place.keyDigest), used, generation, positions, purpose, warnings };
  }
}

/** Reads back what was written and has the home remember it. */
function settle(home: Home, place: BudgetPlace, generation: number, nonce: Uint8Array): Counter {
  const written = readCounter(home.files, place.path, place.keyDigest, generation);
  if (written.nonce.some((byte, i) => byte !== nonce[i])) {
    refuse(
      'COUNTER_VALUE',
      place.path,
      `generation ${generation}: expected what was written, got another record`,
    );
  }
  if (!publishWitness(home, written, place.path)) forked(place, generation);
  return written;
}

/** What is left. Reads only. @throws ProofError as `reserve`, but for `BUDGET_SPENT` and `DISK_FULL` */
export function budgetStatus(home: Home, place: BudgetPlace): BudgetStatus {
  const { counter, warnings } = readBoth(home, place);
  const { total, links, queries } = place.limits;
  const { used, generation } = counter;
  const forProofs = total - links;
  const left = (limit: number): number => Math.max(0, Math.floor((limit - used) / queries));
  // 10 * used < 2^57 and a multiple of 2 above 2^53 only: the comparison is exact enough for a warning.
  const low = 10 * used >= 9 * forProofs;
  return {
    used,
    total,
    generation,
    proofsLeft: left(forProofs),
    linksLeft: left(total),
    warnings: low
      ? [...warnings, `${used} of ${forProofs} positions for proofs are used: ${remedyOf(place.limits)}`]
      : warnings,
  };
}

/**
 * Takes over from the witness after `BUDGET_BEHIND`, `BUDGET_FORKED` or a damaged record: the greater of the two counts holds
 * from now on. Sound when the group was used under this home alone, which only the owner can know.
 *
 * @throws ProofError `BUDGET_UNKNOWN` when neither the home nor an undamaged newest record says what was used
 */
export function recoverBudget(home: Home, place: BudgetPlace): BudgetStatus {
  const witness = readWitness(home, place.keyDigest);
  const highest = highestGeneration(home.files, place.path);
  const counter = readableCounter(home, place, highest);
  if (counter === undefined && (witness === undefined || witness.generation < highest)) {
    refuse(
      'BUDGET_UNKNOWN',
      place.path,
      'expected a readable newest record, here or in the home, got none: commit anew',
    );
  }
  const base = counter ?? readCounter(home.files, place.path, place.keyDigest, 0); // for the store's name
  const used = Math.max(counter?.used ?? 0, witness?.used ?? 0);
  const generation = Math.max(highest, witness?.generation ?? 0);
  const record = nextRecord({ ...base, generation, used }, 0, 'recover');
  if (!publishCounter(home.files, place.path, record)) {
    refuse('BUDGET_BUSY', place.path, 'expected no other process on this group, got one: try again');
  }
  settle(home, place, record.generation, record.nonce);
  return budgetStatus(home, place);
}

function readableCounter(home: Home, place: BudgetPlace, generation: number): Counter | undefined {
  try {
    return readCounter(home.files, place.path, place.keyDigest, generation);
  } catch (error) {
    if (error instanceof ProofError) return undefined;
    throw error;
  }
}

/** The newest record, held against the witness. The order of the two reads matters: see above. */
function readBoth(home: Home, place: BudgetPlace): { counter: Counter; warnings: string[] } {
  const { path, keyDigest } = place;
  const witness = readWitness(home, keyDigest);
  const highest = highestGeneration(home.files, path);
  const counter = readCounter(home.files, path, keyDigest, highest);
  if (witness === undefined) {
    const unknown = `${path}: used before, but not under this home: a copy or an old backup cannot be detected`;
    return { counter, warnings: counter.generation > 0 ? [unknown] : [] };
  }
  if (witness.generation > counter.generation) behind(place, witness, counter);
  checkAgainst(home, place, witness, counter);
  const moved = `${path}: was used at ${witness.path} before; if that still exists, keep one of the two`;
  return { counter, warnings: witness.path === path ? [] : [moved] };
}

function checkAgainst(home: Home, place: BudgetPlace, witness: Witness, counter: Counter): void {
  const { generation } = witness;
  const same = generation === counter.generation;
  const record = same ? counter : readCounter(home.files, place.path, place.keyDigest, generation);
  if (record.digest.some((byte, i) => byte !== witness.record[i])) forked(place, generation);
}

function behind(place: BudgetPlace, witness: Witness, counter: Counter): never {
  return refuse(
    'BUDGET_BEHIND',
    place.path,
    `expected generation ${witness.generation}, used at ${witness.path}, got ${counter.generation}: this directory was ` +
      'restored from a backup or is a copy; use the newest one, or recover its budget from the home',
  );
}

function forked(place: BudgetPlace, generation: number): never {
  return refuse(
    'BUDGET_FORKED',
    place.path,
    `generation ${generation}: expected the record that the home knows, got another: two copies of this directory were ` +
      'used; keep one and recover its budget from the home',
  );
}

/** A model has epochs, and what others name by its digest has none; of a carried group, which has no links either, the next one is committed anyway. */
function remedyOf({ links }: BudgetLimits): string {
  if (links === 0) return 'commit anew';
  return 'refresh the commitment of a model, a new epoch has a new budget; commit a dataset or a corpus anew, with more proofs';
}

function requireRoom(place: BudgetPlace, used: number, positions: number, purpose: 'proof' | 'link'): void {
  const { total, links } = place.limits;
  const limit = purpose === 'link' ? total : total - links;
  if (used + positions <= limit) return;
  const remedy = purpose === 'proof' ? remedyOf(place.limits) : 'commit anew';
  refuse(
    'BUDGET_SPENT',
    place.path,
    `expected at most ${limit} positions, got ${used} + ${positions}: ${remedy}`,
  );
}
