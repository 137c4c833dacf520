/** The weights that are committed: seeded integers of 14 bits, in memory or in a file. Their values change no time. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CellReader } from '../../src/pcs/group-prove.ts';

export interface Weights {
  readonly count: number;
  /** Columns of 2^logData cells, zeros behind the last weight. */
  reader(logData: number): CellReader;
  close(): void;
}

function fillSeeded(cells: Int16Array): void {
  let state = 1;
  for (let i = 0; i < cells.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    cells[i] = (state >>> 18) - 8191;
  }
}

/** Zeros behind the weights: whatever a column's length, the last one ends within them. */
const LONGEST_COLUMN = 2 ** 22;

export function weightsInMemory(count: number): Weights {
  const cells = new Int16Array(count + LONGEST_COLUMN);
  fillSeeded(cells.subarray(0, count));
  return {
    count,
    reader: (logData) => (first, columns) => {
      const n = 2 ** logData;
      return cells.subarray(first * n, (first + columns) * n);
    },
    close: () => undefined,
  };
}

/** The same weights from a file: every pass reads it again, into one buffer. */
export function weightsInFile(count: number): Weights {
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-bench-'));
  const path = join(folder, 'weights');
  const seeded = new Int16Array(count);
  fillSeeded(seeded);
  writeFileSync(path, new Uint8Array(seeded.buffer));
  const file = openSync(path, 'r');
  return {
    count,
    reader(logData) {
      let buffer = new Int16Array(0);
      return (first, columns) => {
        const length = columns * 2 ** logData;
        if (buffer.length < length) buffer = new Int16Array(length);
        const cells = buffer.subarray(0, length);
        const bytes = new Uint8Array(cells.buffer, cells.byteOffset, cells.byteLength);
        const read = readSync(file, bytes, 0, bytes.length, 2 * first * 2 ** logData);
        bytes.fill(0, read);
        return cells;
      };
    },
    close() {
      closeSync(file);
      rmSync(folder, { recursive: true });
    },
  };
}
