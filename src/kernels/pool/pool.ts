/**
 * Threads over one shared memory. A batch is a list of tasks (kernel name and integer arguments); the caller
 * takes tasks like every other thread, so n threads are the caller and n - 1 workers. Tasks of a batch must
 * write disjoint memory: then results cannot depend on the number of threads or on who ran what.
 *
 * A batch is synchronous. In Node and in browser workers the caller sleeps while others finish; on a
 * browser's main thread, where sleeping is forbidden, it polls.
 */
import {
  callRow,
  CONTROL_WORDS,
  DONE,
  drain,
  FAILED,
  kernelTable,
  LIMIT,
  ROW_WORDS,
  ROWS,
} from './protocol.js';
import { spawn, type Thread } from './spawn.ts';

/** A kernel export and its integer arguments (addresses, lengths, words), at most 15. */
export type Task = readonly [kernel: string, ...args: number[]];

export interface Pool {
  readonly threads: number;
  /** Runs all tasks, in any order and on any thread, and returns when the last is done. @throws Error on a trap */
  run(tasks: readonly Task[]): void;
  close(): Promise<void>;
}

export interface PoolOptions {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly threads: number;
  readonly prime: number;
  /** One scratch region per thread. */
  readonly scratch: readonly number[];
}

export async function createPool(options: PoolOptions): Promise<Pool> {
  const { module, memory, threads, prime, scratch } = options;
  const instance = new WebAssembly.Instance(module, { env: { memory, abort: () => undefined } });
  const { names, functions } = kernelTable(module, instance);
  const indexOf = new Map(names.map((name, index) => [name, index]));
  (instance.exports['init'] as (prime: number, scratch: number) => void)(prime, scratch[0] as number);

  const shared = threads > 1;
  const words = (n: number): Int32Array =>
    shared ? new Int32Array(new SharedArrayBuffer(4 * n)) : new Int32Array(n);
  const control = words(CONTROL_WORDS);
  const rows = words(ROWS * ROW_WORDS);
  const workers: Thread[] = await Promise.all(
    scratch.slice(1).map((address) => spawn({ module, memory, control, rows, prime, scratch: address })),
  );
  const kernelIndex = (name: string): number => {
    const index = indexOf.get(name);
    if (index === undefined)
      throw new TypeError(`pool: kernel: expected an export of the module, got ${name}`);
    return index;
  };
  const runAlone = (task: Task): void => {
    const [name, ...args] = task;
    (functions[kernelIndex(name)] as (...args: number[]) => void)(...args);
  };
  const runBatch = (tasks: readonly Task[], from: number, to: number): void => {
    const base = Atomics.load(control, LIMIT);
    for (let i = from; i < to; i++) {
      writeRow(rows, (base + i - from) & (ROWS - 1), kernelIndex((tasks[i] as Task)[0]), tasks[i] as Task);
    }
    const limit = (base + to - from) | 0;
    Atomics.store(control, LIMIT, limit);
    Atomics.notify(control, LIMIT);
    drain(control, rows, (row) => callRow(functions, rows, row));
    waitUntil(control, limit);
    const failed = Atomics.exchange(control, FAILED, 0);
    if (failed !== 0) throw new Error(`pool: kernel ${names[failed - 1]} trapped`);
  };
  return {
    threads,
    run(tasks) {
      if (workers.length === 0 || tasks.length === 1) return tasks.forEach(runAlone);
      for (let from = 0; from < tasks.length; from += ROWS) {
        runBatch(tasks, from, Math.min(from + ROWS, tasks.length));
      }
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function writeRow(rows: Int32Array, row: number, kernel: number, task: Task): void {
  if (task.length > ROW_WORDS) {
    throw new TypeError(
      `pool: ${task[0]}: expected at most ${ROW_WORDS - 1} arguments, got ${task.length - 1}`,
    );
  }
  rows[row * ROW_WORDS] = kernel;
  for (let i = 1; i < task.length; i++) rows[row * ROW_WORDS + i] = task[i] as number; // u32 wraps to int32
}

function waitUntil(control: Int32Array, limit: number): void {
  for (let polls = 0; ; polls++) {
    const done = Atomics.load(control, DONE);
    if (done === limit) return;
    if (polls < 1000 || !canSleep) continue;
    Atomics.wait(control, DONE, done);
  }
}

/** Browsers forbid Atomics.wait on the main thread, which is the one that has a document. */
const canSleep = typeof document === 'undefined';
