/**
 * A long-lived group on its owner's side: integer cells, pads expanded from the group's key, the tree. What lies where (files,
 * memory) is the business of the column source.
 */
import type { Kernels } from '../kernels/contract.ts';
import { groupPadLength } from '../params/instance.ts';
import { columnCode, type Parameters } from '../params/parameters.ts';
import type { MaskSource } from '../random/masks.ts';
import type { Cells, ColumnSource } from './columns.ts';
import { openColumns } from './rows-prove.ts';
import { commitColumns, type CommittedColumns, type Keep, type TreeSalts } from './commit.ts';
import { drawAgain, drawSalts, drawUniform, GROUP_PADS } from './masks-prove.ts';
import type { OpenableGroup } from './open-prove.ts';
import { groupTree, type GroupIdentity } from './opening.ts';

/** The whole tree, no codeword: openings recompute q0 rows. */
const KEEP_TREE: Keep = { absentLayers: 0, codeword: false };

/** Reads the cells of columns [first, first + count): [count][2^m]. @param into as `ColumnSource.data` */
export type CellReader = (first: number, count: number, into?: Cells) => Cells;

/** A group that its owner can open. */
export interface OwnedGroup extends OpenableGroup {
  readonly identity: GroupIdentity;
  /** 32 * 2^logCap bytes: with the identity, what the world knows of the group. */
  readonly cap: Uint8Array;
}

/**
 * Commits a group.
 *
 * @param source of the group's key, fresh: pads and salts are drawn from it
 * @param read the cells, column-major
 * @param logCap upper layer of the tree that the key publishes
 * @param keep default: the tree, not the codeword. A `scoped` one is the caller's, who calls within a secret scope then
 */
export function commitGroup(
  kernels: Kernels,
  source: MaskSource,
  parameters: Parameters,
  identity: GroupIdentity,
  read: CellReader,
  logCap: number,
  keep: Keep = KEEP_TREE,
  progress?: (done: number) => void,
): OwnedGroup {
  const columns = groupColumns(kernels, source, parameters, identity, read);
  const salts = drawSalts(source, 0, columnCode(parameters.code).length);
  const tree = groupTree(parameters, { ...identity, cap: new Uint8Array(32 * 2 ** logCap) });
  const commit = (): CommittedColumns =>
    commitColumns(kernels, parameters.code, tree, columns, salts, keep, progress);
  const rows = keep.scoped === true ? commit() : kernels.memory.secretScope(commit);
  return ownedGroup(kernels, parameters, identity, columns, rows, salts);
}

/** The parts of an owned group that is already committed, e.g. when it is loaded again. */
export function ownedGroup(
  kernels: Kernels,
  parameters: Parameters,
  identity: GroupIdentity,
  columns: ColumnSource,
  rows: CommittedColumns,
  salts: TreeSalts,
): OwnedGroup {
  return {
    identity,
    cap: rows.cap,
    source: columns,
    rows,
    open: (positions, source = columns) =>
      openColumns(kernels, parameters.code, rows, source, salts, positions),
  };
}

/** Cells from a reader, pads from the key's streams, one stream a column, drawn at first use and expanded again later. */
export function groupColumns(
  kernels: Kernels,
  source: MaskSource,
  parameters: Parameters,
  identity: GroupIdentity,
  read: CellReader,
): ColumnSource {
  const { label: name, lifetime, columns, uses } = identity;
  const padLength = groupPadLength({ name, lifetime, columns, uses }, parameters.code);
  const drawn = new Uint8Array(columns);
  return {
    columns,
    padLength,
    data: read,
    pads(first, count, into) {
      const words = into ?? new Uint32Array(count * padLength);
      for (let c = 0; c < count; c++) {
        const out = words.subarray(c * padLength, (c + 1) * padLength);
        const draw = drawn[first + c] === 1 ? drawAgain : drawUniform;
        draw(kernels, source, out, GROUP_PADS, first + c);
        drawn[first + c] = 1;
      }
      return words;
    },
  };
}
