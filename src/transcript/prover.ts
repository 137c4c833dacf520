/**
 * The prover's door to a proof. Writing appends and absorbs in one step. The serialiser takes nothing but values
 * that were released: `Exposed` (a secret under a fresh mask) or `PublicRandom` (a value that says nothing about
 * the witness, with the reason); a bare element of a field does not type-check and is refused at run time.
 */
import { encodeExts, encodeFes, extBytes, FE_BYTES } from '../field/encoding.ts';
import type { Ext, Fe } from '../field/field.ts';
import { DIGEST_BYTES } from '../hash/blake3.ts';
import { releasedValue, type Released } from '../secret/released.ts';
import { TAG, type Tag } from './chain.ts';
import type { Domain } from './statement.ts';
import {
  challengerOf,
  createTranscript,
  type Challenger,
  type EventType,
  type Observer,
} from './transcript.ts';

/** All writes: @throws TypeError for a value that was not released; RangeError for one of the wrong shape */
export interface ProverChannel extends Challenger {
  writeFes(label: string, values: Released<readonly Fe[]>): void;
  writeExts(label: string, values: Released<readonly Ext[]>): void;
  writeBytes(label: string, bytes: Released<Uint8Array>): void;
  writeDigests(label: string, digests: Released<readonly Uint8Array[]>): void;
  /** Salts. Not absorbed: fixed by a root and positions. */
  writeOpeningBytes(label: string, bytes: Released<Uint8Array>): void;
  /** Opened leaves over F. Not absorbed. */
  writeOpeningFes(label: string, values: Released<readonly Fe[]>): void;
  /** Opened leaves over K. Not absorbed. */
  writeOpeningExts(label: string, values: Released<readonly Ext[]>): void;
  /** Merkle siblings. Not absorbed. */
  writeOpeningDigests(label: string, digests: Released<readonly Uint8Array[]>): void;
  /** The proof. @throws Error when called twice */
  finish(): Uint8Array<ArrayBuffer>;
}

/**
 * Starts a proof.
 *
 * @example
 * const ch = proverChannel(domain);
 * ch.writeDigests('root', publicRandom([root], 'root of a salted tree'));
 * const r = ch.challengeExt('r');
 * const proof = ch.finish();
 */
export function proverChannel(domain: Domain, observer?: Observer): ProverChannel {
  const { field } = domain;
  const kBytes = extBytes(field);
  const parts: Uint8Array[] = [];
  let writtenBytes = 0;
  let finished = false;
  const transcript = createTranscript(domain, () => writtenBytes, observer);

  const append = (label: string, bytes: Uint8Array): void => {
    if (finished) throw new Error(`proverChannel: ${label}: expected no write behind finish`);
    parts.push(bytes);
    writtenBytes += bytes.length;
  };
  const message = (type: EventType, tag: Tag, label: string, itemBytes: number, bytes: Uint8Array): void => {
    append(label, bytes);
    transcript.message(type, { tag, label, itemBytes, count: bytes.length / itemBytes }, bytes);
  };
  const opening = (type: EventType, label: string, itemBytes: number, bytes: Uint8Array): void => {
    append(label, bytes);
    transcript.opening(type, label, bytes.length / itemBytes, bytes.length);
  };
  const fesBytes = (label: string, values: Released<readonly Fe[]>): Uint8Array => {
    const fes = releasedValue(values);
    fes.forEach((value, i) => checkFe(label, i, value, field.base.modulus));
    return encodeFes(fes);
  };
  const extsBytes = (label: string, values: Released<readonly Ext[]>): Uint8Array => {
    const exts = releasedValue(values);
    exts.forEach((value, i) => {
      if (value.length !== field.degree) {
        throw new RangeError(`${label}[${i}]: expected ${field.degree} limbs, got ${value.length}`);
      }
      value.forEach((limb) => checkFe(label, i, limb, field.base.modulus));
    });
    return encodeExts(exts);
  };
  const digestsBytes = (label: string, values: Released<readonly Uint8Array[]>): Uint8Array =>
    joinDigests(label, releasedValue(values));

  return {
    ...challengerOf(transcript),
    writeFes: (label, values) => message('fes', TAG.fes, label, FE_BYTES, fesBytes(label, values)),
    writeExts: (label, values) => message('exts', TAG.exts, label, kBytes, extsBytes(label, values)),
    writeBytes: (label, bytes) => message('bytes', TAG.bytes, label, 1, releasedValue(bytes).slice()),
    writeDigests: (label, digests) =>
      message('digests', TAG.digests, label, DIGEST_BYTES, digestsBytes(label, digests)),
    writeOpeningBytes: (label, bytes) => opening('bytes', label, 1, releasedValue(bytes).slice()),
    writeOpeningFes: (label, values) => opening('fes', label, FE_BYTES, fesBytes(label, values)),
    writeOpeningExts: (label, values) => opening('exts', label, kBytes, extsBytes(label, values)),
    writeOpeningDigests: (label, digests) =>
      opening('digests', label, DIGEST_BYTES, digestsBytes(label, digests)),
    finish() {
      if (finished) throw new Error('proverChannel: expected one call of finish, got two');
      finished = true;
      transcript.checkCounters('end');
      return concatenate(parts, writtenBytes);
    },
  };
}

/** An honest prover never writes an encoding that the verifier refuses. The value itself is not printed. */
function checkFe(label: string, i: number, value: number, modulus: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= modulus) {
    throw new RangeError(`${label}[${i}]: expected integers in [0, ${modulus}), got another value`);
  }
}

function joinDigests(label: string, digests: readonly Uint8Array[]): Uint8Array {
  digests.forEach((digest, i) => {
    if (digest.length !== DIGEST_BYTES) {
      throw new RangeError(`${label}[${i}]: expected ${DIGEST_BYTES} bytes, got ${digest.length}`);
    }
  });
  return concatenate(digests, digests.length * DIGEST_BYTES);
}

function concatenate(parts: readonly Uint8Array[], byteCount: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteCount);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
