/** Columns of groups that stay in kernel memory, or are read into one window of it: whatever is asked for in any order is what the source says. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import type { Cells, ColumnSource } from '../../src/pcs/columns.ts';
import type { OpenableGroup } from '../../src/pcs/open-prove.ts';
import { residentGroups } from '../../src/pcs/resident-prove.ts';
import { dice } from '../support/graphs.ts';

const CELLS = 2 ** 12;
const PADS = 8;
const MEGABYTE = 2 ** 20;

let kernels: Kernels;
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1, memoryBytes: 32 * MEGABYTE });
});
afterAll(() => kernels.close());

/** The cell of a group at a place, of sixteen bits. */
const cellOf = (group: number, column: number, row: number): number =>
  ((group * 7919 + column * 104_729 + row * 31) % 65_536) - 32_768;
const padOf = (group: number, column: number, i: number): number => group * 1000 + column * PADS + i;

interface Counted extends OpenableGroup {
  /** Columns that were read, and those whose pads were expanded. */
  readonly read: number[];
  readonly expanded: number[];
}

/** A group as one of a file: it fills what it is given, and has one buffer where it is given nothing. */
function group(index: number, columns: number, fails: () => boolean = () => false): Counted {
  const [read, expanded]: [number[], number[]] = [[], []];
  let own = new Int16Array(0);
  const source: ColumnSource = {
    columns,
    padLength: PADS,
    data(first, count, into) {
      if (into === undefined && own.length < count * CELLS) own = new Int16Array(count * CELLS);
      const cells = (into as Int16Array | undefined) ?? own.subarray(0, count * CELLS);
      for (let c = 0; c < count; c++) {
        read.push(first + c);
        for (let i = 0; i < CELLS; i++) cells[c * CELLS + i] = cellOf(index, first + c, i);
        if (fails()) throw new Error('disk');
      }
      return cells;
    },
    pads(first, count, into = new Uint32Array(count * PADS)) {
      for (let c = 0; c < count; c++) {
        expanded.push(first + c);
        for (let i = 0; i < PADS; i++) into[c * PADS + i] = padOf(index, first + c, i);
      }
      return into;
    },
  };
  const open = (): never => {
    throw new Error('not opened here');
  };
  return { source, rows: undefined as never, open, read, expanded };
}

function expectCells(cells: Cells, index: number, first: number, count: number): void {
  expect(cells.length).toBe(count * CELLS);
  const wrong = cells.findIndex((x, i) => x !== cellOf(index, first + Math.floor(i / CELLS), i % CELLS));
  expect(wrong, `group ${index}, columns ${first} and ${count - 1} behind it`).toBe(-1);
}

/** Reads ranges of all groups in turn; every one is looked at before the next is read. */
function readAll(groups: readonly OpenableGroup[], most: number): void {
  const { int } = dice(groups.length + most);
  for (let round = 0; round < 200; round++) {
    const index = int(0, groups.length - 1);
    const { source } = groups[index]!;
    const first = int(0, source.columns - 1);
    const count = int(1, Math.min(most, source.columns - first));
    kernels.memory.scope(() => {
      kernels.memory.u32(CELLS).fill(int(0, 9)); // what a caller makes meanwhile
      expectCells(source.data(first, count), index, first, count);
      const pads = source.pads(first, count);
      expect([...pads]).toEqual(Array.from({ length: count * PADS }, (_, i) => padOf(index, first, i)));
    });
  }
}

const bytesOf = (groups: readonly OpenableGroup[]): number =>
  groups.reduce((sum, { source }) => sum + source.columns * CELLS * 2, 0);

describe.each<[string, readonly number[], number]>([
  // A quarter of 32 MB is for cells: 1,024 columns of 8 KiB
  ['all stay', [40, 100], 1],
  ['some stay, the others share a window', [900, 700], 1],
  ['none stays', [1500, 1400, 300], 0],
])('%s', (_, columns, stays) => {
  test('cells and pads are those of the source', () => {
    kernels.memory.scope(() => {
      const counted = columns.map((count, i) => group(i, count));
      const groups = residentGroups(kernels, counted, CELLS);
      const { usedBytes } = kernels.memory;
      readAll(groups, 16);
      expect(kernels.memory.usedBytes).toBe(usedBytes); // nothing of it lies in a scope of a reader
      const held = kernels.memory.usedBytes >= bytesOf(groups.slice(0, stays));
      const { read } = counted[0]!;
      const again = read.length - new Set(read).size; // one column is looked at for its type
      expect([stays > 0, again > 1]).toEqual([stays > 0 && held, stays === 0]);
      expect(counted.every(({ expanded }) => new Set(expanded).size === expanded.length)).toBe(true);
      expect(residentGroups(kernels, groups, CELLS)).toEqual(groups); // decided once
    });
  });
});

test('more columns than the window has are read as the source reads them', () => {
  kernels.memory.scope(() => {
    const groups = residentGroups(kernels, [group(0, 1500), group(1, 1500)], CELLS);
    readAll(groups, 40);
  });
});

test('a window is not read twice in a row, and is empty behind a read that failed', () => {
  kernels.memory.scope(() => {
    let failing = false;
    const counted = [group(0, 1500, () => failing), group(1, 1500)];
    const [a, b] = residentGroups(kernels, counted, CELLS) as [OpenableGroup, OpenableGroup];
    const reads = (): number => counted[0]!.read.length;
    expectCells(a.source.data(3, 4), 0, 3, 4);
    const once = reads();
    expectCells(a.source.data(3, 4), 0, 3, 4);
    expect(reads()).toBe(once);
    expectCells(a.source.data(3, 3), 0, 3, 3);
    expectCells(b.source.data(3, 3), 1, 3, 3);
    expectCells(a.source.data(3, 3), 0, 3, 3);
    expect(reads()).toBe(once + 6);
    failing = true;
    expect(() => a.source.data(7, 3)).toThrow('disk');
    failing = false;
    expectCells(a.source.data(3, 3), 0, 3, 3);
  });
});
