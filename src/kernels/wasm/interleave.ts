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
  if (arena.holds(out) && arena.holds(a)) {
    return pool.run(tasks(out.byteOffset, a.byteOffset, rows, columns, rows, a.BYTES_PER_ELEMENT));
  }
  const window = Math.min(rows, Math.max(BAND, Math.floor(WINDOW_ITEMS / columns)));
  arena.scope(() => {
    const address = (): number => arena.allocate(window * columns * a.BYTES_PER_ELEMENT);
    const [to, from] = [address(), address()];
    for (let first = 0; first < rows; first += window) {
      const count = Math.min(window, rows - first);
      const source = viewLike(a, arena.buffer, from, count * columns);
      for (let c = 0; c < columns; c++) {
        source.set(a.subarray(c * rows + first, c * rows + first + count), c * count);
      }
      pool.run(tasks(to, from, count, columns, count, a.BYTES_PER_ELEMENT));
      out.set(viewLike(out, arena.buffer, to, count * columns), first * columns);
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
