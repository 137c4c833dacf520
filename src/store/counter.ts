/**
 * The counter of a group: one immutable file for every reservation, `budget-<generation>`. Generation 0 is made with the
 * group; generation g + 1 says what generation g said plus what was reserved. The highest generation counts. No file is
 * ever changed or removed, in retired epochs neither: they are the record of what was opened.
 */
import { join } from 'node:path';
import { refuse } from '../errors/proof-error.ts';
import { DIGEST_BYTES } from '../hash/blake3.ts';
import { osBytes } from '../random/os.ts';
import { publishOnce, readWhole } from './durable.ts';
import type { FileSystem } from './files.ts';
import { checkBody, frame, unframe } from './frame.ts';

/** What positions were reserved for. `begin`: generation 0. `recover`: taken over from the witness, see budget.ts. */
export type Purpose = 'begin' | 'proof' | 'link' | 'recover';

export interface CounterRecord {
  /** Random name of the directory, made with it; a copy has the same. 16 bytes. */
  readonly store: Uint8Array;
  /** Digest of the group's key, which names its tree. */
  readonly key: Uint8Array;
  readonly generation: number;
  /** Positions reserved in the whole life of the tree, this reservation included. */
  readonly used: number;
  readonly positions: number;
  readonly purpose: Purpose;
  /** 16 random bytes: two copies of a directory that go on separately differ from here on. */
  readonly nonce: Uint8Array;
  /** Digest of the record before; zeros in generation 0. */
  readonly previous: Uint8Array;
}

/** A record as it stands in its file. */
export interface Counter extends CounterRecord {
  readonly digest: Uint8Array;
}

export const STORE_ID_BYTES = 16;
const NONCE_BYTES = 16;
const KIND = 'counter';
const PURPOSES: readonly Purpose[] = ['begin', 'proof', 'link', 'recover'];
const BODY_BYTES = STORE_ID_BYTES + 2 * DIGEST_BYTES + NONCE_BYTES + 24;
const GENERATION_DIGITS = 16;
const FILE = /^budget-(\d{16})$/;

/** The record of a new group. */
export function firstRecord(key: Uint8Array): CounterRecord {
  return {
    store: osBytes(STORE_ID_BYTES),
    key,
    generation: 0,
    used: 0,
    positions: 0,
    purpose: 'begin',
    nonce: osBytes(NONCE_BYTES),
    previous: new Uint8Array(DIGEST_BYTES),
  };
}

/** The record after another. */
export function nextRecord(counter: Counter, positions: number, purpose: Purpose): CounterRecord {
  const { store, key, generation, used, digest } = counter;
  return {
    store,
    key,
    generation: generation + 1,
    used: used + positions,
    positions,
    purpose,
    nonce: osBytes(NONCE_BYTES),
    previous: digest,
  };
}

/** A generation as file names write it. */
export function generationName(generation: number): string {
  return String(generation).padStart(GENERATION_DIGITS, '0');
}

export function counterName(generation: number): string {
  return `budget-${generationName(generation)}`;
}

/** Takes a generation. @returns false when another process has it */
export function publishCounter(files: FileSystem, directory: string, record: CounterRecord): boolean {
  return publishOnce(files, directory, counterName(record.generation), encodeCounter(record));
}

/** The highest generation that has a file, whatever is in it. @throws ProofError `COUNTER_MISSING` */
export function highestGeneration(files: FileSystem, directory: string): number {
  let highest = -1;
  for (const name of files.list(directory)) {
    const digits = FILE.exec(name)?.[1];
    if (digits !== undefined) highest = Math.max(highest, Number(digits));
  }
  if (highest < 0 || !Number.isSafeInteger(highest)) {
    refuse(
      'COUNTER_MISSING',
      directory,
      'expected files budget-<generation>, got none: what was opened is unknown',
    );
  }
  return highest;
}

/**
 * The record of a generation. A damaged one is never passed over for the one before: that would open positions again.
 *
 * @param key digest of the key of the group in this directory
 * @throws ProofError `STATE_*`, `COUNTER_KEY` for the counter of another tree, `COUNTER_NAME` for a record under another
 *   name
 */
export function readCounter(
  files: FileSystem,
  directory: string,
  key: Uint8Array,
  generation: number,
): Counter {
  const path = join(directory, counterName(generation));
  const counter = decodeCounter(path, readWhole(files, path));
  if (counter.key.some((byte, i) => byte !== key[i])) {
    refuse('COUNTER_KEY', path, 'expected the counter of this group, got that of another tree');
  }
  if (counter.generation !== generation) {
    refuse('COUNTER_NAME', path, `expected generation ${generation}, got ${counter.generation}`);
  }
  return counter;
}

export function encodeCounter(record: CounterRecord): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(BODY_BYTES);
  const view = new DataView(body.buffer);
  body.set(record.store);
  body.set(record.key, 16);
  body.set(record.previous, 48);
  body.set(record.nonce, 80);
  view.setBigUint64(96, BigInt(record.generation), true);
  view.setBigUint64(104, BigInt(record.used), true);
  view.setUint32(112, record.positions, true);
  view.setUint32(116, PURPOSES.indexOf(record.purpose), true);
  return frame(KIND, body);
}

/** @throws ProofError `STATE_*`, `COUNTER_VALUE` */
export function decodeCounter(path: string, bytes: Uint8Array): Counter {
  const { body, digest } = unframe(path, KIND, bytes);
  checkBody(path, body, BODY_BYTES);
  const view = new DataView(body.buffer);
  const generation = Number(view.getBigUint64(96, true));
  const used = Number(view.getBigUint64(104, true));
  const positions = view.getUint32(112, true);
  const purpose = PURPOSES[view.getUint32(116, true)];
  if (
    !Number.isSafeInteger(generation) ||
    !Number.isSafeInteger(used) ||
    positions > used ||
    purpose === undefined
  ) {
    refuse('COUNTER_VALUE', path, 'expected counts below 2^53 and a known purpose, got other values');
  }
  return {
    store: body.slice(0, 16),
    key: body.slice(16, 48),
    previous: body.slice(48, 80),
    nonce: body.slice(80, 96),
    generation,
    used,
    positions,
    purpose,
    digest,
  };
}
