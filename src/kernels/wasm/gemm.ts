/**
 * The integer matrix products in WebAssembly, panel by panel: operands are brought to int16 rows of whole
 * vectors (most are used where they lie), checked on the way, and multiplied in tasks of a few rows of C.
 */
import {
  checkBounds,
  checkFitsInt32,
  checkGemm,
  type GemmKernels,
  type GemmOperands,
} from '../contract/gemm.ts';
import type { IntMatrix } from '../contract/matrix.ts';
import type { Task } from '../pool/pool.ts';
import type { Engine } from './engine.ts';
import { ranges, roundUp, stagePanel, type Range } from './panels.ts';

/** Largest panels: rows of C, columns of C, terms of the sum. At most 2 + 2 + 1 MiB, and as much to stage. */
const PANEL = { m: 512, n: 512, k: 2048 } as const;
/** Rows of C in a task: 32 rows of A with 2048 terms are 128 KiB, beside 16 KiB of B at a time. */
const TASK_ROWS = 32;
/** Forms of a result in the kernels. */
const FORM = { int32: 0, words: 1, balanced: 2 } as const;
type Form = (typeof FORM)[keyof typeof FORM];

export function wasmGemm(engine: Engine): GemmKernels {
  return {
    gemm: (out, a, b, options) => product(engine, out, checkGemm(out, a, b, options), FORM.words),
    gemmBalanced: (out, a, b, options) => product(engine, out, checkGemm(out, a, b, options), FORM.balanced),
    gemmInt32(out, a, b, options) {
      const operands = checkGemm(out, a, b, options);
      checkFitsInt32(operands);
      product(engine, out, operands, FORM.int32);
    },
  };
}

function product(engine: Engine, out: Uint32Array | Int32Array, operands: GemmOperands, form: Form): void {
  const { m, n, k } = operands;
  if (m === 0 || n === 0 || k === 0) {
    checkBounds(operands);
    out.fill(0);
    return;
  }
  for (const rows of evenRanges(m, PANEL.m, 2)) {
    for (const columns of evenRanges(n, PANEL.n, 4)) {
      engine.arena.scope(() => panel(engine, out, operands, rows, columns, form));
    }
  }
}

/** One panel of C: the sum over panels of k, in place when `out` lies in the arena. */
function panel(
  engine: Engine,
  out: Uint32Array | Int32Array,
  operands: GemmOperands,
  rows: Range,
  columns: Range,
  form: Form,
): void {
  const { arena } = engine;
  const { n, k, options } = operands;
  const inPlace = arena.holds(out);
  const first = rows.first * n + columns.first;
  const width = inPlace ? n : columns.count;
  const target = inPlace ? out.byteOffset + 4 * first : arena.allocate(4 * rows.count * width);
  const terms = evenRanges(k, PANEL.k, 8);
  for (const term of terms) {
    arena.scope(() => {
      const status = arena.u32(1).fill(0);
      const b = options.layoutB === 'nk' ? 'rows' : 'columns';
      const left = packed(engine, operands.a, 'rows', rows, term, options.boundA, status);
      const right = packed(engine, operands.b, b, columns, term, options.boundB, status);
      if (status[0] !== 0) checkBounds(operands); // throws: names the entry
      const last = term.first + term.count === k;
      // Before the last panel of k, C holds canonical words, or int32 sums when those are exact.
      const kept = operands.fitsInt32 ? FORM.int32 : FORM.words;
      engine.pool.run(
        grid(rows.count, columns.count, engine.pool.threads).map(([i, j]): Task => [
          operands.fitsInt32 ? 'gemmWrapping' : 'gemmExact',
          target + 4 * (i.first * width + j.first),
          4 * width,
          left.address + i.first * left.stride,
          left.stride,
          right.address + j.first * right.stride,
          right.stride,
          i.count,
          j.count,
          Math.ceil(term.count / 8),
          flushVectors(options),
          term.first > 0 ? 1 : 0,
          last ? form : kept,
        ]),
      );
    });
  }
  if (inPlace) return;
  const View = out.constructor as new (buffer: ArrayBufferLike, at: number, length: number) => Uint32Array;
  for (let r = 0; r < rows.count; r++) {
    out.set(new View(arena.buffer, target + 4 * r * width, width), first + r * n);
  }
}

/** Vectors whose dot products are summed in int32 before a flush: see the bound in assembly/gemm.ts. */
function flushVectors({ boundA, boundB }: GemmOperands['options']): number {
  const product = Math.max(1, boundA * boundB);
  return Math.min(PANEL.k, Math.max(1, Math.floor((2 ** 31 - 2 ** 16) / (2 * product))));
}

/** Tasks of the panel: TASK_ROWS rows by all columns, smaller while threads would have nothing to do. */
function grid(m: number, n: number, threads: number): [Range, Range][] {
  const wanted = threads === 1 ? 1 : 4 * threads;
  const rows = ranges(m, Math.min(TASK_ROWS, Math.max(2, roundUp(m / wanted, 2))));
  const columns = ranges(n, Math.max(16, roundUp(n / Math.ceil(wanted / rows.length), 4)));
  return rows.flatMap((i) => columns.map((j): [Range, Range] => [i, j]));
}

/** [0, length) in ranges of nearly equal size, at most `most`, all but the last multiples of `step`. */
function evenRanges(length: number, most: number, step: number): Range[] {
  return ranges(length, roundUp(length / Math.ceil(length / most), step));
}

/**
 * The panel lines x terms of a matrix (lines are its rows or its columns) as int16 rows of whole vectors, zero
 * behind the last term: where it lies if it already is that, packed otherwise. Sets `status` on a bad entry.
 */
function packed(
  engine: Engine,
  matrix: Required<IntMatrix>,
  axis: 'rows' | 'columns',
  lines: Range,
  terms: Range,
  bound: number,
  status: Uint32Array,
): { readonly address: number; readonly stride: number } {
  const source =
    axis === 'rows' ? stagePanel(engine, matrix, lines, terms) : stagePanel(engine, matrix, terms, lines);
  const size = matrix.data.BYTES_PER_ELEMENT;
  const bits = size === 1 ? 8 : 16;
  const usable = axis === 'rows' && size === 2 && terms.count % 8 === 0;
  const stride = usable ? source.stride : 2 * roundUp(terms.count, 8);
  const address = usable ? source.address : engine.arena.allocate(lines.count * stride);
  const kernel = usable ? 'gemmCheck' : axis === 'rows' ? 'gemmPack' : 'gemmPackColumns';
  const tasks = ranges(lines.count, PACK_LINES).map(({ first, count }): Task => {
    const from = source.address + first * (axis === 'rows' ? source.stride : size);
    const rest = [from, source.stride, count, terms.count, bound, status.byteOffset] as const;
    return usable ? [`${kernel}${bits}`, ...rest] : [`${kernel}${bits}`, address + first * stride, ...rest];
  });
  engine.pool.run(tasks);
  return { address, stride };
}

/** Lines of a task that packs; a multiple of eight columns. */
const PACK_LINES = 64;
