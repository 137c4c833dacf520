/**
 * What every WebAssembly kernel family is built on: the arena, the pool, and the two ways of bringing
 * operands to the kernels (in place, or through windows).
 */
import type { Arena } from '../memory/arena.ts';
import type { Pool, Task } from '../pool/pool.ts';

export type TypedArray = Uint32Array | Int32Array | Int16Array | Int8Array | Uint8Array;

export interface Engine {
  readonly arena: Arena;
  readonly pool: Pool;
}

/** Scratch bytes of each thread, available to kernels through `scratch()`: what fits a level-2 cache. */
export const SCRATCH_BYTES = 1 << 20;

/** Items of one task of an elementwise kernel: long enough to hide a task's cost, short enough to balance. */
export const TASK_ITEMS = 1 << 14;

/** Items that are moved through the arena at once when an operand lies outside it. */
export const WINDOW_ITEMS = 1 << 18;

/** Items of a task and of a window, for kernels whose items are larger than a few words. */
export interface Split {
  readonly taskItems: number;
  readonly windowItems: number;
  /** Of the last tasks of a long call, which would leave threads waiting for one another. Default: as of all others. */
  readonly lastItems?: number;
}

/** How many tasks of a call are cut into shorter ones, and from how many on. */
const LAST_TASKS = 2;
const MANY_TASKS = 4;

/** Items of the tasks of a call, in order. */
export function taskSizes(items: number, { taskItems, lastItems = taskItems }: Split): number[] {
  const sizes: number[] = [];
  const many = items >= MANY_TASKS * taskItems;
  for (let left = items; left > 0;) {
    const size = Math.min(left, many && left <= LAST_TASKS * taskItems ? lastItems : taskItems);
    sizes.push(size);
    left -= size;
  }
  return sizes;
}

/** One operand of an elementwise kernel: `words` array items belong to each logical item. */
export interface Operand {
  readonly array: TypedArray;
  /** Array items per logical item; may be a fraction, e.g. 5 words per element as 20 per block of 4. */
  readonly itemWords: number;
  readonly role: 'in' | 'out' | 'inout';
}

/**
 * Runs an elementwise kernel over `items` logical items in tasks (`taskSizes`). `task` receives the addresses
 * of the operands at the task's first item, in order, and the number of items; it is called from the first task
 * to the last. Operands inside the arena are used in place; if any lies outside, all of those move through
 * windows of WINDOW_ITEMS.
 */
export function elementwise(
  engine: Engine,
  items: number,
  operands: readonly Operand[],
  task: (addresses: readonly number[], count: number) => Task,
  how: Split = { taskItems: TASK_ITEMS, windowItems: WINDOW_ITEMS },
): void {
  const { arena, pool } = engine;
  const { windowItems } = how;
  const bytesOf = (o: Operand, count: number): number => count * o.itemWords * o.array.BYTES_PER_ELEMENT;
  const split = (addresses: readonly number[], count: number): Task[] => {
    let first = 0;
    return taskSizes(count, how).map((size) => {
      const shifted = addresses.map((address, k) => address + bytesOf(operands[k] as Operand, first));
      first += size;
      return task(shifted, size);
    });
  };
  if (items === 0) return;
  if (operands.every((o) => arena.holds(o.array))) {
    pool.run(
      split(
        operands.map((o) => o.array.byteOffset),
        items,
      ),
    );
    return;
  }
  const window = Math.min(items, windowItems);
  arena.scope(() => {
    // The same array given twice (out = a) shares one window, as it shares one memory.
    const windows = new Map<TypedArray, number>();
    for (const o of operands) {
      if (!arena.holds(o.array) && !windows.has(o.array)) {
        windows.set(o.array, arena.allocate(bytesOf(o, window)));
      }
    }
    for (let first = 0; first < items; first += window) {
      const count = Math.min(window, items - first);
      const addresses = operands.map((o) => windows.get(o.array) ?? o.array.byteOffset + bytesOf(o, first));
      for (const o of operands) if (o.role !== 'out') move(arena, windows, o, first, count, 'in');
      pool.run(split(addresses, count));
      for (const o of operands) if (o.role !== 'in') move(arena, windows, o, first, count, 'out');
    }
  });
}

/** Copies items of an operand that lies outside into its window, or back. */
function move(
  arena: Arena,
  windows: ReadonlyMap<TypedArray, number>,
  o: Operand,
  first: number,
  count: number,
  to: 'in' | 'out',
): void {
  const address = windows.get(o.array);
  if (address === undefined) return;
  const outside = o.array.subarray(first * o.itemWords, (first + count) * o.itemWords);
  const inside = viewLike(o.array, arena.buffer, address, outside.length);
  if (to === 'in') inside.set(outside);
  else outside.set(inside);
}

/** A view of the same type as `array` at another place. */
export function viewLike(
  array: TypedArray,
  buffer: ArrayBufferLike,
  address: number,
  length: number,
): TypedArray {
  const View = array.constructor as new (b: ArrayBufferLike, o: number, n: number) => TypedArray;
  return new View(buffer, address, length);
}

/**
 * The address of an operand that a kernel needs as a whole: in place when it lies in the arena, else a copy in
 * the current scope. Callers choose pieces that fit (columns, rows) before they stage them.
 */
export function stage(engine: Engine, array: TypedArray): number {
  const { arena } = engine;
  if (arena.holds(array)) return array.byteOffset;
  const address = arena.allocate(array.byteLength);
  viewLike(array, arena.buffer, address, array.length).set(array);
  return address;
}
