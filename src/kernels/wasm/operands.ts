/** What the extension-field families share: operand descriptions, staged scalars, partial sums of tasks. */
import type { Ext, ExtensionField, Fe } from '../../field/field.ts';
import { BLOCK } from '../contract/layout.ts';
import {
  elementwise,
  TASK_ITEMS,
  taskSizes,
  WINDOW_ITEMS,
  type Engine,
  type Operand,
  type Split,
} from './engine.ts';
import { ranges } from './panels.ts';
import type { Task } from '../pool/pool.ts';
import { sumcheckValues, type SumcheckValues } from '../reference/sumcheck.ts';

/** What the kernels over K work with; made once. */
export interface Context {
  readonly engine: Engine;
  readonly K: ExtensionField;
  readonly radix: Fe;
  readonly inverseRadix: Fe;
  /** Plain values of operands, for the ends of ranges that are not whole blocks. */
  readonly values: SumcheckValues;
}

export function createContext(engine: Engine, K: ExtensionField, radix: Fe): Context {
  return { engine, K, radix, inverseRadix: K.base.inverse(radix), values: sumcheckValues(K, radix) };
}

/** Words of an element of K. */
export const LIMBS = 5;

/** K arrays as operands; items are elements, given and taken in whole blocks of four. */
export const kIn = (array: Uint32Array): Operand => ({ array, itemWords: LIMBS, role: 'in' });
export const kOut = (array: Uint32Array): Operand => ({ array, itemWords: LIMBS, role: 'out' });
/** Base-field arrays with one word an element. */
export const fIn = (array: Uint32Array): Operand => ({ array, itemWords: 1, role: 'in' });

/** The least items of a task over K: the cheapest take as long as it takes to wake a thread. */
const LEAST_TASK_ITEMS = 1 << 13;

/**
 * Items of a task of a call over K: halved until every thread has four tasks, as pieces that lie in a cache are few tasks long. A power of
 * two, so that windows are whole tasks.
 *
 * @param weight a power of two: how many items of cheap kernels one takes as long as
 */
function kTaskItems({ pool: { threads } }: Engine, items: number, weight = 1): number {
  let size = TASK_ITEMS / weight;
  while (threads > 1 && size > LEAST_TASK_ITEMS / weight && items < 4 * threads * size) size /= 2;
  return size;
}

/** A long call ends with tasks of a quarter, so that no thread waits for the other's whole task. */
const LAST_PART = 4;

/** How a call over K is cut. */
function kSplit(engine: Engine, items: number, weight?: number): Split {
  const taskItems = kTaskItems(engine, items, weight);
  const lastItems = Math.max(BLOCK, taskItems / LAST_PART);
  return { taskItems, windowItems: WINDOW_ITEMS, ...(engine.pool.threads > 1 && { lastItems }) };
}

/** The most tasks that a call over K is cut into: operands outside move through windows, each of which is cut for itself. */
export function mostTasks(engine: Engine, items: number, weight?: number): number {
  const split = kSplit(engine, items, weight);
  return ranges(items, WINDOW_ITEMS).reduce((sum, { count }) => sum + taskSizes(count, split).length, 0);
}

/** `elementwise` over blocks of four elements; `task` receives the number of blocks. */
export function blockwise(
  engine: Engine,
  blocks: number,
  operands: readonly Operand[],
  task: (addresses: readonly number[], blocks: number) => Task,
  weight?: number,
): void {
  // Tasks and windows hold multiples of four items, so every count is whole blocks.
  const split = kSplit(engine, BLOCK * blocks, weight);
  elementwise(engine, BLOCK * blocks, operands, (at, count) => task(at, count / BLOCK), split);
}

/** The words of scalars of K, in Montgomery form, one after the other in kernel memory; call within a scope. */
export function stageScalars(cx: Context, scalars: readonly Ext[]): number {
  const { engine, K, radix } = cx;
  const words = engine.arena.u32(LIMBS * scalars.length);
  scalars.forEach((c, k) => words.set(K.mulBase(c, radix), LIMBS * k));
  return words.byteOffset;
}

/**
 * Runs a kernel that stores `results` elements of five words at its task's slot; returns the sums over all tasks.
 * Field additions are exact, so neither the split into tasks nor their order matters.
 */
export function partialSums(
  cx: Context,
  blocks: number,
  results: number,
  operands: readonly Operand[],
  task: (slot: number, addresses: readonly number[], blocks: number) => Task,
  weight?: number,
): Ext[] {
  const { engine, K } = cx;
  return engine.arena.scope(() => {
    const tasks = mostTasks(engine, BLOCK * blocks, weight);
    const slots = engine.arena.u32(LIMBS * results * tasks);
    let used = 0;
    const withSlot = (addresses: readonly number[], count: number): Task => {
      if (used === tasks) throw new RangeError(`kernels: expected at most ${tasks} tasks`);
      const slot = slots.byteOffset + 4 * LIMBS * results * used++;
      return task(slot, addresses, count);
    };
    blockwise(engine, blocks, operands, withSlot, weight);
    return Array.from({ length: results }, (_, r) => {
      let total = K.zero;
      for (let t = 0; t < used; t++) {
        const at = LIMBS * (t * results + r);
        total = K.add(total, Array.from(slots.subarray(at, at + LIMBS)) as Fe[]);
      }
      return total;
    });
  });
}
