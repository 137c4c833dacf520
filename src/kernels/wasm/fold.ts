/**
 * The folds in WebAssembly. A matrix is folded panel by panel; a panel is cut into tasks that cover a few
 * outputs and a part of the sum each; every task writes its own partial result, and the partial results are
 * added in a second batch.
 */
import type { ExtensionField } from '../../field/field.ts';
import { checkFold, type FoldKernels, type FoldOptions } from '../contract/fold.ts';
import { BLOCK, extWords } from '../contract/layout.ts';
import type { IntMatrix } from '../contract/matrix.ts';
import type { Task } from '../pool/pool.ts';
import { stage, TASK_ITEMS, type Engine } from './engine.ts';
import { ranges, roundUp, stagePanel, type Range } from './panels.ts';

type Axis = 'rows' | 'columns';

/** Largest panel, in entries a side; multiples of every tile. Bounds digits, partial results and flush counts. */
const PANEL_SIDE = 1 << 13;
/** Entries of a panel that must be copied into the arena first. */
const WINDOW_ENTRIES = 1 << 22;
/** Outputs of one task: their sums (320 bytes for 4 columns or 1 row) fit a level-1 cache. */
const TASK_OUTPUTS = { rows: 256, columns: 32 } as const;
/** Terms below which a sum is not split among threads. */
const MIN_TASK_TERMS = 256;
/** Vectors of eight digits in a tile: 16 rows or 64 columns. */
const TILE_VECTORS = { rows: 2, columns: 8 } as const;

export function wasmFold(engine: Engine, ext: ExtensionField): FoldKernels {
  const fold = (axis: Axis, out: Uint32Array, w: IntMatrix, e: Uint32Array, options: FoldOptions): void => {
    const matrix = checkFold(axis, out, w, e, ext.degree);
    const { rows, columns } = matrix;
    const accumulate = options.accumulate === true;
    if (rows === 0 || columns === 0) {
      if (!accumulate) out.fill(0);
      return;
    }
    const width = Math.min(columns, PANEL_SIDE);
    const inPlace = engine.arena.holds(matrix.data);
    const height = inPlace ? PANEL_SIDE : Math.min(PANEL_SIDE, roundUp(WINDOW_ENTRIES / width, TERM_STEP));
    const [columnRanges, rowRanges] = [ranges(columns, width), ranges(rows, height)];
    const [outputs, sums] = axis === 'rows' ? [columnRanges, rowRanges] : [rowRanges, columnRanges];
    for (const output of outputs) {
      for (const sum of sums) {
        const keep = accumulate || sum.first > 0;
        engine.arena.scope(() => foldPanel(engine, ext.degree, { axis, out, matrix, e, output, sum, keep }));
      }
    }
  };
  return {
    foldRows: (out, w, e, options = {}) => fold('rows', out, w, e, options),
    foldColumns: (out, w, e, options = {}) => fold('columns', out, w, e, options),
  };
}

/** Terms come in whole tiles of either axis. */
const TERM_STEP = 64;

interface Panel {
  readonly axis: Axis;
  readonly out: Uint32Array;
  readonly matrix: Required<IntMatrix>;
  readonly e: Uint32Array;
  /** Outputs and terms of the sum that the panel covers. */
  readonly output: Range;
  readonly sum: Range;
  /** Add to what `out` holds. */
  readonly keep: boolean;
}

function foldPanel(engine: Engine, degree: number, panel: Panel): void {
  const { arena, pool } = engine;
  const { axis, out, matrix, output, sum, keep } = panel;
  const [rows, columns] = axis === 'rows' ? [sum, output] : [output, sum];
  const w = stagePanel(engine, matrix, rows, columns);
  const piece = out.subarray(output.first * degree, output.first * degree + extWords(output.count, degree));
  const outAddress = stage(engine, piece);

  const outputTasks = ranges(output.count, TASK_OUTPUTS[axis]);
  const terms = ranges(sum.count, termsPerTask(outputTasks.length, sum.count, pool.threads));
  const partialBytes = 4 * piece.length;
  const addsUp = keep || terms.length > 1;
  const partial = addsUp ? arena.allocate(terms.length * partialBytes) : outAddress;
  const status = arena.u32(outputTasks.length * terms.length).fill(0);
  const size = matrix.data.BYTES_PER_ELEMENT;
  const blockBytes = 4 * degree; // of one element, times BLOCK of a block; ranges start at whole blocks
  const taskList = (kernel: string, digits: number, parts: number): Task[] =>
    terms.flatMap((term, i) =>
      outputTasks.map((o, k): Task => {
        const [row, column] = axis === 'rows' ? [term, o] : [o, term];
        return [
          kernel,
          partial + i * partialBytes + o.first * blockBytes,
          w.address + row.first * w.stride + column.first * size,
          w.stride,
          row.count,
          column.count,
          digits + term.first * 2 * degree * parts,
          status.byteOffset + 4 * (i * outputTasks.length + k),
        ];
      }),
    );
  const name = axis === 'rows' ? 'foldRows' : 'foldColumns';
  pool.run(taskList(`${name}${size === 1 ? 8 : 14}`, stageDigits(engine, degree, panel, 2), 2));
  if (status.some((wide) => wide !== 0)) {
    const all = taskList(`${name}16`, stageDigits(engine, degree, panel, 3), 3);
    pool.run(all.filter((_, i) => status[i] !== 0));
  }
  if (addsUp) addPartials(engine, outAddress, partial, terms.length, piece.length, keep);
  if (!arena.holds(out)) piece.set(new Uint32Array(arena.buffer, outAddress, piece.length));
}

/** Splits the sum only as far as threads would otherwise have nothing to do. */
function termsPerTask(outputTasks: number, count: number, threads: number): number {
  const parts = threads === 1 ? 1 : Math.ceil((4 * threads) / outputTasks);
  return roundUp(Math.max(count / parts, MIN_TASK_TERMS), TERM_STEP);
}

/** The address of the digits of the panel's part of e, in tiles, zero-padded to whole tiles. */
function stageDigits(engine: Engine, degree: number, panel: Panel, parts: 2 | 3): number {
  const { e, sum, axis } = panel;
  const source = stage(
    engine,
    e.subarray(sum.first * degree, sum.first * degree + extWords(sum.count, degree)),
  );
  const tile = TILE_VECTORS[axis];
  const vectors = roundUp(Math.ceil(sum.count / 8), tile);
  const itemBytes = 2 * degree * parts;
  const digits = engine.arena.allocate(8 * vectors * itemBytes);
  engine.pool.run(
    ranges(vectors, DIGIT_TASK_VECTORS).map(({ first, count }): Task => {
      const item = 8 * first;
      const address = source + 4 * degree * item;
      return ['foldDigits', digits + item * itemBytes, address, sum.count - item, count, tile, parts];
    }),
  );
  return digits;
}

/** Vectors of eight elements in a task that makes digits; a multiple of every tile. */
const DIGIT_TASK_VECTORS = 256;

function addPartials(
  engine: Engine,
  out: number,
  partial: number,
  count: number,
  words: number,
  keep: boolean,
): void {
  const tasks = ranges(words, TASK_ITEMS).map(({ first, count: n }): Task => [
    'foldSum',
    out + 4 * first,
    partial + 4 * first,
    4 * words,
    count,
    n,
    keep ? 1 : 0,
  ]);
  engine.pool.run(tasks);
}
