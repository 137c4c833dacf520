/**
 * The committed groups of a model's weights on its owner's side: where they lie, and what is in each. One group is a directory; several
 * are directories W0, W1, .. in one.
 */
import { join } from 'node:path';
import { groupLabel, MAX_WEIGHT_GROUPS } from '../answer/key.ts';
import type { Graph } from '../graph/graph.ts';
import { staticCells, tensorsOf, weightGroups } from '../graph/static-tensors.ts';
import type { Kernels } from '../kernels/contract.ts';
import type { WeightDeclaration } from '../ops/operator.ts';
import type { QuantizedModel } from '../quantize/model.ts';
import { putInt16 } from '../relation/cells-prove.ts';
import { layOut, type Layout } from '../relation/layout.ts';
import { openGroup, type Home, type StoredGroup } from '../store/index.ts';
import { weightsInTurn } from '../quantize/weights-in-turn.ts';

/** The weights of a model as they are committed. */
export interface WeightGroups {
  /** In the order of `weightGroups(graph, groupCells)`. */
  readonly groups: readonly StoredGroup[];
  /** As in the model's key. Default: one group holds all. */
  readonly groupCells?: number;
}

/** Directories of groups. @param path of a commitment, @param count of its groups */
export function groupPaths(path: string, count: number): string[] {
  return count === 1 ? [path] : Array.from({ length: count }, (_, g) => join(path, groupLabel(g)));
}

/** Opens all groups of a commitment, or none. @param paths of `groupPaths`. @throws as `openGroup` */
export function openGroups(kernels: Kernels, home: Home, paths: readonly string[]): StoredGroup[] {
  const groups: StoredGroup[] = [];
  try {
    for (const path of paths) groups.push(openGroup(kernels, home, path));
    return groups;
  } catch (error) {
    closeGroups(groups);
    throw error;
  }
}

export function closeGroups(groups: readonly StoredGroup[]): void {
  for (const group of groups) group.close();
}

/** The weights of each group. @throws RangeError for more groups than a key has */
export function plannedGroups(graph: Graph, groupCells = Infinity): (readonly WeightDeclaration[])[] {
  if (!(
    groupCells === Infinity ||
    (Number.isInteger(groupCells) && groupCells >= 1 && groupCells < 2 ** 32)
  )) {
    throw new RangeError(`groupCells: expected an integer in [1, 2^32), got ${groupCells}`);
  }
  const groups = weightGroups(graph, groupCells);
  if (groups.length <= MAX_WEIGHT_GROUPS) return groups;
  const detail = `expected cells for at most ${MAX_WEIGHT_GROUPS} groups, got ${groupCells}: ${groups.length} groups`;
  throw new RangeError(`groupCells: ${detail}`);
}

/** The layout of a group. */
export function groupLayout(own: readonly WeightDeclaration[]): Layout {
  return layOut(tensorsOf(own).map(({ shape }) => shape));
}

/** The weights of a group where its layout puts them. @param size cells of all of its columns */
export function groupCellsOf(
  own: readonly WeightDeclaration[],
  weights: QuantizedModel['weights'],
  size: number,
): Int16Array {
  const cells = new Int16Array(size);
  const layout = groupLayout(own);
  const weightOf = weightsInTurn(weights);
  let index = 0;
  for (const declaration of own) {
    const data = weightOf(declaration.name) as Int16Array | Int32Array | undefined;
    if (data === undefined) throw new RangeError(`weights: expected ${declaration.name}, got none`);
    for (const part of staticCells(declaration, data).values()) {
      putInt16(cells, layout, index++, declaration.shape, part);
    }
  }
  return cells;
}
