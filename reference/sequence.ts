/**
 * Known-answer sequences: steps of a transcript in a neutral form, and the twin's answers to them. Payloads are given
 * by a rule instead of bytes, so that the file of vectors stays readable:
 * byte i of a payload is (seed + 7 i + (i >> 8)) mod 251, element i of F (limb i, for K) is
 * (seed + 2654435761 i) mod p. A public text is the letters of the step's `text`.
 */
import { blake3 } from './blake3.ts';
import type { Field } from './field.ts';
import * as twin from './transcript.ts';

/** One step; `count` counts items of the step's type. */
export interface Step {
  readonly step:
    | 'publicBytes'
    | 'publicFes'
    | 'publicDigest'
    | 'bytes'
    | 'fes'
    | 'exts'
    | 'digests'
    | 'challengeFes'
    | 'challengeExts'
    | 'challengePositions';
  readonly label: string;
  readonly count: number;
  /** For absorbs. */
  readonly seed?: number;
  /** For positions. */
  readonly logSize?: number;
}

/** p and the low coefficients of the extension polynomial, both as the integers of the field definition. */
export interface FieldParameters {
  readonly modulus: number;
  readonly polynomial: readonly number[];
}

export interface Sequence {
  readonly name: string;
  readonly field: FieldParameters;
  readonly protocol: string;
  readonly kind: string;
  readonly formatVersion: number;
  /** Both digests of the domain are byte(seed + ..) of 32 bytes with seeds 1 and 2. */
  readonly steps: readonly Step[];
}

export interface Answers {
  /** State behind the domain and behind each step, hexadecimal. */
  readonly states: readonly string[];
  /**
   * For each challenge: its values (elements of K limb by limb) when at most 16, else the BLAKE3 digest of all of
   * them as four-byte integers, hexadecimal.
   */
  readonly challenges: readonly (readonly number[] | string)[];
}

/** Byte i of a payload. */
export function payloadBytes(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (seed + 7 * i + (i >> 8)) % 251);
}

/** Element i of F of a payload. */
export function payloadElements(length: number, seed: number, p: bigint): bigint[] {
  return Array.from({ length }, (_, i) => (BigInt(seed) + 2654435761n * BigInt(i)) % p);
}

/** What the twin answers. */
export function runTwin(sequence: Sequence): Answers {
  const field: Field = {
    p: BigInt(sequence.field.modulus),
    low: sequence.field.polynomial.map(BigInt),
  };
  const t = twin.startProof({
    protocol: sequence.protocol,
    kind: sequence.kind,
    formatVersion: BigInt(sequence.formatVersion),
    field,
    parametersDigest: payloadBytes(32, 1),
    statementDigest: payloadBytes(32, 2),
  });
  const states = [hex(t.state)];
  const challenges: (number[] | string)[] = [];
  for (const step of sequence.steps) {
    const drawn = runStep(t, step);
    if (drawn !== undefined) challenges.push(summary(drawn));
    states.push(hex(t.state));
  }
  return { states, challenges };
}

function runStep(
  t: twin.Transcript,
  { step, label, count, seed = 0, logSize = 0 }: Step,
): bigint[] | undefined {
  const { p, low } = t.field;
  const fes = (n: number): Uint8Array => twin.elements(payloadElements(n, seed, p));
  switch (step) {
    case 'challengeFes':
      return twin.challengeFes(t, label, count);
    case 'challengeExts':
      return twin.challengeExts(t, label, count).flat();
    case 'challengePositions':
      return twin.challengePositions(t, label, count, logSize);
    case 'publicFes':
    case 'fes':
      return void twin.absorb(t, twin.TAGS[step], label, 4, count, fes(count));
    case 'exts':
      return void twin.absorb(t, twin.TAGS.exts, label, 4 * low.length, count, fes(count * low.length));
    case 'publicDigest':
    case 'digests':
      return void twin.absorb(t, twin.TAGS[step], label, 32, count, payloadBytes(32 * count, seed));
    default:
      return void twin.absorb(t, twin.TAGS[step], label, 1, count, payloadBytes(count, seed));
  }
}

/** How challenges are written down. */
export function summary(values: readonly bigint[]): number[] | string {
  return values.length <= 16 ? values.map(Number) : hex(blake3(twin.elements(values)));
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
