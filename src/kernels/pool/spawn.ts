/** Starts pool threads: worker_threads in Node, module workers in browsers. */

export interface Thread {
  terminate(): Promise<void>;
}

export interface ThreadStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: Int32Array;
  readonly rows: Int32Array;
  readonly prime: number;
  readonly scratch: number;
}

const isNode = typeof process !== 'undefined' && process.versions?.node !== undefined;

/** Number of threads this machine runs at once; 1 when threads cannot share memory. */
export async function availableThreads(): Promise<number> {
  if (typeof SharedArrayBuffer === 'undefined') return 1;
  if (isNode) return (await import('node:os')).availableParallelism();
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Resolves once the thread is ready for tasks. */
export function spawn(start: ThreadStart): Promise<Thread> {
  return isNode ? spawnNode(start) : spawnBrowser(start);
}

async function spawnNode(start: ThreadStart): Promise<Thread> {
  const { Worker } = await import('node:worker_threads');
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: start });
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
  worker.unref(); // a sleeping pool does not keep a program alive
  return { terminate: async () => void (await worker.terminate()) };
}

async function spawnBrowser(start: ThreadStart): Promise<Thread> {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  await new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => reject(new Error(`pool: worker failed to start: ${event.message}`));
    worker.postMessage(start);
  });
  return { terminate: async () => worker.terminate() };
}
