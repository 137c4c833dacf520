/**
 * The words that threads share. A *ticket* is the running number of a task; tasks of a batch are the tickets
 * from the previous limit up to LIMIT. Tickets only grow (and wrap modulo 2^32 as int32), so a thread that
 * wakes up late can never take a task twice or miss one:
 *
 *   take:    t = NEXT; if LIMIT - t <= 0 stop; compare-and-swap NEXT from t to t + 1; run row t mod ROWS
 *   finish:  DONE += 1; whoever makes DONE equal to LIMIT notifies the caller
 *
 * The caller writes rows, then LIMIT (release), then waits until DONE = LIMIT before it writes rows again.
 */
export const NEXT = 0;
export const LIMIT = 1;
export const DONE = 2;
export const FAILED = 3;
export const CONTROL_WORDS = 16;

/** Rows of the task table: the largest batch that is announced at once. */
export const ROWS = 4096;
/** Words of a row: the index of the kernel, then its arguments. */
export const ROW_WORDS = 16;

/**
 * Takes and runs tasks until none is left.
 * @param {Int32Array} control
 * @param {Int32Array} rows
 * @param {(row: number) => void} run runs the task in row `row` of the table
 */
export function drain(control, rows, run) {
  for (;;) {
    const ticket = Atomics.load(control, NEXT);
    if (((Atomics.load(control, LIMIT) - ticket) | 0) <= 0) return;
    if (Atomics.compareExchange(control, NEXT, ticket, (ticket + 1) | 0) !== ticket) continue;
    try {
      run((ticket & (ROWS - 1)) * ROW_WORDS);
    } catch {
      // A trap of a kernel: the caller raises the error, the batch is completed so that nobody waits for ever.
      Atomics.store(control, FAILED, 1 + rows[(ticket & (ROWS - 1)) * ROW_WORDS]);
    }
    const done = (Atomics.add(control, DONE, 1) + 1) | 0;
    if (done === Atomics.load(control, LIMIT)) Atomics.notify(control, DONE);
  }
}

/**
 * The functions of a kernel instance in the order of the module's exports, which is the same in every thread.
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Instance} instance
 * @returns {{ names: string[], functions: Array<(...args: number[]) => void> }}
 */
export function kernelTable(module, instance) {
  const names = WebAssembly.Module.exports(module)
    .filter((entry) => entry.kind === 'function')
    .map((entry) => entry.name);
  const functions = names.map((name) => /** @type {(...args: number[]) => void} */ (instance.exports[name]));
  return { names, functions };
}

/**
 * Calls one task row. WebAssembly ignores surplus arguments, so all of them are passed.
 * @param {Array<(...args: number[]) => void>} functions
 * @param {Int32Array} t rows
 * @param {number} i first word of the row
 */
export function callRow(functions, t, i) {
  const f = functions[t[i]];
  f(
    t[i + 1],
    t[i + 2],
    t[i + 3],
    t[i + 4],
    t[i + 5],
    t[i + 6],
    t[i + 7],
    t[i + 8],
    t[i + 9],
    t[i + 10],
    t[i + 11],
    t[i + 12],
    t[i + 13],
    t[i + 14],
    t[i + 15],
  );
}
