/**
 * What claims of a program mean, from the text of the specification alone: where cells lie, what forms come to at a point. Shares no
 * code with layouts, views, weights and products.
 */
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';

/** [start, end) of a dimension, the binary expansion largest first. */
type Interval = readonly [start: number, end: number];

export function expansion(size: number): Interval[] {
  const parts: Interval[] = [];
  for (let rest = size, start = 0; rest > 0;) {
    const largest = 2 ** Math.floor(Math.log2(rest));
    parts.push([start, start + largest]);
    start += largest;
    rest -= largest;
  }
  return parts;
}

/** Blocks of a shape; each a list of coordinates of its cells, row-major. */
export function blockCells(shape: readonly number[]): number[][][] {
  let blocks: Interval[][] = [[]];
  for (const size of shape) blocks = blocks.flatMap((some) => expansion(size).map((part) => [...some, part]));
  return blocks.map((intervals) => {
    let cells: number[][] = [[]];
    for (const [start, end] of intervals) {
      cells = cells.flatMap((some) => Array.from({ length: end - start }, (_, i) => [...some, start + i]));
    }
    return cells;
  });
}

export function rowMajor(shape: readonly number[], at: readonly number[]): number {
  return at.reduce((cell, x, d) => cell * (shape[d] as number) + x, 0);
}

/** Columns of 2^m cells, one behind the other: tensors in their blocks, largest first; `filler` behind the last block. */
export function placedCells(
  tensors: readonly { readonly shape: readonly number[]; readonly cells: readonly Fe[] }[],
  logData: number,
  filler: () => Fe,
): Fe[] {
  const blocks = tensors.flatMap(({ shape, cells }) =>
    blockCells(shape).map((block) => block.map((at) => cells[rowMajor(shape, at)] as Fe)),
  );
  const placed = blocks.sort((a, b) => b.length - a.length).flat();
  while (placed.length % 2 ** logData !== 0) placed.push(filler());
  return placed;
}

/** The extension of 2^n values at a point, low variable first. */
export function extensionAt(field: ExtensionField, values: readonly Ext[], point: readonly Ext[]): Ext {
  let table = [...values];
  for (const z of point) {
    const next: Ext[] = [];
    for (let i = 0; i < table.length; i += 2) {
      const [at0, at1] = [table[i] as Ext, table[i + 1] as Ext];
      next.push(field.add(at0, field.mul(z, field.sub(at1, at0))));
    }
    table = next;
  }
  return table[0] as Ext;
}

/** The extension at the first coordinates of a point of a form that is zero beyond its indices, whole dimensions. */
export function zeroExtendedAt(
  field: ExtensionField,
  sizes: readonly number[],
  values: readonly Fe[],
  point: readonly Ext[],
): Ext {
  const padded = sizes.map((size) => 2 ** Math.ceil(Math.log2(size)));
  const all = padded.reduce((a, b) => a * b, 1);
  const table = Array.from({ length: all }, (): Ext => field.zero);
  values.forEach((value, i) => {
    const at: number[] = [];
    let rest = i;
    for (const size of [...sizes].reverse()) {
      at.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    table[rowMajor(padded, at)] = field.fromBase(value);
  });
  return extensionAt(field, table, point.slice(0, Math.log2(all)));
}
