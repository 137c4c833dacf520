/**
 * SND-1, SND-2, SND-3 and FMT-1 to FMT-4 for programs. What an opening sends behind a program's own messages is tampered with in
 * `tamper.test.ts`, every value of it; here once a message, to see that it still counts.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { cases as casesOf, tally } from '../support/long.ts';
import { corpus } from '../support/soundness/corpus.ts';
import { replay, segmentsOf, type Segment } from '../support/soundness/layout.ts';
import { expectedCodes, PROGRAMS, unusedClasses } from '../support/soundness/manifest.ts';
import { BYTES, endsOf, isWords, sizeOf, tamper, WORDS } from '../support/soundness/mutations.ts';
import { domainOfProgram, programLog, verifyStored } from '../support/soundness/program-statements.ts';
import { codeOfVerdict } from '../support/soundness/statements.ts';
import { generator } from '../support/words.ts';

const P = quintic.base.modulus;
const { programs, fixtures } = await corpus();
const cases = programs.map((one) => ({
  ...one,
  segments: segmentsOf(programLog(one.statement, one.proofs[0])),
  others: segmentsOf(programLog(one.statement, one.proofs[1])),
}));
const isOwn = ({ label }: Segment): boolean => /^(lookup|product)\//.test(label);
const bytes = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** What a check on bytes may say. */
const CODES = ['TRUNCATED', 'TRAILING_BYTES', 'NON_CANONICAL', 'MERKLE_ROOT', 'FINAL_SUM', 'FINAL_QUERY', 'PAD_LINEAR', 'PAD_PRODUCT', 'PAD_QUERY']; // prettier-ignore

