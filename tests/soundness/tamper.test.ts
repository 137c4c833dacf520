/** SND-1: one value of a valid proof changed. SND-2: a valid proof cut, extended, with messages dropped, doubled, swapped. */
import { describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { corpus } from '../support/soundness/corpus.ts';
import { segmentsOf, verifierLog, type Segment } from '../support/soundness/layout.ts';
import { expectedCodes, unusedClasses } from '../support/soundness/manifest.ts';
import { codeOfVerdict, verifyStatement } from '../support/soundness/statements.ts';
import { BYTES, endsOf, isWords, sizeOf, tamper, WORDS } from '../support/soundness/mutations.ts';

const P = quintic.base.modulus;
const { fixtures } = await corpus();
const cases = fixtures.map((fixture) => ({
  ...fixture,
  segments: segmentsOf(verifierLog(quintic, fixture.statement, fixture.proofs[0])),
  others: segmentsOf(verifierLog(quintic, fixture.statement, fixture.proofs[1])),
}));

describe.each(cases)('SND-1: $name', ({ name, statement, proofs, segments, others }) => {
  const proof = proofs[0];
  const { end } = segments.at(-1) as Segment;
  const star = statement.parameters.pads.size - 1;

  test('the log covers the proof', () => expect(end).toBe(proof.length));

  const chosen = endsOf(segments);

  test.each(chosen)('$label at $start', (segment) => {
    // The largest proof is for its message classes: two changes of each.
    const mutations = Object.entries(isWords(segment) ? WORDS : BYTES).filter(
      (_, i) => name !== 'carried' || i === 0 || i === 5,
    );
    const changed = tamper(
      { proof, segments },
      { proof: proofs[1], segments: others },
      segment,
      star,
      mutations,
    );
    for (const { what, index, proof: tampered } of changed) {
      const code = codeOfVerdict(verifyStatement(quintic, statement, tampered));
      const expected = expectedCodes(segment, index, statement);
      expect([what, index, code, expected.includes(code)]).toEqual([what, index, code, true]);
    }
    expect(changed.length).toBeGreaterThanOrEqual(mutations.length - 2);
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
