/** Rows of limbs in WebAssembly. */
import { checkedExtColumnLength, type ExtRowKernels } from '../contract/ext-rows.ts';
import { BLOCK } from '../contract/layout.ts';
import type { Task } from '../pool/pool.ts';
import { TASK_ITEMS, WINDOW_ITEMS, type Engine } from './engine.ts';
import { LIMBS } from './operands.ts';

/** Words of a block of four elements. */
const BLOCK_WORDS = BLOCK * LIMBS;

export function wasmExtRows(engine: Engine): ExtRowKernels {
  return {
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
