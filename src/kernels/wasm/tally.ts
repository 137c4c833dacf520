/** The counting kernel in WebAssembly: every thread counts its part of the tuples for itself. */
import { checkTally, fourColumns, type RowIndex, type TallyKernels } from '../contract/tally.ts';
import { referenceTally } from '../reference/tally.ts';
import { elementwise, stage, WINDOW_ITEMS, type Engine, type Operand } from './engine.ts';
import { fIn } from './operands.ts';

/** Tuples that are looked at at once, where columns lie outside: threads have equal parts of them. */
const WINDOW = WINDOW_ITEMS;
/** Fewer tuples are counted by one thread. */
const FEW = 1 << 12;

export function wasmTally(engine: Engine): TallyKernels {
  return {
    tally(counts, columns, table, index) {
      const n = checkTally(counts, columns, table, index);
      if (n < FEW) return referenceTally.tally(counts, columns, table, index);
      return engine.arena.scope(() => countByThreads(engine, counts, columns, table, index, n));
    },
  };
}

function countByThreads(
  engine: Engine,
  counts: Uint32Array,
  columns: readonly Uint32Array[],
  table: readonly Uint32Array[],
  index: RowIndex,
  n: number,
): number {
  const { arena, pool } = engine;
  const own = Array.from({ length: pool.threads }, () => arena.u32(counts.length).fill(0));
  const addresses = [
    ...fourColumns(table).map((column) => stage(engine, column)),
    ...(index.kind === 'slots' ? [stage(engine, index.slots)] : []),
  ];
  const part = Math.ceil(WINDOW / pool.threads);
  const windowItems = part * pool.threads;
  const ends = arena.u32(pool.threads);
  const tables = arena.u32(16 * pool.threads);
  for (let from = 0; from < n; from += windowItems) {
    const to = Math.min(n, from + windowItems);
    let task = 0; // one for each thread at most: no two count into the same array
    const sizes: number[] = [];
    const window = new Map(columns.map((column) => [column, fIn(column.subarray(from, to))]));
    const operands = fourColumns(columns).map((column) => window.get(column) as ReturnType<typeof fIn>);
    elementwise(
      engine,
      to - from,
      operands,
      (at, count) => {
        const [slot, list] = [ends.byteOffset + 4 * task, tables.subarray(16 * task, 16 * task + 16)];
        const into = (own[task] as Uint32Array).byteOffset;
        list.set([...at, ...addresses]);
        task++;
        sizes.push(count);
        return index.kind === 'first'
          ? ['tallyRange', slot, into, list.byteOffset, index.first, counts.length, columns.length, count]
          : ['tallySlots', slot, into, list.byteOffset, index.slots.length - 1, count];
      },
      { taskItems: part, windowItems },
    );
    const bad = sizes.findIndex((count, t) => (ends[t] as number) < count);
    if (bad >= 0) return from + bad * part + (ends[bad] as number);
  }
  for (const mine of own) {
    const sum: Operand = { array: counts, itemWords: 1, role: 'inout' };
    elementwise(engine, counts.length, [sum, fIn(mine)], ([c, m], rows) => [
      'addWords',
      c as number,
      m as number,
      rows,
    ]);
  }
  return n;
}
