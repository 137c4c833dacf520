/** Columns to rows, in tasks of rows; what lies outside the arena moves through windows of rows. */
import { checkedInterleave } from '../contract/ntt-checks.ts';
import type { Message } from '../contract/ntt.ts';
import type { Task } from '../pool/pool.ts';
import { TASK_ITEMS, viewLike, WINDOW_ITEMS, type Engine } from './engine.ts';

/** Rows of a task are a multiple of the kernel's bands. */
const BAND = 32;

/** See the contract. */
export function interleave(engine: Engine, out: Message, a: Message, columns: number): void {
  const rows = checkedInterleave(out, a, columns);
  const { arena, pool } = engine;
  if (rows === 0) return;
  const size = a.BYTES_PER_ELEMENT;
  if (arena.holds(out) && arena.holds(a)) {
    return pool.run(tasks(out.byteOffset, a.byteOffset, rows, columns, rows, size));
  }
  const window = Math.min(rows, Math.max(BAND, Math.floor(WINDOW_ITEMS / columns)));
  arena.scope(() => {
    const to = arena.holds(out) ? undefined : arena.allocate(window * columns * size);
    const from = arena.holds(a) ? undefined : arena.allocate(window * columns * size);
    for (let first = 0; first < rows; first += window) {
      const count = Math.min(window, rows - first);
      if (from !== undefined) {
        const source = viewLike(a, arena.buffer, from, count * columns);
        for (let c = 0; c < columns; c++) {
          source.set(a.subarray(c * rows + first, c * rows + first + count), c * count);
        }
      }
      const [address, stride] = from === undefined ? [a.byteOffset + first * size, rows] : [from, count];
      pool.run(tasks(to ?? out.byteOffset + first * columns * size, address, count, columns, stride, size));
      if (to !== undefined) out.set(viewLike(out, arena.buffer, to, count * columns), first * columns);
    }
  });
}

function tasks(out: number, a: number, rows: number, columns: number, stride: number, bytes: number): Task[] {
  const band = Math.max(1, Math.floor(TASK_ITEMS / (BAND * columns))) * BAND;
  const list: Task[] = [];
  for (let first = 0; first < rows; first += band) {
    const to = out + first * columns * bytes;
    const count = Math.min(band, rows - first);
    list.push(['interleaveRows', to, a + first * bytes, count, columns, stride, bytes]);
  }
  return list;
}
