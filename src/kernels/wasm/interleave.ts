/** Columns to rows in WebAssembly. */
import { BLOCK } from '../contract/layout.ts';
import { checkedColumnLength, checkedExtColumnLength } from '../contract/interleave-checks.ts';
import type { InterleaveKernels } from '../contract/interleave.ts';
import type { Message } from '../contract/ntt.ts';
import type { Task } from '../pool/pool.ts';
import { TASK_ITEMS, viewLike, WINDOW_ITEMS, type Engine, type TypedArray } from './engine.ts';
import { LIMBS } from './operands.ts';

/** A transposition: `units` units of `unitItems` source items per column; a unit becomes `unitRows` rows. */
interface Plan {
  readonly kernel: string;
  readonly columns: number;
  readonly units: number;
  readonly unitItems: number;
}

export function wasmInterleave(engine: Engine): InterleaveKernels {
  return {
    interleave(out, source, columns) {
      const units = checkedColumnLength(out, source, columns);
      run(engine, out, source, { kernel: kernelOf(source), columns, units, unitItems: 1 });
    },
    kInterleave(out, source, columns) {
      const length = checkedExtColumnLength(out, source, columns, LIMBS);
      const unitItems = BLOCK * LIMBS;
      run(engine, out, source, { kernel: 'interleaveK', columns, units: length / BLOCK, unitItems });
    },
  };
}

function kernelOf(source: Message): string {
  if (source instanceof Int8Array) return 'interleaveI8';
  if (source instanceof Int16Array) return 'interleaveI16';
  return source instanceof Int32Array ? 'interleaveI32' : 'interleaveU32';
}

function run(engine: Engine, out: Uint32Array, source: TypedArray, plan: Plan): void {
  const { arena } = engine;
  const { columns, units, unitItems } = plan;
  if (arena.holds(out) && arena.holds(source)) {
    move(engine, plan, out.byteOffset, source.byteOffset, units, units);
    return;
  }
  // Multiples of four rows, so that only the last window has a tail.
  const rowItems = columns * unitItems;
  const window = Math.min(units, Math.max(4, Math.floor(WINDOW_ITEMS / rowItems / 4) * 4));
  arena.scope(() => {
    const to = arena.allocate(4 * window * rowItems);
    const from = arena.allocate(source.BYTES_PER_ELEMENT * window * rowItems);
    for (let first = 0; first < units; first += window) {
      const count = Math.min(window, units - first);
      for (let c = 0; c < columns; c++) {
        const at = (c * units + first) * unitItems;
        const piece = source.subarray(at, at + count * unitItems);
        const address = from + source.BYTES_PER_ELEMENT * c * count * unitItems;
        viewLike(source, arena.buffer, address, piece.length).set(piece);
      }
      move(engine, plan, to, from, count, count);
      const rows = new Uint32Array(arena.buffer, to, count * rowItems);
      out.set(rows, first * rowItems);
    }
  });

  /** Moves `count` units of every column; columns lie `length` units apart. */
  function move(
    e: Engine,
    p: Plan,
    toAddress: number,
    fromAddress: number,
    count: number,
    length: number,
  ): void {
    const unitBytes = source.BYTES_PER_ELEMENT * unitItems;
    const step = Math.max(4, Math.floor(TASK_ITEMS / rowSize(p) / 4) * 4);
    const tasks: Task[] = [];
    for (let first = 0; first < count; first += step) {
      const n = Math.min(step, count - first);
      const to = toAddress + 4 * first * rowSize(p);
      tasks.push([p.kernel, to, fromAddress + first * unitBytes, length * unitBytes, p.columns, n]);
    }
    e.pool.run(tasks);
  }
}

/** Output words of one unit across all columns. */
function rowSize(plan: Plan): number {
  return plan.columns * plan.unitItems;
}
