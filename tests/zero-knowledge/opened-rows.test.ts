/**
 * ZKP-2 on opened rows: over F_17 every value of a column's pads, every pair of positions. Up to as many positions as pads
 * the rows of any two columns of cells are the same multiset, each once; one position more and they are not.
 */
import { expect, test } from 'vitest';
import { extensionField } from '../../src/field/extension-field.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { referenceKernels } from '../../src/kernels/index.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import { unsafeToyProfile } from '../../src/params/profile.ts';
import { commitGroup, type OwnedGroup } from '../../src/pcs/group-prove.ts';
import { commitOwn } from '../../src/pcs/own-prove.ts';
import { groupOf } from '../support/scenarios.ts';
import { createTape, tabulated, withoutHashing } from '../support/tape.ts';

const field = tabulated(extensionField(primeField(17), [0]));
const kernels = withoutHashing(referenceKernels(field));
/** Two cells and two pads, eight positions. */
const parameters: Parameters = {
  profile: unsafeToyProfile(1, { modulus: 17, degree: 1 }),
  code: { logData: 1, padLength: 2, queries: 1 },
  levels: [{ logFold: 1, logInverseRate: 1, queries: 1 }],
  logFinal: 1,
  pads: { size: 1, logCodeword: 2, queries: 1 },
};
const POSITIONS = Array.from({ length: 8 }, (_, i) => i);

function group(cells: readonly number[], pads: readonly number[]): OwnedGroup {
  const tape = createTape(kernels, ({ word }) => pads[word] as number);
  const data = Int16Array.from(cells);
  return commitGroup(tape.kernels, tape.source('W'), parameters, groupOf('W', 1), () => data, 0);
}

/** The codeword for every value of the pads. */
function codewords(cells: readonly number[]): number[][] {
  const all: number[][] = [];
  for (let a = 0; a < 17; a++) {
    for (let b = 0; b < 17; b++) all.push([...group(cells, [a, b]).open(POSITIONS).values]);
  }
  return all;
}

/** How often each value of the rows at some positions occurs, the pads uniform. */
function rowCounts(words: readonly (readonly number[])[], positions: readonly number[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) {
    const key = positions.map((i) => word[i]).join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

const columns = [[0, 0], [1, 0], [0, 1], [16, 5]].map(codewords); // prettier-ignore

test('two positions: uniform over F_17^2, whatever the cells', () => {
  for (const i of POSITIONS) {
    for (const j of POSITIONS.slice(i + 1)) {
      for (const words of columns) {
        const counts = rowCounts(words, [i, j]);
        expect([i, j, counts.size, Math.max(...counts.values())]).toEqual([i, j, 289, 1]);
      }
    }
  }
});

test("a proof's own column: q0 pads, and the rows at any q0 positions are uniform", () => {
  const roomy: Parameters = { ...parameters, code: { logData: 1, padLength: 2, queries: 2 } };
  const own = (cells: readonly number[], pads: readonly number[]): number[] => {
    const tape = createTape(kernels, ({ label, word }) => (label === 'ownpads' ? (pads[word] as number) : 0));
    const words = Uint32Array.from(cells);
    const { values } = commitOwn(tape.kernels, tape.source('proof'), roomy, 1, words).open(POSITIONS);
    return POSITIONS.map((i) => values[i * (1 + field.degree)] as number); // the mask's word stands behind
  };
  for (const cells of [
    [0, 0],
    [1, 0],
    [0, 1],
    [16, 5],
  ]) {
    // prettier-ignore
    const words: number[][] = [];
    for (let a = 0; a < 17; a++) for (let b = 0; b < 17; b++) words.push(own(cells, [a, b]));
    for (const i of POSITIONS) {
      for (const j of POSITIONS.slice(i + 1)) {
        const counts = rowCounts(words, [i, j]);
        expect([i, j, counts.size, Math.max(...counts.values())]).toEqual([i, j, 289, 1]);
      }
    }
  }
});

test('three positions: other cells, other rows', () => {
  for (const [i, j, k] of [
    [0, 1, 2],
    [0, 3, 7],
    [2, 5, 6],
  ] as const) {
    const seen = columns.map((words) => [...rowCounts(words, [i, j, k]).keys()].sort().join(' '));
    expect(new Set(seen).size).toBeGreaterThan(1); // one functional of the cells, with 17 values
  }
});
