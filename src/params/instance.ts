/**
 * What a program contributes to the ledger: its groups of columns, lookups, claims and transcript. The
 * verifier computes it from the program and never reads it from a proof.
 */
import type { CodeParameters } from './parameters.ts';

/**
 * How many proofs open a group: `static` as many as its budget holds, `carried` a known number (state that one
 * step writes and later steps read), `proof` exactly one, ever.
 */
export type Lifetime = 'static' | 'carried' | 'proof';

/** A tree of columns over the common code. */
export interface Group {
  readonly name: string;
  readonly lifetime: Lifetime;
  /** Witness or weight columns in F; the mask column of a proof is not counted. */
  readonly columns: number;
  /** Proofs that may open the group, retries included. Read for `carried` only. */
  readonly uses: number;
}

/** A challenge of the program's own arguments, beyond the lookups and the opening. */
export interface ProgramTerm {
  readonly name: string;
  /**
   * `round`: a sumcheck round of degree `size`, error size/|K|. `batch`: `size` claims batched by powers of
   * one challenge, error (size-1)/|K|. `point`: a random point in `size` variables (zerocheck, claim on a
   * virtual tensor), error size/|K|.
   */
  readonly kind: 'round' | 'batch' | 'point';
  readonly size: number;
}

export interface Instance {
  /**
   * `program`: claims are merged by a sumcheck and every column is evaluated at its end. `link`: two epochs of
   * the same columns are evaluated at a random point, one value serving both, and no sumcheck is run.
   */
  readonly kind: 'program' | 'link';
  readonly groups: readonly Group[];
  /** Leaves of each lookup balance: lookups plus table rows. Empty without lookups. */
  readonly balances: readonly number[];
  /** J: evaluation claims on committed columns, batched at the merge. */
  readonly claims: number;
  /** Masked elements of K sent by the program's arguments, before the merge. */
  readonly exposed: number;
  /** Products of hidden values, one product pad each. */
  readonly products: number;
  /** n_c: affine constraints on the pads, those of the merge and the combination included. */
  readonly constraints: number;
  readonly terms: readonly ProgramTerm[];
}

/** Columns of all groups, without the mask. */
export function totalColumns(instance: Pick<Instance, 'groups'>): number {
  return instance.groups.reduce((sum, group) => sum + group.columns, 0);
}

/**
 * Masked elements of K in the transcript: the program's, two per merge round, y of every column, y_M. A link
 * proof has no merge rounds and one y for the two epochs of a column.
 */
export function maskedElements(instance: Instance, logData: number): number {
  if (instance.kind === 'link') return instance.exposed + totalColumns(instance) / 2 + 1;
  return instance.exposed + 2 * logData + totalColumns(instance) + 1;
}

/** The proof that a new epoch of a static group holds the cells of the old one. */
export function linkInstance(columns: number): Instance {
  const epoch = (name: string): Group => ({ name, lifetime: 'static', columns, uses: 1 });
  const mask: Group = { name: 'mask', lifetime: 'proof', columns: 0, uses: 1 };
  return {
    kind: 'link',
    groups: [epoch('old epoch'), epoch('new epoch'), mask],
    balances: [],
    claims: 0,
    exposed: 0,
    products: 0,
    constraints: 1,
    terms: [],
  };
}

/** s: one pad per masked element, one per product, and h_star. */
export function padSize(instance: Instance, logData: number): number {
  return maskedElements(instance, logData) + instance.products + 1;
}

/** Positions of a group that its whole life may open, and so the random coefficients its columns carry. */
export function groupPadLength(group: Group, code: CodeParameters): number {
  if (group.lifetime === 'static') return code.padLength;
  return group.lifetime === 'carried' ? group.uses * code.queries : code.queries;
}
