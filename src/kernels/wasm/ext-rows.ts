/** K arrays in other orders and sums of lines, in WebAssembly. */
import {
  checkedExtColumnLength,
  checkLines,
  checkWeave,
  type ExtRowKernels,
  type LinePairs,
} from '../contract/ext-rows.ts';
import { BLOCK } from '../contract/layout.ts';
import type { Task } from '../pool/pool.ts';
import { TASK_ITEMS, WINDOW_ITEMS, type Engine } from './engine.ts';
import { LIMBS } from './operands.ts';

/** Words of a block of four elements. */
const BLOCK_WORDS = BLOCK * LIMBS;

/** Blocks of a line that one task adds: of all pairs, so that a line of a few blocks is worth a task. */
const LINE_BLOCKS = 4;

/** @param reference for arrays outside the arena */
export function wasmExtRows(engine: Engine, reference: ExtRowKernels): ExtRowKernels {
  const { arena, pool } = engine;
  const inside = (...arrays: readonly Uint32Array[]): boolean => arrays.every((a) => arena.holds(a));
  return {
    kWeave(out, source, stride, first) {
      if (!inside(out, source)) return reference.kWeave(out, source, stride, first);
      const blocks = checkWeave(out, source, stride, first, LIMBS) / BLOCK;
      pool.run(weaveTasks(out.byteOffset, source.byteOffset, stride, first, blocks));
    },
    kAddLines(out, source, width, pairs, minus = false) {
      if (!inside(out, source)) return reference.kAddLines(out, source, width, pairs, minus);
      checkLines(out, source, width, pairs, LIMBS);
      if (pairs.length === 0) return;
      arena.scope(() => {
        const list = arena.u32(pairs.length);
        list.set(pairs);
        pool.run(lineTasks(out.byteOffset, source.byteOffset, width / BLOCK, list, minus));
      });
    },
    kRows(out, source, columns) {
      const blocks = checkedExtColumnLength(out, source, columns, LIMBS) / BLOCK;
      if (engine.arena.holds(out) && engine.arena.holds(source)) {
        engine.pool.run(tasks(out.byteOffset, source.byteOffset, columns, blocks, blocks));
      } else {
        throughWindows(engine, out, source, columns, blocks);
      }
    },
  };
}

function weaveTasks(out: number, source: number, stride: number, first: number, blocks: number): Task[] {
  const step = Math.max(1, Math.floor(TASK_ITEMS / (BLOCK * BLOCK_WORDS)));
  const list: Task[] = [];
  for (let block = 0; block < blocks; block += step) {
    const to = out + 4 * LIMBS * (BLOCK * block * stride + first);
    const from = source + 4 * BLOCK_WORDS * block;
    const count = Math.min(step, blocks - block);
    list.push(['kWeave', to, 4 * LIMBS * stride, from, 4 * BLOCK_WORDS * blocks, count]);
  }
  return list;
}

/** Tasks add parts of lines: in each, pair after pair. */
function lineTasks(out: number, source: number, blocks: number, pairs: Uint32Array, minus: boolean): Task[] {
  const tasks: Task[] = [];
  const lineBytes = 4 * BLOCK_WORDS * blocks;
  for (let first = 0; first < blocks; first += LINE_BLOCKS) {
    const [to, from] = [out, source].map((address) => address + 4 * BLOCK_WORDS * first) as [number, number];
    const vectors = LIMBS * Math.min(LINE_BLOCKS, blocks - first);
    tasks.push([
      'kAddLines',
      to,
      from,
      lineBytes,
      pairs.byteOffset,
      pairs.length / 2,
      vectors,
      minus ? 1 : 0,
    ]);
  }
  return tasks;
}

/** Moves `count` blocks of every column; columns lie `length` blocks apart. */
function tasks(out: number, source: number, columns: number, count: number, length: number): Task[] {
  const step = Math.max(1, Math.floor(TASK_ITEMS / (columns * BLOCK_WORDS)));
  const list: Task[] = [];
  for (let first = 0; first < count; first += step) {
    const to = out + 4 * first * columns * BLOCK_WORDS;
    const from = source + 4 * first * BLOCK_WORDS;
    list.push(['kRows', to, from, 4 * length * BLOCK_WORDS, columns, Math.min(step, count - first)]);
  }
  return list;
}

function throughWindows(
  engine: Engine,
  out: Uint32Array,
  source: Uint32Array,
  columns: number,
  blocks: number,
): void {
  const { arena, pool } = engine;
  const rowWords = columns * BLOCK_WORDS;
  const window = Math.min(blocks, Math.max(1, Math.floor(WINDOW_ITEMS / rowWords)));
  arena.scope(() => {
    const to = arena.u32(window * rowWords);
    const from = arena.u32(window * rowWords);
    for (let first = 0; first < blocks; first += window) {
      const count = Math.min(window, blocks - first);
      for (let c = 0; c < columns; c++) {
        const at = (c * blocks + first) * BLOCK_WORDS;
        from.set(source.subarray(at, at + count * BLOCK_WORDS), c * count * BLOCK_WORDS);
      }
      pool.run(tasks(to.byteOffset, from.byteOffset, columns, count, count));
      out.set(to.subarray(0, count * rowWords), first * rowWords);
    }
  });
}
