/**
 * What a verifier holds while it reads a proof: spec/transcript.md sections 6 and 7, spec/encoding.md. Reading a message
 * absorbs it; what `take` returns is opened, not absorbed, and is for reference/merkle.ts alone.
 */
import type { Algebra } from './algebra.ts';
import { readInteger, split } from './bytes.ts';
import type { Element } from './field.ts';
import { at } from './lists.ts';
import { refuse, require } from './refusal.ts';
import * as transcript from './transcript.ts';

export interface Channel {
  readonly K: Algebra;
  readonly transcript: transcript.Transcript;
  readonly proof: Uint8Array;
  /** Bytes read so far. */
  position: number;
}

export function openChannel(K: Algebra, domain: transcript.Domain, proof: Uint8Array): Channel {
  return { K, transcript: transcript.startProof(domain), proof, position: 0 };
}

/** The next bytes. Refuses before anything else is looked at: `TRUNCATED`. */
export function take(ch: Channel, byteCount: number): Uint8Array {
  const end = ch.position + byteCount;
  require(end <= ch.proof.length, 'TRUNCATED', `${end} bytes of ${ch.proof.length}`);
  const bytes = ch.proof.slice(ch.position, end);
  ch.position = end;
  return bytes;
}

/** Words of F, spec/encoding.md 4: canonical. */
export function decodeFes(ch: Channel, bytes: Uint8Array): bigint[] {
  return split(bytes, 4).map((word) => {
    const value = readInteger(word, 0, 4);
    return value < ch.K.p ? value : refuse('NON_CANONICAL', `word ${value}`);
  });
}

/** Elements of K from their limbs. */
export function group(ch: Channel, words: readonly bigint[]): Element[] {
  const d = ch.K.degree;
  return Array.from({ length: words.length / d }, (_, i) => words.slice(i * d, (i + 1) * d));
}

/** A message of elements of K. */
export function readExts(ch: Channel, label: string, count: number): Element[] {
  const itemBytes = 4 * ch.K.degree;
  const bytes = take(ch, count * itemBytes);
  const values = group(ch, decodeFes(ch, bytes));
  transcript.absorb(ch.transcript, transcript.TAGS.exts, label, itemBytes, count, bytes);
  return values;
}

/** A message of one digest. */
export function readDigest(ch: Channel, label: string): Uint8Array {
  const bytes = take(ch, 32);
  transcript.absorb(ch.transcript, transcript.TAGS.digests, label, 32, 1, bytes);
  return bytes;
}

/** A challenge of `count` elements of K; of no elements too, which is an entry like any other. */
export function challenges(ch: Channel, label: string, count: number): Element[] {
  return transcript.challengeExts(ch.transcript, label, count);
}

export function challenge(ch: Channel, label: string): Element {
  return at(challenges(ch, label, 1), 0);
}

/** Positions below 2^logSize: `count` are drawn, the distinct ones returned, ascending. */
export function positions(ch: Channel, label: string, count: number, logSize: number): number[] {
  const drawn = transcript.challengePositions(ch.transcript, label, count, logSize).map(Number);
  return [...new Set(drawn)].sort((a, b) => a - b);
}

/** The end of the proof. */
export function finish(ch: Channel): void {
  const { position, proof } = ch;
  require(position === proof.length, 'TRAILING_BYTES', `${position} bytes of ${proof.length}`);
}
