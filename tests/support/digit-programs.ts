/** Programs that cut an accumulator into digits, small enough to try every value of everything. */
import type { BaseField } from '../../src/field/field.ts';
import { findViolation } from '../../src/relation/check-witness.ts';
import type { Program, Relation, Table, Term } from '../../src/relation/program.ts';
import { read, times } from './example-programs.ts';

export interface ToyDigit {
  readonly coefficient: number;
  readonly min: number;
  readonly max: number;
}

const cell = (coefficient: number, tensor: string): Term => times(coefficient, [read(tensor, 0)]);

/**
 * column: a + shift - sum of c_i d_i is one of its values, where `a` is any element of F and every d_i has a range check of its
 * own. A number of a column stands for the range 0, 1, ...
 */
export function digitProgram(
  column: number | readonly number[],
  digits: readonly ToyDigit[],
  shift = 0,
): Program {
  const tables: Table[] = [
    typeof column === 'number'
      ? { name: 'column', rows: column, columns: [{ kind: 'range', first: 0 }] }
      : {
          name: 'column',
          rows: column.length,
          columns: [{ kind: 'dense', values: Uint32Array.from(column) }],
        },
    ...digits.map(({ min, max }, i): Table => {
      return { name: `t${i}`, rows: max - min + 1, columns: [{ kind: 'range', first: 0 }] };
    }),
  ];
  const entry = [
    cell(1, 'acc'),
    times(shift),
    ...digits.map(({ coefficient }, i) => cell(-coefficient, `d${i}`)),
  ].map((term) => (term.views[0]?.tensor === 'acc' ? times(1, [read('acc', 'i')]) : term));
  const indices = [{ name: 'i', size: 1 }];
  const relations: Relation[] = [
    { kind: 'lookup', name: 'cut', indices, table: 'column', entries: [entry] },
    ...digits.map(({ min }, i): Relation => {
      const terms = [cell(1, `d${i}`), times(-min)];
      return {
        kind: 'lookup',
        name: `range ${i}`.replace(' ', '-'),
        indices,
        table: `t${i}`,
        entries: [terms],
      };
    }),
  ];
  return {
    tensors: [
      { kind: 'static', name: 'a', shape: [1] },
      ...digits.map(({ min, max }, i) => {
        return { kind: 'witness', name: `d${i}`, shape: [1], range: { min, max } } as const;
      }),
    ],
    tables,
    virtuals: [{ name: 'acc', indices, range: 'residue', terms: [cell(1, 'a')] }],
    relations,
  };
}

/** For every element a of F the number of digits in their ranges that the program accepts. */
export function witnessCounts(base: BaseField, program: Program, digits: readonly ToyDigit[]): number[] {
  const p = base.modulus;
  const choices = digits.reduce<number[][]>(
    (all, { min, max }) =>
      all.flatMap((some) => Array.from({ length: max - min + 1 }, (_, i) => [...some, min + i])),
    [[]],
  );
  return Array.from({ length: p }, (_, a) => {
    const accepts = (values: readonly number[]): boolean => {
      const witness = new Map([['a', [a]]]);
      values.forEach((value, i) => witness.set(`d${i}`, [value]));
      return findViolation(base, program, witness) === undefined;
    };
    return choices.filter(accepts).length;
  });
}
