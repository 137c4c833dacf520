/** The weighted sums in WebAssembly. */
import type { Ext, Fe } from '../../field/field.ts';
import { checkLength } from '../contract/checks.ts';
import { BLOCK, extWords, readExt } from '../contract/layout.ts';
import type { WeightedSumKernels } from '../contract/weighted-sums.ts';
import { checkMatrix, checkWeightWords } from '../reference/weighted-sums.ts';
import type { Task } from '../pool/pool.ts';
import { stage, TASK_ITEMS, WINDOW_ITEMS, type Engine } from './engine.ts';
import { type Context, fIn, kIn, LIMBS, partialSums } from './operands.ts';

/** Columns of a panel: the part of a matrix whose sums are held at once (80 bytes for each block of four). */
const PANEL_COLUMNS = 1 << 15;
/** Columns and rows of a task of weightedRows; a task adds one partial result of its columns. */
const TASK_COLUMNS = 512;
const TASK_ROWS = 256;
/** Partial results that are held at once. */
const BATCH = 16;

/** A part of a matrix in kernel memory. */
interface Tile {
  readonly address: number;
  /** Bytes from row to row. */
  readonly stride: number;
}

export function wasmWeightedSums(cx: Context): WeightedSumKernels {
  const { engine, K, inverseRadix } = cx;
  return {
    weightedSum(w, a) {
      checkWeightWords(w, a.length, LIMBS);
      const blocks = Math.floor(a.length / BLOCK);
      const bulk = BLOCK * blocks;
      const operands = [kIn(w.subarray(0, LIMBS * bulk)), fIn(a.subarray(0, bulk))];
      const [sum] = partialSums(cx, blocks, 1, operands, (slot, at, n) => [
        'kWeightedSum',
        slot,
        ...at,
        BLOCK * n,
      ]);
      let total = sum as Ext;
      for (let i = bulk; i < a.length; i++) {
        const word = K.base.mul(a[i] as Fe, inverseRadix);
        total = K.add(total, K.mulBase(readExt(w, i, LIMBS), word));
      }
      return total;
    },
    weightedRows(out, matrix, columns, w) {
      const rows = checkMatrix(matrix, columns);
      checkLength('w', w, extWords(rows, LIMBS));
      checkLength('out', out, extWords(columns, LIMBS));
      for (let c = 0; c < columns; c += PANEL_COLUMNS) {
        const width = Math.min(PANEL_COLUMNS, columns - c);
        weightedRowsPanel(
          engine,
          out.subarray(LIMBS * c, LIMBS * c + extWords(width, LIMBS)),
          matrix,
          columns,
          w,
          c,
          width,
        );
      }
    },
    weightedColumns(out, matrix, columns, w) {
      const rows = checkMatrix(matrix, columns);
      checkLength('w', w, extWords(columns, LIMBS));
      checkLength('out', out, extWords(rows, LIMBS));
      weightedColumns(engine, out, matrix, columns, w, rows);
    },
  };
}

/** Rows that are handled at once: whole blocks of weights; of a matrix outside the memory, one window. */
function rowsAtOnce(engine: Engine, matrix: Uint32Array, width: number, most: number): number {
  const fit = engine.arena.holds(matrix) ? most : Math.min(most, Math.floor(WINDOW_ITEMS / width));
  return Math.max(BLOCK, fit - (fit % BLOCK));
}

/** Rows [r, r + height), columns [c, c + width): in place, or copied. Call within a scope. */
function tile(
  engine: Engine,
  matrix: Uint32Array,
  columns: number,
  [r, height]: readonly [number, number],
  [c, width]: readonly [number, number],
): Tile {
  const { arena } = engine;
  if (arena.holds(matrix)) {
    return { address: matrix.byteOffset + 4 * (r * columns + c), stride: 4 * columns };
  }
  const copy = arena.u32(height * width);
  if (width === columns) copy.set(matrix.subarray(r * columns, (r + height) * columns));
  else {
    for (let k = 0; k < height; k++) {
      const from = (r + k) * columns + c;
      copy.set(matrix.subarray(from, from + width), k * width);
    }
  }
  return { address: copy.byteOffset, stride: 4 * width };
}