describe.each(cases)('$name', ({ name, statement, proofs, segments, others }) => {
  const [proof, another] = proofs;
  const code = (of: Uint8Array): string => codeOfVerdict(verifyStored(statement, of));
  const star = statement.parameters.pads.size - 1;

  test('the log covers the proof', () => expect(segments.at(-1)!.end).toBe(proof.length));

  test.each(endsOf(segments))('SND-1: $label at $start', (segment) => {
    const all = Object.entries(isWords(segment) ? WORDS : BYTES);
    const most = isOwn(segment) && name === 'program' ? all.length : 1;
    const changed = tamper({ proof, segments }, { proof: another, segments: others }, segment, star, all.slice(0, most)); // prettier-ignore
    const kept = isOwn(segment) ? changed : changed.slice(0, 1);
    for (const { what, index, proof: tampered } of kept) {
      const got = code(tampered);
      const expected = expectedCodes(segment, index, statement, PROGRAMS);
      expect([what, index, got, expected.includes(got)]).toEqual([what, index, got, true]);
    }
    expect(kept.length).toBeGreaterThan(0);
  });

  test('SND-1: p and more in its own messages', () => {
    for (const segment of segments.filter(isOwn).slice(0, 12)) {
      const tampered = proof.slice();
      new DataView(tampered.buffer).setUint32(segment.end - 4, P, true);
      expect([segment.label, code(tampered)]).toEqual([segment.label, 'NON_CANONICAL']);
    }
  });

  test('SND-2: cut at every boundary of a message and inside, extended', () => {
    for (const [i, { start, end }] of segments.entries()) {
      if (i % 3 > 0 && start > 64 && end < proof.length) continue;
      for (const at of [start, end - 1]) expect([at, code(proof.subarray(0, at))]).toEqual([at, 'TRUNCATED']);
    }
    for (const extra of [1, 4, 64]) expect(code(bytes(proof, new Uint8Array(extra)))).toBe('TRAILING_BYTES');
  });

  test('SND-2: own messages dropped, doubled, exchanged with the next, their halves exchanged', () => {
    const next = generator(3);
    const part = ({ start, end }: Segment): Uint8Array => proof.subarray(start, end);
    segments.forEach((segment, i) => {
      const following = segments[i + 1];
      // Of the many rounds some.
      if (!isOwn(segment) || following === undefined || (/round/.test(segment.label) && next() % 8 > 0))
        return;
      const { start, end } = segment;
      const middle = start + sizeOf(segment) * Math.floor((end - start) / (2 * sizeOf(segment)));
      const changed = [
        bytes(proof.subarray(0, start), proof.subarray(end)),
        bytes(proof.subarray(0, end), proof.subarray(start)),
        bytes(proof.subarray(0, start), part(following), part(segment), proof.subarray(following.end)),
        ...(middle > start ? [bytes(proof.subarray(0, start), proof.subarray(middle, end), proof.subarray(start, middle), proof.subarray(end))] : []), // prettier-ignore
      ];
      for (const one of changed) expect(CODES).toContain(code(one));
    });
  });

  test('SND-3: messages of another proof of the same statement, one at a time and as prefixes', () => {
    segments.forEach((segment, i) => {
      if ((i > 0 && i < segments.length - 1 && i % 7 > 0) || i === segments.length - 1) return;
      const twin = others[i]!;
      const prefix = bytes(proof.subarray(0, segment.end), another.subarray(twin.end));
      expect([segment.label, CODES.includes(code(prefix))]).toEqual([segment.label, true]);
      const single = bytes(proof.subarray(0, segment.start), another.subarray(twin.start, twin.end), proof.subarray(segment.end)); // prettier-ignore
      expect([segment.label, CODES.includes(code(single))]).toEqual([segment.label, true]);
    });
  });

  test('SND-3: pieces of other programs and of linear openings', () => {
    const next = generator(7);
    const donors = [...programs.filter((one) => one.name !== name), ...fixtures].flatMap((one) => one.proofs);
    for (let run = 0; run < 12; run++) {
      const donor = donors[next() % donors.length] as Uint8Array;
      const from = next() % donor.length;
      const spliced = proof.slice();
      // Half of them at the beginning, where the program's own messages are.
      const at = run % 2 === 0 ? next() % segments.find(({ label }) => label === 'merge/round')!.start : next() % (proof.length - 2000); // prettier-ignore
      spliced.set(donor.subarray(from, from + 1 + (next() % 2000)), at);
      if (Buffer.compare(spliced, proof) !== 0) expect(CODES).toContain(code(spliced));
    }
    for (const donor of donors) expect(CODES).toContain(code(donor));
  });

  test('FMT-1: any bytes', () => {
    const short = fc.uint8Array({ maxLength: 4096 });
    fc.assert(
      fc.property(short, (of) => void expect(CODES).toContain(code(of))),
      { numRuns: 60, seed: 1 },
    );
    const next = generator(5);
    const { length } = proof;
    for (let run = 0; run < 3; run++) {
      const canonical = Uint32Array.from({ length: length / 4 }, () => next() % P);
      expect(CODES).toContain(code(new Uint8Array(canonical.buffer)));
      expect(CODES).toContain(code(Uint8Array.from({ length }, () => next() & 255)));
    }
    for (const byte of [0, 0xff]) expect(CODES).toContain(code(new Uint8Array(length).fill(byte)));
  });

  test('FMT-2: what is accepted encodes again to the same bytes; two proofs have one structure', () => {
    for (const of of proofs) {
      const log = programLog(statement, of);
      const { encoded } = replay(quintic, statement, log, of, domainOfProgram(statement));
      expect(Buffer.compare(encoded, of)).toBe(0);
    }
    const shape = (of: Uint8Array): unknown[] =>
      programLog(statement, of).map(({ kind, type, label, count, bytes: size }) =>
        kind === 'opening' ? [kind, type, label] : [kind, type, label, count, size],
      );
    expect(shape(proof)).toEqual(shape(another));
  });

  test('FMT-3: bits, one at a time', () => {
    const runs = casesOf(60, 2000);
    const next = generator(100);
    const flipped = proof.slice();
    const opening = segments.find(({ label }) => label === 'merge/round')!.start;
    for (let run = 0; run < runs; run++) {
      const bit = next() % (8 * (run % 2 === 0 ? opening : proof.length));
      flipped[bit >>> 3]! ^= 1 << (bit & 7);
      expect([bit, CODES.includes(code(flipped))]).toEqual([bit, true]);
      flipped[bit >>> 3]! ^= 1 << (bit & 7);
    }
    tally({ property: `FMT-3 bits, ${name}`, cases: runs, refused: runs, surprises: 0 });
  });

  test('FMT-4: bytes do not buy time or memory', () => {
    const events = (of: Uint8Array): number => programLog(statement, of).length;
    const long = new Uint8Array(2 ** 24);
    expect(events(long)).toBeLessThan(events(proof));
    long.set(proof);
    expect(code(long)).toBe('TRAILING_BYTES');
    expect(events(long)).toBe(events(proof));
  });
});

test('SND-1: every line of the manifest is used', () => {
  expect(unusedClasses(cases.flatMap(({ segments }) => segments), PROGRAMS)).toEqual([]); // prettier-ignore
});
