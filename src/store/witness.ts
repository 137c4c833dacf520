/**
 * The witness: a second record of every reservation, in the prover's home, outside of the group's directory. A directory that
 * is restored from a backup, or one of two copies, is behind the witness or at odds with it.
 *
 *   HOME/spent/<digest of the group's key>/<generation>
 *
 * holds the digest of the counter's record of that generation, the positions used, and the path of the directory. As in the
 * directory itself, a generation can be taken once: two copies under one home cannot both have it.
 */
import { join } from 'node:path';
import { refuse } from '../errors/proof-error.ts';
import { DIGEST_BYTES } from '../hash/blake3.ts';
import { generationName, type Counter } from './counter.ts';
import { ensureDirectory, hasCode, hexOf, publishOnce, readWhole } from './durable.ts';
import { frame, unframe } from './frame.ts';
import type { Home } from './home.ts';

/** What the home remembers of a group. */
export interface Witness {
  readonly generation: number;
  /** Digest of the counter's record of this generation. */
  readonly record: Uint8Array;
  readonly used: number;
  /** Where the directory was. */
  readonly path: string;
}

const KIND = 'witness';
const FILE = /^\d{16}$/;
const PATH_AT = DIGEST_BYTES + 8;

function directoryOf(home: Home, key: Uint8Array): string {
  return join(home.path, 'spent', hexOf(key));
}

/** The newest reservation that the home knows of, or undefined. @throws ProofError `STATE_*`, `WITNESS_VALUE` */
export function readWitness(home: Home, key: Uint8Array): Witness | undefined {
  const directory = directoryOf(home, key);
  let names: string[];
  try {
    names = home.files.list(directory);
  } catch (error) {
    if (hasCode(error, 'FILE_MISSING')) return undefined;
    throw error;
  }
  const name = names
    .filter((entry) => FILE.test(entry))
    .sort()
    .at(-1); // equal lengths: the greatest number
  if (name === undefined) return undefined;
  const path = join(directory, name);
  const { body } = unframe(path, KIND, readWhole(home.files, path));
  const used =
    body.length < PATH_AT ? NaN : Number(new DataView(body.buffer).getBigUint64(DIGEST_BYTES, true));
  if (!Number.isSafeInteger(used))
    refuse('WITNESS_VALUE', path, 'expected a count below 2^53, got another value');
  return {
    generation: Number(name),
    record: body.slice(0, DIGEST_BYTES),
    used,
    path: new TextDecoder().decode(body.subarray(PATH_AT)),
  };
}

/**
 * Remembers a reservation.
 *
 * @param path of the group's directory
 * @returns false when the home knows this generation already, from another copy of the directory
 */
export function publishWitness(home: Home, counter: Counter, path: string): boolean {
  const directory = directoryOf(home, counter.key);
  ensureDirectory(home.files, directory);
  const where = new TextEncoder().encode(path);
  const body = new Uint8Array(PATH_AT + where.length);
  body.set(counter.digest);
  new DataView(body.buffer).setBigUint64(DIGEST_BYTES, BigInt(counter.used), true);
  body.set(where, PATH_AT);
  return publishOnce(home.files, directory, generationName(counter.generation), frame(KIND, body));
}