/** The columns [c, c + width) of weightedRows: partial results of row ranges, added up in kernel memory. */
function weightedRowsPanel(
  engine: Engine,
  out: Uint32Array,
  matrix: Uint32Array,
  columns: number,
  w: Uint32Array,
  c: number,
  width: number,
): void {
  const { arena, pool } = engine;
  const rows = matrix.length / columns;
  const words = extWords(width, LIMBS);
  arena.scope(() => {
    const total = arena.u32(words).fill(0);
    const step = rowsAtOnce(engine, matrix, width, BATCH * TASK_ROWS);
    for (let r = 0; r < rows; r += step) {
      const height = Math.min(step, rows - r);
      arena.scope(() => {
        const part = tile(engine, matrix, columns, [r, height], [c, width]);
        const weights = stage(engine, w.subarray(LIMBS * r, LIMBS * r + extWords(height, LIMBS)));
        const count = Math.ceil(height / TASK_ROWS);
        const partial = arena.u32(words * count);
        const tasks: Task[] = [];
        for (let k = 0; k < count; k++) {
          for (let x = 0; x < width; x += TASK_COLUMNS) {
            tasks.push([
              'kFoldRows',
              partial.byteOffset + 4 * (words * k + LIMBS * x),
              part.address + part.stride * TASK_ROWS * k + 4 * x,
              part.stride,
              weights + 4 * LIMBS * TASK_ROWS * k,
              Math.min(TASK_ROWS, height - TASK_ROWS * k),
              Math.min(TASK_COLUMNS, width - x),
            ]);
          }
        }
        pool.run(tasks);
        addPartials(engine, total, partial, count);
      });
    }
    out.set(total);
  });
}

/** total += the sum of `count` partial results, each as long as total. */
function addPartials(engine: Engine, total: Uint32Array, partial: Uint32Array, count: number): void {
  const tasks: Task[] = [];
  for (let i = 0; i < total.length; i += TASK_ITEMS) {
    const n = Math.min(TASK_ITEMS, total.length - i);
    tasks.push([
      'fAddMany',
      total.byteOffset + 4 * i,
      partial.byteOffset + 4 * i,
      4 * total.length,
      n,
      count,
    ]);
  }
  engine.pool.run(tasks);
}

function weightedColumns(
  engine: Engine,
  out: Uint32Array,
  matrix: Uint32Array,
  columns: number,
  w: Uint32Array,
  rows: number,
): void {
  const { arena, pool } = engine;
  const width = Math.min(columns, PANEL_COLUMNS);
  const step = rowsAtOnce(engine, matrix, width, 1 << 16);
  for (let r = 0; r < rows; r += step) {
    const height = Math.min(step, rows - r);
    arena.scope(() => {
      const words = extWords(height, LIMBS);
      const total = arena.u32(words).fill(0);
      const partial = arena.u32(words).fill(0);
      for (let c = 0; c < columns; c += width) {
        const part = Math.min(width, columns - c);
        arena.scope(() => {
          const source = tile(engine, matrix, columns, [r, height], [c, part]);
          const weights = stage(engine, w.subarray(LIMBS * c, LIMBS * c + extWords(part, LIMBS)));
          pool.run(foldColumnTasks(partial.byteOffset, source, weights, height, part));
          addPartials(engine, total, partial, 1);
        });
      }
      out.set(total, LIMBS * r);
    });
  }
}

/** Tasks of about TASK_ITEMS words, of whole blocks of rows. */
function foldColumnTasks(out: number, source: Tile, weights: number, rows: number, columns: number): Task[] {
  const each = Math.max(1, Math.floor(TASK_ITEMS / columns / BLOCK)) * BLOCK;
  return Array.from({ length: Math.ceil(rows / each) }, (_, k) => [
    'kFoldColumns',
    out + 4 * LIMBS * each * k,
    source.address + source.stride * each * k,
    source.stride,
    weights,
    Math.min(each, rows - each * k),
    columns,
  ]);
}
