/** Programs in the clear: the definition agrees with plain loops, and names the first violated relation and cell. */
import { describe, expect, test } from 'vitest';
import { koalaBear, P } from '../../src/field/koalabear.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { checkWitness, evaluateForm, findViolation, valuesOf } from '../../src/relation/check-witness.ts';
import type { Program } from '../../src/relation/program.ts';
import { exampleProgram, exampleWitness, read, times } from '../support/example-programs.ts';
import { expectRefusal } from '../support/program-changes.ts';

const balanced = (program: Program, name: string, witness = exampleWitness()): number[] =>
  valuesOf(koalaBear, program, witness)
    .get(name)!
    .cells.map((value) => koalaBear.toBalanced(value));

describe('the example', () => {
  const program = exampleProgram();
  test('holds, with integers and with words', () => {
    expect(() => checkWitness(koalaBear, program, exampleWitness())).not.toThrow();
    const words = new Map(
      [...exampleWitness()].map(([name, values]) => [
        name,
        Uint32Array.from(values, (x) => ((x % P) + P) % P),
      ]),
    );
    expect(findViolation(koalaBear, program, words)).toBeUndefined();
  });

  test('is what plain loops say', () => {
    const [W, b, x] = ['W', 'b', 'x'].map((name) => exampleWitness().get(name)!) as number[][];
    const acc: number[] = [];
    for (let t = 0; t < 3; t++) {
      for (let n = 0; n < 5; n++) {
        let sum = b![n]! + 8;
        for (let k = 0; k < 4; k++) sum += W![4 * n + k]! * x![4 * [2, 0, 2][t]! + k]!;
        acc.push(sum);
      }
    }
    expect(balanced(program, 'acc')).toEqual(acc);
    const second = [x![1]!, x![5]!, x![9]!];
    expect(balanced(program, 'total')).toEqual([second[0], second[0]! + second[1]!, second[1]! + second[2]!]);
  });

  // Every relation has a cell that only it sees.
  test.each([
    ['y', 0, 1, 'y/remainder', [0, 0]],
    ['y', 7, 1, 'y/remainder', [1, 2]],
    ['W', 19, 99, 'y/remainder', [0, 4]],
    ['x', 5, 9, 'x/range', [1, 1]],
    ['z', 1, 4, 'squares', [0]],
    ['z', 7, 5, 'squares', [1]],
    ['z', 13, 1, 'merged', [0]],
    ['z', 14, 1, 'merged', [1]],
    ['z', 10, 1, 'total', [2]],
  ])('%s[%i] + %i is seen by %s at %j', (name, cell, by, relation, index) => {
    const witness = exampleWitness();
    const values = Array.from(witness.get(name)!);
    values[cell]! += by;
    witness.set(name, values);
    expect(findViolation(koalaBear, program, witness)).toEqual({ relation, index });
    expectRefusal(
      () => checkWitness(koalaBear, program, witness),
      'WITNESS_RELATION',
      `relation ${relation}`,
      `at [${index.join(', ')}]`,
    );
  });

  test('a table row must fit as a whole', () => {
    const witness = exampleWitness();
    const z = Array.from(witness.get('z')!);
    [z[1], z[2], z[6], z[7]] = [2, 3, 4, 4];
    expect(findViolation(koalaBear, program, witness.set('z', z))).toEqual({
      relation: 'squares',
      index: [1],
    });
  });

  test('tensors that are missing, unknown or of another size', () => {
    const without = exampleWitness();
    without.delete('z');
    expect(() => checkWitness(koalaBear, program, without)).toThrow(
      'witness: z: expected 15 cells, got none',
    );
    const short = exampleWitness().set('b', [1]);
    expect(() => checkWitness(koalaBear, program, short)).toThrow('witness: b: expected 5 cells, got 1');
    const more = exampleWitness().set('scale', [1, 1, 1, 1]);
    expect(() => checkWitness(koalaBear, program, more)).toThrow('got scale');
  });

  test('passes the whole check; its residue is listed', () => {
    const { residues, intervals } = checkProgram(koalaBear, program);
    expect(residues).toEqual([{ name: 'acc', cells: 15, relation: 'y/remainder', entry: 0 }]);
    expect(intervals.get('total')).toEqual({ min: -16n, max: 14n });
  });
});

test('forms: masks, constants, products, sums over what no view reads', () => {
  const cells = [2, 3, 5, 7, 11, 13].map((x) => koalaBear.fe(x));
  const values = new Map([['m', { shape: [2, 3], cells }]]);
  const [i, j] = [
    { name: 'i', size: 2 },
    { name: 'j', size: 3 },
  ];
  const mask = { row: 'i', column: 'j', from: [1, 0], to: [3, 1] };
  const evaluate = (indices: (typeof i)[], ...terms: Parameters<typeof times>[]): number[] =>
    evaluateForm(
      koalaBear,
      values,
      indices as { name: string; size: number }[],
      terms.map((of) => times(...of)),
    );
  expect(evaluate([i!, j!], [1, [], { mask }])).toEqual([0, 1, 1, 1, 0, 0]);
  expect(evaluate([i!], [10, [], { mask, sums: [j!] }])).toEqual([20, 10]);
  expect(evaluate([i!], [1, [read('m', 'i', 'j')], { mask, sums: [j!] }], [100])).toEqual([108, 107]);
  expect(evaluate([], [1, [read('m', 0, 'j'), read('m', 1, 'j')], { sums: [j!] }])).toEqual([14 + 33 + 65]);
  expect(evaluate([j!], [-1, [read('m', 1, 'j')], { sums: [i!] }])).toEqual(
    [-14, -22, -26].map((x) => P + x),
  );
});
