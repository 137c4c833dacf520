/** What the owner decides about a group before it is committed. */
import { GROUP_BYTES } from '../hash/leaf.ts';
import { groupPadLength, type Lifetime } from '../params/instance.ts';
import type { Parameters } from '../params/parameters.ts';
import type { GroupIdentity } from '../pcs/opening.ts';
import { osBytes } from '../random/os.ts';

/** What the owner decides about a group. */
export interface GroupPlan {
  /** Label of the tree, e.g. `W`. */
  readonly label: string;
  /** Eight bytes that name the group over all epochs; fresh random bytes by default, as for every first epoch. */
  readonly group?: Uint8Array;
  /** Default 0. A refresh makes the next epoch. */
  readonly epoch?: number;
  readonly lifetime: Exclude<Lifetime, 'proof'>;
  readonly columns: number;
  /** For carried groups: how many proofs may open it. Default 1, as for static ones. */
  readonly uses?: number;
  readonly parameters: Parameters;
  /** 32 bytes: digest of the meaning of the cells. */
  readonly layout: Uint8Array;
  /** log2 of the digests that the key publishes, default 12, or m where that is less. */
  readonly logCap?: number;
  /**
   * Lowest layers of the tree that are not kept, default 0. Each halves the file of digests and doubles the rows that an
   * opening recomputes; 4 keeps 2 bytes a leaf.
   */
  readonly absentLayers?: number;
  /**
   * `keep`: the codeword is written beside the cells, `codewordBytes(parameters.code, columns)` bytes, eight times the cells; an
   * opening then reads its q0 rows instead of recomputing them, and takes little more than half of the time. Default `recompute`.
   */
  readonly codeword?: CodewordChoice;
}

/** Whether a group keeps its codeword. */
export type CodewordChoice = 'keep' | 'recompute';

/** @throws RangeError for a plan that makes no group */
export function identityOf(plan: GroupPlan): GroupIdentity {
  const { label, lifetime, columns, parameters } = plan;
  const uses = plan.uses ?? 1;
  const choice: string = plan.codeword ?? 'recompute';
  if (!['keep', 'recompute'].includes(choice)) {
    throw new RangeError(`codeword: expected keep or recompute, got ${choice}`);
  }
  const { padLength } = parameters.code;
  const pads = groupPadLength({ name: label, lifetime, columns, uses }, parameters.code);
  if (pads > padLength) throw new RangeError(`uses: expected at most ${padLength} pads, got ${pads}`);
  const group = plan.group ?? osBytes(GROUP_BYTES);
  return { label, group, epoch: plan.epoch ?? 0, lifetime, columns, uses };
}
