/** The figures of the design, each recomputed: N = 2^27 cells at 128 bits. */
import { describe, expect, test } from 'vitest';
import { ledger } from '../../src/params/ledger.ts';
import { budget, columnCode, levelGeometry } from '../../src/params/parameters.ts';
import { formatBits, tenthsOfBits } from '../../src/params/rational.ts';
import { hashError, hidingRows } from '../../src/params/hiding.ts';
import { complete } from '../../src/params/choose.ts';
import { standardWorkload } from '../../src/params/standard.ts';
import { designChoice, linkChoice, MAIN } from '../support/params.ts';

const design = designChoice();

function bits(name: string, choice = design): string {
  const row = choice.ledger.rows.find((r) => r.name === name);
  if (row === undefined) throw new Error(`no row ${name}`);
  return formatBits(tenthsOfBits(row.error));
}

describe('N = 2^27', () => {
  test('the search finds the code of the design', () => {
    expect(MAIN.parameters.code).toEqual({ logData: 20, padLength: 2 ** 18, queries: 211 });
    expect(columnCode(MAIN.parameters.code)).toEqual({ length: 2 ** 22, dimension: 2 ** 20 + 2 ** 18 });
    expect(MAIN.instance.groups.map((group) => group.columns)).toEqual([128, 32]);
  });

  test('levels: lengths, columns, codewords', () => {
    const shape = levelGeometry(design.parameters).map((l) => [
      l.logColumn,
      l.columns,
      l.logCodeword,
      l.queries,
    ]);
    expect(shape).toEqual([
      [17, 10, 20, 155],
      [13, 16, 17, 141],
      [10, 8, 14, 141],
    ]);
  });

  test.each([
    ['lookup: fingerprint', '128.9'],
    ['merge: claim batching', '144.9'],
    ['merge: round', '153.9'],
    ['combination: proximity', '132.9'],
    ['combination: evaluations', '154.9'],
    ['Q0: queries', '128.2'],
    ['Q0: batching', '147.2'],
    ['G1: fold', '131.9'],
    ['G1: queries', '128.6'],
    ['pads: linear batching', '142.9'],
    ['pads: line proximity', '140.9'],
    ['pads: products', '154.9'],
    ['pads: degree in Delta', '153.9'],
    ['pads: queries', '128.2'],
  ])('%s: %s bits', (name, expected) => expect(bits(name)).toBe(expected));

  test('the worst challenge is a sum of terms and still reaches 128 bits', () => {
    const { worst, challenges } = design.ledger;
    expect([worst.challenge, formatBits(worst.tenths)]).toEqual(['Q0, eta', '128.2']);
    expect(challenges.every(({ tenths }) => tenths === undefined || tenths >= 1280)).toBe(true);
  });

  test('proofs per epoch, after the reserve of two link proofs', () => {
    expect(budget(design.parameters.code)).toEqual({
      firstEpoch: 1240,
      laterEpochs: 1239,
      reservedPositions: 422,
    });
  });

  test('size: within 3 % of 724 KB with the schedule of the design; ours is at most 4 % larger, for half the words', () => {
    const kb = design.size.expected / 1024;
    expect(kb).toBeGreaterThan(724 * 0.97);
    expect(kb).toBeLessThan(724 * 1.03);
    expect(MAIN.size.expected).toBeLessThanOrEqual(724 * 1024 * 1.04);
    const words = (choice: typeof MAIN) =>
      levelGeometry(choice.parameters).reduce((sum, g) => sum + g.columns * 2 ** g.logCodeword, 0);
    expect(words(MAIN)).toBeLessThan(0.6 * words(design));
  });

  test('parts: static 174, witness 122, inner 240, pads 128, transcript 60 KB', () => {
    const part = (names: readonly string[]) =>
      design.size.parts.filter((p) => names.includes(p.name)).reduce((sum, p) => sum + p.expected, 0) / 1024;
    expect(Math.round(part(['static']))).toBe(174);
    expect(Math.round(part(['witness']))).toBe(122);
    expect(Math.abs(part(['G1', 'G2', 'G3', 'final vector']) - 240)).toBeLessThan(3);
    expect(Math.abs(part(['pads']) - 128)).toBeLessThan(1);
    expect(Math.abs(part(['transcript']) - 60)).toBeLessThan(1);
  });

  test('disk: 16 bytes per static cell, and the trees', () => {
    expect(design.diskBytes).toBe(16 * 2 ** 27 + (2 ** 22 / 16) * 2 * 32);
  });
});

test('m = 22: combination 130.9, inner fold 131.9', () => {
  const draft = complete(standardWorkload(2 ** 30), { logData: 22, padLength: 2 ** 20, queries: 211 });
  if (draft === undefined) throw new Error('no schedule at m = 22');
  const rows = { ...design, ledger: ledger(draft.parameters, draft.instance) };
  expect([bits('combination: proximity', rows), bits('G1: fold', rows)]).toEqual(['130.9', '131.9']);
});

test('proofs per epoch of other sizes, reserve taken off', () => {
  const proofs = (m: number) => budget({ logData: m, padLength: 2 ** m / 4, queries: 211 }).firstEpoch;
  expect([17, 18, 19, 20, 21, 22].map(proofs)).toEqual([153, 308, 619, 1240, 2482, 4967]);
});

test('lookups: the largest balance counts, not the sum; the forest costs its depth', () => {
  const { parameters, instance } = design;
  const row = (balances: readonly number[], name: string) =>
    ledger(parameters, { ...instance, balances }).rows.find((r) => r.name === name)?.error;
  const half = row([2 ** 25], 'lookup: fingerprint');
  expect(row([2 ** 25, 2 ** 25, 2 ** 20], 'lookup: fingerprint')).toEqual(half);
  expect(row([2 ** 25, 2 ** 25, 2 ** 20], 'lookup: forest start')?.numerator).toBe(2n);
  expect(row([2 ** 25], 'lookup: forest start')?.numerator).toBe(0n);
  expect(row([], 'lookup: fingerprint')).toBeUndefined();
});

test('a link proof: one value per column for both epochs, no sumcheck, m/|K|', () => {
  const link = linkChoice();
  expect(bits('link: random point', link)).toBe('150.6');
  expect(link.ledger.rows.some((row) => row.name.startsWith('merge'))).toBe(false);
  expect(link.parameters.pads.size).toBe(128 + 2); // y of every column, y_M, h_star
  expect(link.parameters.levels).toEqual(MAIN.parameters.levels);
});

test('the hash is quoted apart: 2^64 queries succeed with 2^-126.1', () => {
  expect(formatBits(tenthsOfBits(hashError(64)))).toBe('126.1');
});

test('hiding is perfect but for salts', () => {
  const rows = hidingRows(design.parameters, design.instance);
  expect(rows.filter((row) => row.error.numerator !== 0n).map((row) => row.name)).toEqual(['salts']);
});
