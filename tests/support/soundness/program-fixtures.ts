/** Small programs for the soundness suite: with everything, without lookups, with lookups alone. */
import type { Kernels } from '../../../src/kernels/index.ts';
import { S128 } from '../../../src/params/profile.ts';
import type { Program } from '../../../src/relation/program.ts';
import { exampleProgram, exampleWitness, lookupOf, rangeTable, read, times } from '../example-programs.ts';
import { codeOf } from '../linear.ts';
import { allCases } from '../program-cases.ts';
import { programFixture, type ProgramCase, type ProgramFixture } from '../programs.ts';

export interface ProgramSetting extends ProgramFixture {
  readonly name: string;
}

/** Cells by name, as a case. */
export function caseOf(program: Program, cells: ReadonlyMap<string, readonly number[]>): ProgramCase {
  const statics = new Map<string, Int16Array>();
  const tensors = new Map<string, Int32Array>();
  for (const { kind, name } of program.tensors) {
    const own = cells.get(name) ?? [];
    if (kind === 'static') statics.set(name, Int16Array.from(own));
    if (kind === 'witness') tensors.set(name, Int32Array.from(own));
  }
  return { program, statics, witness: { tensors } };
}

/** Pairs and single values, looked up by slices, gathers and sums. */
export function lookupsAlone(): ProgramCase {
  const i = { name: 'i', size: 5 };
  const program: Program = {
    tensors: [
      { kind: 'witness', name: 'x', shape: [5], range: { min: 0, max: 6 } },
      { kind: 'witness', name: 'y', shape: [5] },
    ],
    tables: [
      rangeTable('seven', 7),
      {
        name: 'squares',
        rows: 7,
        columns: [
          { kind: 'range', first: 0 },
          { kind: 'dense', values: Uint32Array.from({ length: 7 }, (_, x) => x * x) },
        ],
      },
    ],
    virtuals: [],
    relations: [
      lookupOf('squares', [i], 'squares', [times(1, [read('x', 'i')])], [times(1, [read('y', 'i')])]),
      lookupOf('x', [i], 'seven', [times(1, [read('x', { kind: 'gather', index: 'i', positions: [4, 3, 2, 1, 0] })])]), // prettier-ignore
      lookupOf('first', [], 'seven', [times(1, [read('x', 0)]), times(1)]),
    ],
  };
  const x = [2, 6, 0, 3, 3];
  const y = x.map((value) => value * value);
  return caseOf(program, new Map([['x', x], ['y', y]])); // prettier-ignore
}

/** All of them, committed. */
export function programSettings(kernels: Kernels): ProgramSetting[] {
  const code = codeOf(S128, 10, 2 ** 10);
  const cases: [string, ProgramCase][] = [
    ['program', caseOf(exampleProgram(), exampleWitness())],
    ['program without lookups', allCases()[2]!.make()],
    ['program of lookups', lookupsAlone()],
  ];
  return cases.map(([name, of]) => ({ name, ...programFixture(kernels, S128, code, of) }));
}
