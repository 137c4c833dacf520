/** Structure-aware mutations of proofs, by number: the same number gives the same mutation. */
import type { TranscriptEvent } from '../../src/transcript/transcript.ts';
import { segmentsOf, type Segment } from './soundness/layout.ts';
import type { TwinCase } from './twin-cases.ts';
import { generator } from './words.ts';

export interface Mutant {
  /** What was done, with enough to do it again. */
  readonly name: string;
  readonly proof: Uint8Array;
}

/** Where the messages of an honest proof stand, from the verifier's own log. */
export function segmentsOfProof(of: TwinCase, proof: Uint8Array): Segment[] {
  const events: TranscriptEvent[] = [];
  of.word(proof, undefined, (event) => events.push(event));
  return segmentsOf(events);
}

const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Salts are logged as bytes: sixteen of them are one value. */
function itemBytes(segment: Segment): number {
  return segment.type === 'bytes' ? 16 : segment.itemBytes;
}

/**
 * @param segments of proofs 0 and 1 of the case
 * @param foreign a proof of another kind or statement
 * @param modulus p: words are kept canonical, or made not so on purpose
 */
export function mutate(
  { proofs }: TwinCase,
  [segments, others]: readonly [readonly Segment[], readonly Segment[]],
  foreign: Uint8Array,
  modulus: number,
  seed: number,
): Mutant {
  const next = generator(seed * 2654435761 + 1);
  for (let i = 0; i < 4; i++) next(); // close seeds have close first values
  const below = (n: number): number => next() % n;
  const proof = proofs[0] as Uint8Array;
  const other = proofs[1] as Uint8Array;
  const labels = [...new Set(segments.map(({ label }) => label))];
  const label = labels[below(labels.length)] as string;
  const same = segments.filter((segment) => segment.label === label);
  const segment = same[below(same.length)] as Segment;
  const index = segments.indexOf(segment);
  const twin = others[index] as Segment;
  const size = itemBytes(segment);
  const count = (segment.end - segment.start) / size;
  const item = below(count);
  const at = segment.start + item * size;
  const words = segment.type === 'fes' || segment.type === 'exts';
  const named = (what: string, mutant: Uint8Array): Mutant => ({
    name: `seed ${seed}: ${what} at ${label} (message ${index}, item ${item})`,
    proof: mutant,
  });
  const patch = (what: string, value: Uint8Array, offset = at): Mutant => {
    const mutant = proof.slice();
    mutant.set(value, offset);
    return named(what, mutant);
  };
  const word = (what: string, offset: number, of: (old: number) => number): Mutant => {
    const value = new Uint8Array(4);
    const old = new DataView(proof.buffer, proof.byteOffset).getUint32(offset, true);
    new DataView(value.buffer).setUint32(0, of(old), true);
    return patch(what, value, offset);
  };
  /** A limb of the item: elements of K have several. */
  const limb = at + 4 * below(size / 4);
  const before = proof.subarray(0, segment.start);
  const own = proof.subarray(segment.start, segment.end);
  const behind = proof.subarray(segment.end);

  const choices: (() => Mutant)[] = [
    () =>
      words ? word('word + 1', limb, (x) => (x + 1) % modulus) : patch('bit', flipBit(proof, at, below)),
    () => (words ? word('random word', limb, () => below(modulus)) : patch('random', random(size, next))),
    () => patch('zeros', new Uint8Array(size)),
    () => patch('neighbour', neighbour(proof, segment, item, size)),
    () => patch('counterpart', counterpart(other, twin, item, size)),
    () =>
      words ? word('word + p', limb, (x) => x + modulus) : patch('ones', new Uint8Array(size).fill(255)),
    () => (words ? word('p', limb, () => modulus) : patch('salt or digest of zeros', new Uint8Array(size))),
    () => named('truncated', proof.slice(0, [segment.start, segment.end - 1, at, limb][below(4)])),
    () => named('extended', join(proof, random(1 + below(40), next))),
    () => named('item doubled', join(proof.subarray(0, at + size), proof.subarray(at))),
    () => named('dropped', join(before, behind)),
    () => named('doubled', join(before, own, own, behind)),
    () => named('rotated', join(before, own.subarray(size), own.subarray(0, size), behind)),
    () => named('rest of another proof', join(before, other.subarray(twin.start))),
    () => named('message of another proof', join(before, other.subarray(twin.start, twin.end), behind)),
    () => named('rest of a foreign proof', join(before, foreign.subarray(segment.start))),
    () => named('foreign proof', foreign),
    () => named('another proof', other),
    () => named('no bytes', new Uint8Array(0)),
  ];
  // Single values are most of them.
  const pick = below(choices.length + 14);
  return (choices[pick < choices.length ? pick : pick % 7] as () => Mutant)();
}

function flipBit(proof: Uint8Array, at: number, below: (n: number) => number): Uint8Array {
  return Uint8Array.of((proof[at] as number) ^ (1 << below(8)));
}

function random(count: number, next: () => number): Uint8Array {
  return Uint8Array.from({ length: count }, () => next() & 255);
}

function neighbour(proof: Uint8Array, segment: Segment, item: number, size: number): Uint8Array {
  const start = segment.start + (item === 0 ? 1 : item - 1) * size;
  return start + size <= segment.end ? proof.slice(start, start + size) : random(size, generator(item + 1));
}

function counterpart(other: Uint8Array, twin: Segment, item: number, size: number): Uint8Array {
  const last = (twin.end - twin.start) / size - 1;
  const start = twin.start + Math.min(item, last) * size;
  return other.slice(start, start + size);
}
