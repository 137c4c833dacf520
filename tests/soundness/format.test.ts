/**
 * FMT-1 to FMT-3 for linear openings and links: no bytes make the verifier throw, answer INTERNAL or accept what the prover did not
 * write. Not one length, count or position is read from a proof, so no bytes reach a larger allocation or a longer loop than
 * an honest proof: a refused proof costs at most what an accepted one costs, and a copy of its bytes.
 */
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { quintic } from '../../src/field/quintic.ts';
import type { TranscriptEvent } from '../../src/transcript/transcript.ts';
import { corpus } from '../support/soundness/corpus.ts';
import { replay, segmentsOf, verifierLog } from '../support/soundness/layout.ts';
import { codeOfVerdict, verifyStatement } from '../support/soundness/statements.ts';
import { generator } from '../support/words.ts';

const { fixtures, lies } = await corpus();
/** What a check on bytes may say. */
const CODES = [
  'TRUNCATED',
  'TRAILING_BYTES',
  'NON_CANONICAL',
  'MERKLE_ROOT',
  'FINAL_SUM',
  'FINAL_QUERY',
  'PAD_LINEAR',
  'PAD_PRODUCT',
  'PAD_QUERY',
];

const verdictOf = (i: number, proof: Uint8Array): string =>
  codeOfVerdict(verifyStatement(quintic, fixtures[i]!.statement, proof));

describe('FMT-1', () => {
  test('any short bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 4096 });
    fc.assert(
      fc.property(bytes, (proof) => void expect(CODES).toContain(verdictOf(0, proof))),
      { numRuns: 300, seed: 1 },
    );
  });
  test('random bytes and constant bytes of the length of a proof', () => {
    const { length } = fixtures[0]!.proofs[0];
    const next = generator(5);
    for (let run = 0; run < 10; run++) {
      const proof = Uint8Array.from({ length }, () => next() & 255);
      expect(CODES).toContain(verdictOf(0, proof));
    }
    for (const byte of [0, 1, 0x7f, 0xff]) {
      expect(CODES).toContain(verdictOf(0, new Uint8Array(length).fill(byte)));
    }
  });
  test('canonical words at random, so that parsing goes on', () => {
    const next = generator(6);
    const { length } = fixtures[1]!.proofs[0];
    for (let run = 0; run < 10; run++) {
      const words = Uint32Array.from({ length: length / 4 }, () => next() % quintic.base.modulus);
      expect(CODES).toContain(verdictOf(1, new Uint8Array(words.buffer)));
    }
  });
  test('valid proofs with pieces of other proofs spliced in', () => {
    const next = generator(7);
    const donors = [...fixtures.flatMap(({ proofs }) => proofs), ...lies.map(({ proof }) => proof)];
    for (let run = 0; run < 100; run++) {
      const i = run % fixtures.length;
      const proof = fixtures[i]!.proofs[0].slice();
      const donor = donors[next() % donors.length] as Uint8Array;
      const from = next() % donor.length;
      const piece = donor.subarray(from, from + 1 + (next() % 2000));
      const at = next() % (proof.length - 2000);
      const before = Buffer.from(proof);
      proof.set(piece, at);
      if (before.equals(proof)) continue;
      expect(CODES).toContain(verdictOf(i, proof));
    }
  });
  const spliced = fixtures.map(({ name }, i) => ({ name, i })).filter(({ name }) => name !== 'carried');
  test.each(spliced)('SND-3: $name: prefixes of one valid proof before the rest of another', ({ i }) => {
    const { statement, proofs } = fixtures[i]!;
    const [a, b] = proofs.map((proof) => segmentsOf(verifierLog(quintic, statement, proof)));
    a!.forEach(({ end }, k) => {
      const proof = Buffer.concat([proofs[0].subarray(0, end), proofs[1].subarray(b![k]!.end)]);
      if (k < a!.length - 1) expect(CODES).toContain(verdictOf(i, new Uint8Array(proof)));
    });
  });
});

describe.each(fixtures.map((fixture, i) => ({ ...fixture, i })))('$name', ({ statement, proofs, i }) => {
  test('FMT-2: what is accepted encodes again to the same bytes', () => {
    for (const proof of proofs) {
      const log = verifierLog(quintic, statement, proof);
      expect(Buffer.compare(replay(quintic, statement, log, proof).encoded, proof)).toBe(0);
    }
  });
  test('two proofs of one statement have one structure, opened rows apart', () => {
    const shape = (proof: Uint8Array): unknown[] =>
      verifierLog(quintic, statement, proof).map(({ kind, type, label, count, bytes }: TranscriptEvent) =>
        kind === 'opening' ? [kind, type, label] : [kind, type, label, count, bytes],
      );
    expect(shape(proofs[0])).toEqual(shape(proofs[1]));
  });
  test('FMT-3: 420 bits, one at a time', () => {
    const proof = proofs[0].slice();
    const next = generator(100 + i);
    const accepted: number[] = [];
    for (let run = 0; run < 420; run++) {
      const bit = next() % (8 * proof.length);
      const at = bit >>> 3;
      const old = proof[at] as number;
      proof[at] = old ^ (1 << (bit & 7));
      const code = verdictOf(i, proof);
      if (!CODES.includes(code)) accepted.push(bit);
      proof[at] = old;
    }
    expect(accepted).toEqual([]);
  });
});

describe('FMT-4: bytes do not buy time or memory', () => {
  /** Events before the verdict: what a refused proof makes the verifier do. */
  const eventsOf = (proof: Uint8Array): number => {
    const events: unknown[] = [];
    verifyStatement(quintic, fixtures[0]!.statement, proof, (event) => events.push(event));
    return events.length;
  };
  test('32 MiB behind a proof are refused at its end, 32 MiB of zeros at the first rows', () => {
    const proof = fixtures[0]!.proofs[0];
    const long = new Uint8Array(2 ** 25);
    long.set(proof);
    expect(verdictOf(0, long)).toBe('TRAILING_BYTES');
    expect(eventsOf(long)).toBe(eventsOf(proof));
    expect(verdictOf(0, new Uint8Array(2 ** 25))).toBe('MERKLE_ROOT');
    expect(eventsOf(new Uint8Array(2 ** 25))).toBeLessThan(eventsOf(proof));
  });
});

describe('FMT-6: hostile surroundings', () => {
  const { statement, proofs } = fixtures[0]!;
  test('bytes in shared memory; a view into a larger buffer; frozen statements', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(proofs[0].length));
    shared.set(proofs[0]);
    expect(verdictOf(0, shared)).toBe('accepted');
    const larger = new Uint8Array(proofs[0].length + 7);
    larger.set(proofs[0], 3);
    expect(verdictOf(0, larger.subarray(3, 3 + proofs[0].length))).toBe('accepted');
    const freeze = <T>(value: T): T => {
      if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
        Object.values(value).forEach(freeze);
        Object.freeze(value);
      }
      return value;
    };
    expect(verifyStatement(quintic, freeze(structuredClone(statement)), proofs[0]).ok).toBe(true);
  });
});
