/**
 * The verifier's door to a proof. Reading absorbs; there is no other way to read, except the bytes that a Merkle
 * root fixes (`readOpening...`), which come wrapped until the Merkle check has seen them. Counts come from the
 * statement, never from the proof, and a read allocates nothing before the bytes are known to be there.
 */
import { decodeExts, decodeFes, extBytes, FE_BYTES } from '../field/encoding.ts';
import type { Ext, Fe } from '../field/field.ts';
import { DIGEST_BYTES } from '../hash/blake3.ts';
import { MAX_COUNT, TAG, type Tag } from './chain.ts';
import { proofReader, type ProofReader } from './reader.ts';
import type { Domain } from './statement.ts';
import {
  challengerOf,
  createTranscript,
  type Challenger,
  type EventType,
  type Observer,
} from './transcript.ts';
import { unauthenticatedValue, type Unauthenticated } from './unauthenticated.ts';

/**
 * All reads: @throws ProofError `TRUNCATED` when the proof ends too soon, `NON_CANONICAL` for an element of F
 * that is not below p; RangeError for a bad label or count.
 */
export interface VerifierChannel extends Challenger {
  readFes(label: string, count: number): Fe[];
  readExt(label: string): Ext;
  readExts(label: string, count: number): Ext[];
  readBytes(label: string, count: number): Uint8Array;
  readDigest(label: string): Uint8Array;
  readDigests(label: string, count: number): Uint8Array[];
  /** Bytes fixed by a root and positions: salts. Not absorbed. */
  readOpeningBytes(label: string, count: number): Unauthenticated<Uint8Array>;
  /** Elements of F fixed by a root and positions: opened leaves. Not absorbed. */
  readOpeningFes(label: string, count: number): Unauthenticated<Fe[]>;
  /** Elements of K fixed by a root and positions. Not absorbed. */
  readOpeningExts(label: string, count: number): Unauthenticated<Ext[]>;
  /** Merkle siblings, one behind the other. Not absorbed. */
  readOpeningDigests(label: string, count: number): Unauthenticated<Uint8Array>;
  /** The end of the proof. @throws ProofError `TRAILING_BYTES`; Error when called twice */
  finish(): void;
}

/**
 * Opens a proof.
 *
 * @param proof the whole proof; copied
 * @example
 * const ch = verifierChannel(domain, proof);
 * const root = ch.readDigest('root');
 * const r = ch.challengeExt('r');
 * ch.finish();
 */
export function verifierChannel(domain: Domain, proof: Uint8Array, observer?: Observer): VerifierChannel {
  return verifierChannelOn(domain, proofReader(proof), observer);
}

/** The same on a reader that the caller holds: only for tests that take bytes behind the channel's back. */
export function verifierChannelOn(domain: Domain, reader: ProofReader, observer?: Observer): VerifierChannel {
  const { field } = domain;
  const kBytes = extBytes(field);
  const transcript = createTranscript(domain, () => reader.consumedBytes, observer);
  let finished = false;

  const take = (label: string, count: number, itemBytes: number): Uint8Array => {
    if (finished) throw new Error(`verifierChannel: ${label}: expected no read behind finish`);
    if (!Number.isInteger(count) || count < 0 || count >= MAX_COUNT) {
      throw new RangeError(`${label}: count: expected an integer in [0, 2^32), got ${count}`);
    }
    return reader.take(count * itemBytes, label); // < 2^32 * 2^16: an exact double
  };
  const message = (
    type: EventType,
    tag: Tag,
    label: string,
    count: number,
    itemBytes: number,
  ): Uint8Array => {
    const bytes = take(label, count, itemBytes);
    transcript.message(type, { tag, label, itemBytes, count }, bytes);
    return bytes;
  };
  const opening = (type: EventType, label: string, count: number, itemBytes: number): Uint8Array => {
    const bytes = take(label, count, itemBytes);
    transcript.opening(type, label, count, bytes.length);
    return bytes;
  };
  const readExts = (label: string, count: number): Ext[] =>
    decodeExts(field, message('exts', TAG.exts, label, count, kBytes), count, label);
  const readDigests = (label: string, count: number): Uint8Array[] =>
    splitDigests(message('digests', TAG.digests, label, count, DIGEST_BYTES));

  return {
    ...challengerOf(transcript),
    readFes: (label, count) =>
      decodeFes(field.base, message('fes', TAG.fes, label, count, FE_BYTES), count, label),
    readExt: (label) => readExts(label, 1)[0] as Ext,
    readExts,
    readBytes: (label, count) => message('bytes', TAG.bytes, label, count, 1).slice(),
    readDigest: (label) => readDigests(label, 1)[0] as Uint8Array,
    readDigests,
    readOpeningBytes: (label, count) => unauthenticatedValue(opening('bytes', label, count, 1).slice()),
    readOpeningFes: (label, count) =>
      unauthenticatedValue(decodeFes(field.base, opening('fes', label, count, FE_BYTES), count, label)),
    readOpeningExts: (label, count) =>
      unauthenticatedValue(decodeExts(field, opening('exts', label, count, kBytes), count, label)),
    readOpeningDigests: (label, count) =>
      unauthenticatedValue(opening('digests', label, count, DIGEST_BYTES).slice()),
    finish() {
      if (finished) throw new Error('verifierChannel: expected one call of finish, got two');
      finished = true;
      transcript.checkCounters('end');
      reader.end('end');
    },
  };
}

function splitDigests(bytes: Uint8Array): Uint8Array[] {
  const digests: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += DIGEST_BYTES) digests.push(bytes.slice(at, at + DIGEST_BYTES));
  return digests;
}
