/** Matrix operands: whatever lies outside the arena is brought into it piece by piece. */
import type { IntMatrix } from '../contract/matrix.ts';
import { viewLike, type Engine } from './engine.ts';

export interface Range {
  readonly first: number;
  readonly count: number;
}

/** [0, length) in consecutive ranges of at most `step`. */
export function ranges(length: number, step: number): Range[] {
  return Array.from({ length: Math.ceil(length / step) }, (_, i) => ({
    first: i * step,
    count: Math.min(step, length - i * step),
  }));
}

/** The least multiple of `step` that is at least x. */
export function roundUp(x: number, step: number): number {
  return Math.ceil(x / step) * step;
}

export interface StagedPanel {
  /** Address of the first entry, and bytes from one row to the next. */
  readonly address: number;
  readonly stride: number;
}

/** A panel of a matrix in the arena: in place, or copied densely into the current scope. */
export function stagePanel(
  engine: Engine,
  matrix: Required<IntMatrix>,
  rows: Range,
  columns: Range,
): StagedPanel {
  const { data, stride, offset } = matrix;
  const size = data.BYTES_PER_ELEMENT;
  const item = (row: number): number => offset + row * stride + columns.first;
  if (engine.arena.holds(data)) {
    return { address: data.byteOffset + size * item(rows.first), stride: size * stride };
  }
  const length = rows.count * columns.count;
  const address = engine.arena.allocate(size * length);
  const window = viewLike(data, engine.arena.buffer, address, length);
  if (stride === columns.count) {
    window.set(data.subarray(item(rows.first), item(rows.first) + length));
  } else {
    for (let r = 0; r < rows.count; r++) {
      const from = item(rows.first + r);
      window.set(data.subarray(from, from + columns.count), r * columns.count);
    }
  }
  return { address, stride: size * columns.count };
}
