/** SND-1: one value of a valid proof changed. SND-2: a valid proof cut, extended, with messages dropped, doubled, swapped. */
import { describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { corpus } from '../support/soundness/corpus.ts';
import { segmentsOf, verifierLog, type Segment } from '../support/soundness/layout.ts';
import { expectedCodes, unusedClasses } from '../support/soundness/manifest.ts';
import { codeOfVerdict, verifyStatement } from '../support/soundness/statements.ts';
import { generator } from '../support/words.ts';

const P = quintic.base.modulus;
const { fixtures } = await corpus();
const cases = fixtures.map((fixture) => ({
  ...fixture,
  segments: segmentsOf(verifierLog(quintic, fixture.statement, fixture.proofs[0])),
  others: segmentsOf(verifierLog(quintic, fixture.statement, fixture.proofs[1])),
}));

/** Changes of an item of a segment: bytes of the item, its neighbour and its counterpart in another valid proof. */
type Mutation = (item: Uint8Array, neighbour: Uint8Array, other: Uint8Array) => Uint8Array;

const next = generator(11);
const setWord = (item: Uint8Array, change: (word: number) => number): Uint8Array => {
  const changed = item.slice();
  const view = new DataView(changed.buffer);
  view.setUint32(0, change(view.getUint32(0, true)), true);
  return changed;
};

/** For words below p: an element of F, or the first limb of one of K. */
const WORDS: Record<string, Mutation> = {
  'plus 1': (item) => setWord(item, (word) => (word + 1) % P),
  random: (item) => setWord(item, () => next() % P),
  zero: (item) => item.map(() => 0),
  'p - 1': (item) => setWord(item, () => P - 1),
  neighbour: (_item, neighbour) => neighbour,
  'another proof': (_item, _neighbour, other) => other,
};
/** For digests and salts: strings of bytes. */
const BYTES: Record<string, Mutation> = {
  'one bit': (item) => item.map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
  random: (item) => item.map(() => next() & 255),
  zero: (item) => item.map(() => 0),
  ones: (item) => item.map(() => 255),
  neighbour: (_item, neighbour) => neighbour,
  'another proof': (_item, _neighbour, other) => other,
};

const isWords = ({ type }: Segment): boolean => type === 'fes' || type === 'exts';
/** Salts are logged as bytes: sixteen of them are one value. */
const sizeOf = (segment: Segment): number => (segment.type === 'bytes' ? 16 : segment.itemBytes);

/** First, middle and last value of a segment, and where it has parts, their ends. */
function indicesOf(segment: Segment, star: number): number[] {
  const count = (segment.end - segment.start) / sizeOf(segment);
  const wanted = [0, Math.floor(count / 2), count - 1];
  if (segment.label === 'pads/revealed') wanted.push(star);
  return [...new Set(wanted)].filter((i) => i >= 0 && i < count);
}

describe.each(cases)('SND-1: $name', ({ name, statement, proofs, segments, others }) => {
  const proof = proofs[0];
  const { end } = segments.at(-1) as Segment;
  const star = statement.parameters.pads.size - 1;

  test('the log covers the proof', () => expect(end).toBe(proof.length));

  /** The first and the last message of a label. */
  const chosen = [...new Set(segments.map(({ label }) => label))].flatMap((label) => {
    const same = segments.filter((segment) => segment.label === label);
    return [...new Set([same[0] as Segment, same.at(-1) as Segment])];
  });

  test.each(chosen)('$label at $start', (segment) => {
    const size = sizeOf(segment);
    const item = (bytes: Uint8Array, index: number): Uint8Array =>
      bytes.slice(segment.start + index * size, segment.start + (index + 1) * size);
    const count = (segment.end - segment.start) / size;
    // The same message of another proof stands elsewhere: it has other positions, and other siblings.
    const other = others[segments.indexOf(segment)] as Segment;
    const otherCount = (other.end - other.start) / size;
    expect(other.label).toBe(segment.label);
    let changed = 0;
    // The largest proof is for its message classes: two changes of each.
    const mutations = Object.entries(isWords(segment) ? WORDS : BYTES).filter(
      (_, i) => name !== 'carried' || i === 0 || i === 5,
    );
    for (const index of indicesOf(segment, star)) {
      for (const [what, mutation] of mutations) {
        const value = item(proof, index);
        const neighbour = item(proof, index + 1 < count ? index + 1 : Math.max(index - 1, 0));
        const at = other.start + Math.min(index, otherCount - 1) * size;
        const mutant = mutation(value, neighbour, proofs[1].slice(at, at + size));
        expect(mutant.length).toBe(size);
        if (Buffer.compare(mutant, value) === 0) continue;
        changed++;
        const tampered = proof.slice();
        tampered.set(mutant, segment.start + index * size);
        const verdict = verifyStatement(quintic, statement, tampered);
        const expected = expectedCodes(segment, index, statement);
        const code = codeOfVerdict(verdict);
        expect([what, index, code, expected.includes(code)]).toEqual([what, index, code, true]);
      }
    }
    expect(changed).toBeGreaterThanOrEqual(mutations.length - 2);
  });

  test('p and more for every kind of word', () => {
    for (const segment of chosen.filter(isWords)) {
      for (const excess of [0, 1]) {
        const tampered = proof.slice();
        const view = new DataView(tampered.buffer);
        const at = segment.end - 4;
        const word = view.getUint32(at, true);
        view.setUint32(at, excess === 0 ? P : word + P, true);
        expect([segment.label, codeOfVerdict(verifyStatement(quintic, statement, tampered))]).toEqual([
          segment.label,
          'NON_CANONICAL',
        ]);
      }
    }
  });
});

test('SND-1: every line of the manifest is used', () => {
  expect(unusedClasses(cases.flatMap(({ segments }) => segments))).toEqual([]);
  const unknown = { ...(cases[0]?.segments[0] as Segment), label: 'open/new' };
  expect(() => expectedCodes(unknown, 0, fixtures[0]!.statement)).toThrow('no entry');
});

describe.each(cases.filter(({ name }) => name !== 'carried'))(
  'SND-2: $name',
  ({ statement, proofs, segments }) => {
    const proof = proofs[0];
    const code = (...parts: readonly Uint8Array[]): string =>
      codeOfVerdict(verifyStatement(quintic, statement, new Uint8Array(Buffer.concat(parts))));
    const part = ({ start, end }: Segment): Uint8Array => proof.subarray(start, end);
    const REFUSED = ['TRUNCATED', 'TRAILING_BYTES', 'MERKLE_ROOT', 'NON_CANONICAL', 'PAD_LINEAR'];

    test('cut at every boundary of a message and inside', () => {
      for (const { start, end } of segments) {
        for (const at of [start, start + 1, end - 1]) {
          expect([at, code(proof.subarray(0, at))]).toEqual([at, 'TRUNCATED']);
        }
      }
    });
    test('extended by 1 to 64 bytes', () => {
      for (const extra of [1, 4, 16, 32, 64]) {
        expect([extra, code(proof, new Uint8Array(extra))]).toEqual([extra, 'TRAILING_BYTES']);
      }
      expect(code(new Uint8Array(1), proof)).not.toBe('accepted');
    });
    test('each message dropped', () => {
      for (const { label, start, end } of segments) {
        const got = code(proof.subarray(0, start), proof.subarray(end));
        expect([label, REFUSED.includes(got), got]).toEqual([label, true, got]);
      }
    });
    test('each message doubled', () => {
      for (const segment of segments) {
        const got = code(proof.subarray(0, segment.end), proof.subarray(segment.start));
        expect([segment.label, REFUSED.includes(got), got]).toEqual([segment.label, true, got]);
      }
    });
    test('neighbours swapped, and the halves of each message', () => {
      segments.forEach((segment, i) => {
        const { label, start, end } = segment;
        const following = segments[i + 1];
        if (following !== undefined) {
          const got = code(
            proof.subarray(0, start),
            part(following),
            part(segment),
            proof.subarray(following.end),
          );
          expect([label, REFUSED.includes(got), got]).toEqual([label, true, got]);
        }
        const unit = sizeOf(segment);
        const middle = start + unit * Math.floor((end - start) / (2 * unit));
        if (middle === start) return;
        const got = code(
          proof.subarray(0, start),
          proof.subarray(middle, end),
          proof.subarray(start, middle),
          proof.subarray(end),
        );
        expect([label, REFUSED.includes(got), got]).toEqual([label, true, got]);
      });
    });
  },
);
