/**
 * Kernels in WebAssembly SIMD: KoalaBear and its quintic extension, any number of threads over one memory.
 */
import { quintic } from '../../field/quintic.ts';
import { koalaBear, P } from '../../field/koalabear.ts';
import { checkInteger } from '../contract/checks.ts';
import { checkingTypes } from '../contract/types.ts';
import type { Kernels } from '../contract.ts';
import { createArena } from '../memory/arena.ts';
import { createPool, type Task } from '../pool/pool.ts';
import { availableThreads } from '../pool/spawn.ts';
import { selfTest } from '../self-test.ts';
import { wasmBase } from './base.ts';
import { wasmExt } from './ext.ts';
import { SCRATCH_BYTES, type Engine } from './engine.ts';
import { wasmHash } from './hash.ts';
import { referenceExtRows } from '../reference/ext-rows.ts';
import { wasmExtRows } from './ext-rows.ts';
import { wasmFold } from './fold.ts';
import { wasmGemm } from './gemm.ts';
import { loadModule } from './load.ts';
import { wasmNtt } from './ntt.ts';
import { createContext } from './operands.ts';
import { wasmLookupTree } from './lookup-tree.ts';
import { wasmSumcheck } from './sumcheck.ts';
import { wasmTally } from './tally.ts';
import { wasmWeightedSums } from './weighted-sums.ts';

const PAGE_BYTES = 65_536;
const MAX_BYTES = 65_536 * PAGE_BYTES;
/** A memory that is reserved, not touched: pages cost nothing before a kernel writes to them. */
const DEFAULT_BYTES = 1 << 30;

/** Bytes of a task that wipes memory. */
const WIPE_BYTES = 1 << 20;

function wipeTasks(from: number, to: number): Task[] {
  const tasks: Task[] = [];
  for (let at = from; at < to; at += WIPE_BYTES) tasks.push(['wipe', at, Math.min(WIPE_BYTES, to - at)]);
  return tasks;
}

export interface WasmOptions {
  /** Threads that share the work, the caller included. Default: all of the machine's. */
  readonly threads?: number;
  /** Size of the WebAssembly memory, at most 4 GiB. Default: 1 GiB. */
  readonly memoryBytes?: number;
}

/**
 * Starts the WebAssembly kernels.
 *
 * @throws RangeError for options out of range; Error when WebAssembly SIMD is missing, when the binary has another digest
 *   than the one pinned in the sources, or when a kernel computes other words than its definition
 */
export async function wasmKernels(options: WasmOptions = {}): Promise<Kernels> {
  const available = await availableThreads();
  const threads = options.threads ?? available;
  const memoryBytes = options.memoryBytes ?? DEFAULT_BYTES;
  checkInteger('threads', threads, 1, 256);
  checkInteger('memoryBytes', memoryBytes, PAGE_BYTES, MAX_BYTES);
  if (threads > 1 && typeof SharedArrayBuffer === 'undefined') {
    throw new RangeError(`threads: expected 1 where SharedArrayBuffer is missing, got ${threads}`);
  }
  const module = await loadModule(threads > 1 ? 'shared' : 'single');
  const pages = Math.ceil(memoryBytes / PAGE_BYTES);
  const memory = new WebAssembly.Memory(
    threads > 1 ? { initial: pages, maximum: MAX_BYTES / PAGE_BYTES, shared: true } : { initial: pages },
  );
  // The first page stays free, so that address 0 is never an operand; then one scratch region a thread.
  const scratch = Array.from({ length: threads }, (_, i) => PAGE_BYTES + i * SCRATCH_BYTES);
  const scratchEnd = PAGE_BYTES + threads * SCRATCH_BYTES;
  checkInteger('memoryBytes', memoryBytes, scratchEnd + PAGE_BYTES, MAX_BYTES);
  const pool = await createPool({ module, memory, threads, prime: P, scratch });
  const wipe = (from: number, to: number): void =>
    pool.run([...wipeTasks(PAGE_BYTES, scratchEnd), ...wipeTasks(from, to)]);
  const engine: Engine = { arena: createArena(memory.buffer, scratchEnd, wipe), pool };
  const radix = koalaBear.fromInt(2 ** 32);
  const cx = createContext(engine, quintic, radix);
  const kernels: Kernels = {
    name: 'wasm',
    ext: quintic,
    radix,
    memory: engine.arena,
    threads,
    close: () => pool.close(),
    ...checkingTypes({
      ...wasmBase(engine, koalaBear, radix),
      ...wasmExtRows(engine, referenceExtRows(quintic)),
      ...wasmNtt(engine, quintic, radix),
      ...wasmHash(engine),
      ...wasmFold(engine, quintic),
      ...wasmGemm(engine),
      ...wasmExt(cx),
      ...wasmSumcheck(cx),
      ...wasmWeightedSums(cx),
      ...wasmLookupTree(cx),
      ...wasmTally(engine),
    }),
  };
  const wrong = selfTest(kernels);
  if (wrong.length > 0) {
    await kernels.close();
    throw new Error(
      `kernels: expected the WebAssembly kernels to agree with their definition, got other words from: ${wrong.join(', ')}`,
    );
  }
  return kernels;
}
