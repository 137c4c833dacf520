/** Changes of one value of a proof. */
import { quintic } from '../../../src/field/quintic.ts';
import { generator } from '../words.ts';
import type { Segment } from './layout.ts';

const P = quintic.base.modulus;

/** Changes of an item of a segment: bytes of the item, its neighbour and its counterpart in another valid proof. */
export type Mutation = (item: Uint8Array, neighbour: Uint8Array, other: Uint8Array) => Uint8Array;

const next = generator(11);
const setWord = (item: Uint8Array, change: (word: number) => number): Uint8Array => {
  const changed = item.slice();
  const view = new DataView(changed.buffer);
  view.setUint32(0, change(view.getUint32(0, true)), true);
  return changed;
};

/** For words below p: an element of F, or the first limb of one of K. */
export const WORDS: Record<string, Mutation> = {
  'plus 1': (item) => setWord(item, (word) => (word + 1) % P),
  random: (item) => setWord(item, () => next() % P),
  zero: (item) => item.map(() => 0),
  'p - 1': (item) => setWord(item, () => P - 1),
  neighbour: (_item, neighbour) => neighbour,
  'another proof': (_item, _neighbour, other) => other,
};
/** For digests and salts: strings of bytes. */
export const BYTES: Record<string, Mutation> = {
  'one bit': (item) => item.map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
  random: (item) => item.map(() => next() & 255),
  zero: (item) => item.map(() => 0),
  ones: (item) => item.map(() => 255),
  neighbour: (_item, neighbour) => neighbour,
  'another proof': (_item, _neighbour, other) => other,
};

export const isWords = ({ type }: Segment): boolean => type === 'fes' || type === 'exts';

/** Salts are logged as bytes: sixteen of them are one value. */
export const sizeOf = (segment: Segment): number => (segment.type === 'bytes' ? 16 : segment.itemBytes);

/** First, middle and last value of a segment, and where it has parts, their ends. */
export function indicesOf(segment: Segment, star: number): number[] {
  const count = (segment.end - segment.start) / sizeOf(segment);
  const wanted = [0, Math.floor(count / 2), count - 1];
  if (segment.label === 'pads/revealed') wanted.push(star);
  return [...new Set(wanted)].filter((i) => i >= 0 && i < count);
}

/** A valid proof with its messages, and the same of another valid proof of the statement. */
export interface Messages {
  readonly proof: Uint8Array;
  readonly segments: readonly Segment[];
}

/** A proof with one value changed. */
export interface Tampered {
  readonly what: string;
  readonly index: number;
  readonly proof: Uint8Array;
}

/**
 * One segment's values changed in each of the given ways; changes that change nothing are left out.
 *
 * @param star index of the star among the revealed pads
 */
export function tamper(
  one: Messages,
  other: Messages,
  segment: Segment,
  star: number,
  mutations: readonly (readonly [string, Mutation])[],
): Tampered[] {
  const size = sizeOf(segment);
  const count = (segment.end - segment.start) / size;
  const item = (index: number): Uint8Array =>
    one.proof.slice(segment.start + index * size, segment.start + (index + 1) * size);
  // The same message of another proof stands elsewhere: it has other positions, and other siblings.
  const twin = other.segments[one.segments.indexOf(segment)] as Segment;
  if (twin.label !== segment.label) throw new Error(`tamper: expected ${segment.label}, got ${twin.label}`);
  const twins = (twin.end - twin.start) / size;
  return indicesOf(segment, star).flatMap((index) =>
    mutations.flatMap(([what, mutation]): Tampered[] => {
      const value = item(index);
      const at = twin.start + Math.min(index, twins - 1) * size;
      const neighbour = item(index + 1 < count ? index + 1 : Math.max(index - 1, 0));
      const mutant = mutation(value, neighbour, other.proof.slice(at, at + size));
      if (mutant.length !== size) throw new Error(`tamper: expected ${size} bytes, got ${mutant.length}`);
      if (Buffer.compare(mutant, value) === 0) return [];
      const proof = one.proof.slice();
      proof.set(mutant, segment.start + index * size);
      return [{ what, index, proof }];
    }),
  );
}

/** The first and the last message of every label. */
export function endsOf(segments: readonly Segment[]): Segment[] {
  return [...new Set(segments.map(({ label }) => label))].flatMap((label) => {
    const same = segments.filter((segment) => segment.label === label);
    return [...new Set([same[0] as Segment, same.at(-1) as Segment])];
  });
}
