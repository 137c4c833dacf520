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

function seededCells(count: number): Int16Array {
  const cells = new Int16Array(count);
  let state = 1;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    cells[i] = (state >>> 18) - 8191;
  }
  return cells;
}

export function weightsInMemory(count: number): Weights {
  const cells = seededCells(count);
  return {
    count,
    reader: (logData) => (first, columns) => {
      const n = 2 ** logData;
      const piece = cells.subarray(first * n, (first + columns) * n);
      if (piece.length === columns * n) return piece;
      const padded = new Int16Array(columns * n);
      padded.set(piece);
      return padded;
    },
    close: () => undefined,
  };
}

/** The same weights from a file: every pass reads it again, into one buffer. */
export function weightsInFile(count: number): Weights {
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-bench-'));
  const path = join(folder, 'weights');
  writeFileSync(path, new Uint8Array(seededCells(count).buffer));
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
