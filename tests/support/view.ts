/**
 * The verifier's view with fixed challenges: a channel that answers with challenges of the test's choice and keeps every
 * field element that the prover writes, by label. Digests and salts are kept apart: hiding treats them as random.
 */
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import { releasedValue } from '../../src/secret/released.ts';
import type { ProverChannel } from '../../src/transcript/prover.ts';
import type { Challenger } from '../../src/transcript/transcript.ts';
import { generator } from './words.ts';

/** Challenges of one proof: from a seed, except for the positions that are given. */
export interface Challenges {
  readonly seed: number;
  /** Positions by label; others are distinct and drawn from the seed. */
  readonly positions?: Readonly<Record<string, readonly number[]>>;
  /** Elements by label; others are drawn from the seed. */
  readonly exts?: Readonly<Record<string, readonly Ext[]>>;
}

/** What one write contains. */
export interface Written {
  readonly label: string;
  readonly words: readonly number[];
}

export interface ViewChannel extends ProverChannel {
  /** Elements of F and limbs of elements of K, in the order of writing. */
  readonly written: Written[];
  /** Roots and siblings, hex, by label. */
  readonly digests: { readonly label: string; readonly hex: string }[];
}

/** The nth challenge of a label, whatever was drawn in between: a simulator can look ahead. */
export function fixedChallenger(field: ExtensionField, challenges: Challenges): Challenger {
  const drawn = new Map<string, number>();
  const next = (label: string): (() => number) => {
    const nth = drawn.get(label) ?? 0;
    drawn.set(label, nth + 1);
    let seed = challenges.seed * 0x9e37 + 7919 * (nth + 1);
    for (const letter of label) seed = (Math.imul(seed, 31) + letter.charCodeAt(0)) | 0;
    const words = generator(seed);
    for (let i = 0; i < 8; i++) words();
    return words;
  };
  const p = field.base.modulus;
  const challengeExts = (label: string, count: number): Ext[] => {
    const given = challenges.exts?.[label];
    if (given !== undefined) return given.slice(0, count) as Ext[];
    const words = next(label);
    return Array.from({ length: count }, () =>
      Array.from({ length: field.degree }, () => (words() % p) as Fe),
    );
  };
  const noPublic = (): never => {
    throw new Error('view: expected no public absorb behind the statement');
  };
  return {
    field,
    absorbPublicBytes: noPublic,
    absorbPublicFes: noPublic,
    absorbPublicDigest: noPublic,
    challengeFes(label, count) {
      const words = next(label);
      return Array.from({ length: count }, () => (words() % p) as Fe);
    },
    challengeExts,
    challengeExt: (label) => challengeExts(label, 1)[0] as Ext,
    challengePositions(label, count, logSize) {
      const given = challenges.positions?.[label];
      if (given !== undefined) return [...given];
      const words = next(label);
      const positions = new Set<number>();
      while (positions.size < Math.min(count, 2 ** logSize)) positions.add(words() % 2 ** logSize);
      return [...positions];
    },
  };
}

export function viewChannel(field: ExtensionField, challenges: Challenges): ViewChannel {
  const written: Written[] = [];
  const digests: { label: string; hex: string }[] = [];
  const keepDigests = (label: string, values: readonly Uint8Array[]): void => {
    for (const value of values) digests.push({ label, hex: Buffer.from(value).toString('hex') });
  };
  return {
    ...fixedChallenger(field, challenges),
    written,
    digests,
    writeFes: (label, values) => void written.push({ label, words: [...releasedValue(values)] }),
    writeExts: (label, values) => void written.push({ label, words: releasedValue(values).flat() }),
    writeBytes: (label, bytes) => void written.push({ label, words: [...releasedValue(bytes)] }),
    writeDigests: (label, values) => keepDigests(label, releasedValue(values)),
    writeOpeningBytes: () => {}, // salts of opened leaves
    writeOpeningFes: (label, values) => void written.push({ label, words: [...releasedValue(values)] }),
    writeOpeningExts: (label, values) => void written.push({ label, words: releasedValue(values).flat() }),
    writeOpeningDigests: (label, values) => keepDigests(label, releasedValue(values)),
    finish: () => new Uint8Array(0),
  };
}
