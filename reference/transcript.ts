/**
 * The transcript of spec/transcript.md, from its text. Shares no code with src/. States are byte arrays, field
 * elements bigints.
 */
import { blake3 } from './blake3.ts';
import { ascii, join, littleEndian } from './bytes.ts';
import type { Element, Field } from './field.ts';

/** Section 3: tags. */
export const TAGS = {
  publicBytes: 0x01,
  publicFes: 0x02,
  publicDigest: 0x04,
  publicText: 0x06,
  publicInteger: 0x07,
  bytes: 0x11,
  fes: 0x12,
  exts: 0x13,
  digests: 0x14,
  challengeFes: 0x22,
  challengeExts: 0x23,
  challengePositions: 0x25,
} as const;

export interface Domain {
  readonly protocol: string;
  readonly kind: string;
  readonly formatVersion: bigint;
  readonly field: Field;
  readonly parametersDigest: Uint8Array;
  readonly statementDigest: Uint8Array;
}

/** A transcript: a state, and words still to be read from the output of the last challenge. */
export interface Transcript {
  readonly field: Field;
  state: Uint8Array;
}

/** Section 2: a chain. */
export function start(context: string, field: Field): Transcript {
  return { field, state: blake3(ascii(context)) };
}

/** Section 4: a transcript that has absorbed its domain. */
export function startProof(domain: Domain): Transcript {
  const { field } = domain;
  const t = start('zkdl transcript 1', field);
  absorbText(t, 'protocol', domain.protocol);
  absorbText(t, 'kind', domain.kind);
  absorbInteger(t, 'format-version', domain.formatVersion);
  absorbInteger(t, 'field/modulus', field.p);
  absorbInteger(t, 'field/degree', BigInt(field.low.length));
  const low = field.low.map((m) => ((m % field.p) + field.p) % field.p);
  absorb(t, TAGS.publicFes, 'field/polynomial', 4, low.length, elements(low));
  absorb(t, TAGS.publicDigest, 'parameters', 32, 1, domain.parametersDigest);
  absorb(t, TAGS.publicDigest, 'statement', 32, 1, domain.statementDigest);
  return t;
}

/** Section 2: absorbs an entry. */
export function absorb(
  t: Transcript,
  tag: number,
  label: string,
  itemBytes: number,
  count: number,
  payload: Uint8Array,
): void {
  t.state = blake3(entry(tag, label, itemBytes, count, payload), 32, t.state);
}

export function absorbText(t: Transcript, label: string, text: string): void {
  absorb(t, TAGS.publicText, label, 1, text.length, ascii(text));
}

export function absorbInteger(t: Transcript, label: string, value: bigint): void {
  absorb(t, TAGS.publicInteger, label, 8, 1, littleEndian(BigInt.asUintN(64, value), 8));
}

/** Section 5: `count` challenges in F. */
export function challengeFes(t: Transcript, label: string, count: number): bigint[] {
  const word = squeeze(t, TAGS.challengeFes, label, 4, count);
  return Array.from({ length: count }, () => below(t.field.p, word));
}

/** Section 5: `count` challenges in K. */
export function challengeExts(t: Transcript, label: string, count: number): Element[] {
  const word = squeeze(t, TAGS.challengeExts, label, 4 * t.field.low.length, count);
  return Array.from({ length: count }, () => t.field.low.map(() => below(t.field.p, word)));
}

/** Section 5: `count` positions in [0, 2^logSize). */
export function challengePositions(t: Transcript, label: string, count: number, logSize: number): bigint[] {
  const word = squeeze(t, TAGS.challengePositions, label, logSize, count);
  return Array.from({ length: count }, () => word() % 2n ** BigInt(logSize));
}

/** Elements of F, four bytes each. */
export function elements(values: readonly bigint[]): Uint8Array {
  return join(values.map((value) => littleEndian(value, 4)));
}

/** Section 2: an entry without payload, the new state, and the words behind it. */
function squeeze(t: Transcript, tag: number, label: string, itemBytes: number, count: number): () => bigint {
  const message = entry(tag, label, itemBytes, count, new Uint8Array(0));
  const key = t.state;
  t.state = blake3(message, 32, key);
  let output = t.state;
  let at = 32;
  return () => {
    if (at + 4 > output.length) output = blake3(message, 2 * output.length, key);
    at += 4;
    return output.slice(at - 4, at).reduceRight((word, byte) => 256n * word + BigInt(byte), 0n);
  };
}

/** Section 5: the low bits of a word, drawn again until below p. */
function below(p: bigint, word: () => bigint): bigint {
  let range = 2n;
  while (range < p) range *= 2n;
  for (;;) {
    const value = word() % range;
    if (value < p) return value;
  }
}

function entry(
  tag: number,
  label: string,
  itemBytes: number,
  count: number,
  payload: Uint8Array,
): Uint8Array {
  const header = [Uint8Array.of(tag, label.length), littleEndian(itemBytes, 2)];
  return join([...header, littleEndian(count, 4), ascii(label), payload]);
}
