/** The slopes of an activation by its keys, as a table of lookups. */
import { activationForm, type ActivationNode } from '../../../ops/activation/shape.ts';
import { denseColumn, keys, sharedTable } from '../../../ops/lower-tables.ts';
import type { Table } from '../../../relation/program.ts';
import { slopeEntries } from '../../../tables/slope.ts';

const known = new Map<string, Int32Array>();

/** Slopes of all keys, from the least on, computed once. */
export function slopesOf(node: ActivationNode): Int32Array {
  const slopes = known.get(node.table) ?? slopeEntries(activationForm(node));
  known.set(node.table, slopes);
  return slopes;
}

/** Rows (x + 2^(N-1), slope). */
export function slopeTable(node: ActivationNode): Table {
  return sharedTable(`slope-${node.table}`, () => {
    const slopes = slopesOf(node);
    return { rows: slopes.length, columns: [keys(), denseColumn(slopes)] };
  });
}
