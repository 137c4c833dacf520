/** Files that say which process is at work in a directory. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { refuse } from '../errors/proof-error.ts';
import { sameBytes } from '../hash/words.ts';
import { quietly } from '../store/durable.ts';
import { disk, exists, readInput, writeNew } from './files.ts';

/** Who is at work. */
export interface Worker {
  readonly pid: number;
  readonly host: string;
}

/** The bytes of a file that names this process. */
export function thisWorker(): Uint8Array<ArrayBuffer> {
  const worker: Worker = { pid: process.pid, host: hostname() };
  return new TextEncoder().encode(`${JSON.stringify(worker)}\n`);
}

/** Whom a file names; undefined for one that names nobody. */
export function workerIn(path: string): Worker | undefined {
  try {
    const text = new TextDecoder().decode(readInput(path));
    const { pid, host } = JSON.parse(text) as Partial<Worker>;
    return Number.isSafeInteger(pid) && (pid as number) > 0 && typeof host === 'string'
      ? { pid: pid as number, host }
      : undefined;
  } catch {
    return undefined;
  }
}

export function isHere({ host }: Worker): boolean {
  return host === hostname();
}

/** Whether a process of this machine runs; one with our own number is a former one. */
export function isAlive({ pid }: Worker): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0); // asks, and signals nothing
    return true;
  } catch (error) {
    return (error as { readonly code?: unknown }).code === 'EPERM';
  }
}

const AT_WORK = 'at-work';

/**
 * Runs with a directory to itself. What a process that is gone left is taken over.
 *
 * @param shown the directory as its user wrote it
 * @throws ProofError `BUSY` while another process is at work there, or may be: on another host
 */
export function alone<T>(folder: string, shown: string, run: () => T): T {
  const path = join(folder, AT_WORK);
  const busy = (who: string): never =>
    refuse(
      'BUSY',
      shown,
      `expected nobody at work there, got ${who}; if it is not, remove its file ${AT_WORK}`,
    );
  if (exists(path)) {
    const before = readInput(path);
    const worker = workerIn(path) ?? busy(`a file ${AT_WORK} that names no process`);
    if (!isHere(worker)) busy(`process ${worker.pid} of host ${worker.host.slice(0, 64)}`);
    if (isAlive(worker)) busy(`process ${worker.pid}`);
    if (sameBytes(readInput(path), before)) disk.unlink(path);
  }
  writeNew(path, thisWorker());
  try {
    return run();
  } finally {
    quietly(() => disk.unlink(path));
  }
}
