/**
 * The folds in WebAssembly. A matrix is folded panel by panel; a panel is cut into tasks that cover a few
 * outputs and a part of the sum each; every task writes its own partial result, and the partial results are
 * added in a second batch.
 */
import type { ExtensionField } from '../../field/field.ts';
import { checkFold, type FoldKernels, type FoldOptions } from '../contract/fold.ts';
import { extWords } from '../contract/layout.ts';
import type { IntMatrix } from '../contract/matrix.ts';
import type { Task } from '../pool/pool.ts';
import { stage, TASK_ITEMS, type Engine } from './engine.ts';
import { ranges, roundUp, stagePanel, type Range, type StagedPanel } from './panels.ts';

type Axis = 'rows' | 'columns';

/** Largest panel, in entries a side; multiples of every tile. Bounds digits, partial results and flush counts. */
const PANEL_SIDE = 1 << 13;
/** Entries of a panel that must be copied into the arena first. */
const WINDOW_ENTRIES = 1 << 22;
/**
 * Outputs of one task: sums of columns (320 bytes for 4) fit a level-1 cache; those of rows (320 bytes for 1) are passed once
 * for each 512 terms, and short rows would make tasks that cost as much to hand out.
 */
const TASK_OUTPUTS = { rows: 256, columns: 128 } as const;
/** Terms below which a sum is not split among threads. */
const MIN_TASK_TERMS = 256;
/** Vectors of eight digits in a tile: 16 rows or 64 columns. */
const TILE_VECTORS = { rows: 2, columns: 8 } as const;
/** Parts of a sum begin at whole tiles of either axis. */
const TERM_STEP = 64;
/** Vectors of eight elements in a task that makes digits; a multiple of every tile. */
const DIGIT_TASK_VECTORS = 256;

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

/** A task's share of a panel: its outputs, its part of the sum, and the address of its partial result. */
interface Cell {
  readonly output: Range;
  readonly term: Range;
  readonly partial: number;
}

function foldPanel(engine: Engine, degree: number, panel: Panel): void {
  const { arena, pool } = engine;
  const { axis, out, matrix, output, sum, keep } = panel;
  const [rows, columns] = axis === 'rows' ? [sum, output] : [output, sum];
  const w = stagePanel(engine, matrix, rows, columns);
  const piece = out.subarray(output.first * degree, output.first * degree + extWords(output.count, degree));
  const outAddress = stage(engine, piece);

  const outputs = ranges(output.count, TASK_OUTPUTS[axis]);
  const terms = ranges(sum.count, termsPerTask(outputs.length, sum.count, pool.threads));
  const addsUp = keep || terms.length > 1;
  const partial = addsUp ? arena.allocate(terms.length * piece.byteLength) : outAddress;
  const cells = terms.flatMap((term, i) =>
    outputs.map((o): Cell => {
      // Ranges of outputs begin at whole blocks: element i of an extension array at word i * degree.
      return { output: o, term, partial: partial + i * piece.byteLength + 4 * degree * o.first };
    }),
  );
  foldCells(engine, degree, panel, w, cells);
  if (addsUp) addPartials(engine, outAddress, partial, terms.length, piece.length, keep);
  if (!arena.holds(out)) piece.set(new Uint32Array(arena.buffer, outAddress, piece.length));
}

/** Partial results of all cells: the fast kernel first; cells in which it met a wide entry once more. */
function foldCells(
  engine: Engine,
  degree: number,
  panel: Panel,
  w: StagedPanel,
  cells: readonly Cell[],
): void {
  const { axis, matrix } = panel;
  const size = matrix.data.BYTES_PER_ELEMENT;
  const status = engine.arena.u32(cells.length).fill(0);
  const tasks = (entryBits: 8 | 14 | 16, parts: 2 | 3): Task[] => {
    const kernel = `${axis === 'rows' ? 'foldRows' : 'foldColumns'}${entryBits}`;
    const digits = stageDigits(engine, degree, panel, parts);
    return cells.map(({ output, term, partial }, i) => {
      const [row, column] = axis === 'rows' ? [term, output] : [output, term];
      const address = w.address + row.first * w.stride + column.first * size;
      const digit = digits + term.first * 2 * degree * parts;
      return [kernel, partial, address, w.stride, row.count, column.count, digit, status.byteOffset + 4 * i];
    });
  };
  engine.pool.run(size === 1 ? tasks(8, 2) : tasks(14, 2));
  if (status.some((wide) => wide !== 0)) engine.pool.run(tasks(16, 3).filter((_, i) => status[i] !== 0));
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
