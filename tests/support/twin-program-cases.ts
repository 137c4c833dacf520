/** Proofs of small programs over toy parameters for both verifiers, with changes of their statements. */
import { checkStructure } from '../../src/relation/check.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import type { Index, Program } from '../../src/relation/program.ts';
import type { ProgramStatement } from '../../src/relation/statement.ts';
import { ProofError } from '../../src/errors/proof-error.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { exampleProgram, exampleWitness } from './example-programs.ts';
import { codeOf } from './linear.ts';
import { allCases } from './program-cases.ts';
import { at, fixed, range, term, view, type ProgramCase } from './programs.ts';
import { satisfiedProgram } from './satisfied-programs.ts';
import { caseOf, lookupsAlone } from './soundness/program-fixtures.ts';
import { toyProfile, type TwinCase } from './twin-cases.ts';
import { programWord, provenCase, twinProgramWord } from './twin-program.ts';
import { groupChanges, parameterChanges } from './twin-statements.ts';
import { valueMutants } from './value-mutants.ts';

/** A virtual tensor, two groups, pairs, a gather, a mask between two views, a relation without indices. */
export function smallProgram(): Program {
  const index = (name: string, size: number): Index => ({ name, size });
  const [t, o, k, i, q] = [index('t', 3), index('o', 2), index('k', 2), index('i', 3), index('q', 3)];
  const mask = { row: 'i', column: 'q', from: [0, 0, 1], to: [1, 2, 3] };
  return {
    tensors: [
      { kind: 'static', name: 'w', shape: [2, 2] },
      { kind: 'static', name: 'b', shape: [2], group: 1 },
      { kind: 'witness', name: 'x', shape: [3, 2], range: { min: -200, max: 200 } },
      { kind: 'public', name: 'c', shape: [3], values: [4, -1, 0] },
    ],
    tables: [
      range('four', 4),
      {
        name: 'pairs',
        rows: 3,
        columns: [
          { kind: 'range', first: 1 },
          { kind: 'dense', values: Uint32Array.of(7, 0, 7) },
        ],
      },
    ],
    virtuals: [
      {
        name: 'v',
        indices: [o, t],
        terms: [term(2, [view('x', 't', 'k'), view('w', 'o', 'k')], [k]), term(-1, [view('b', 'o')])],
        range: 'residue',
      },
    ],
    relations: [
      {
        kind: 'lookup',
        name: 'pairs',
        indices: [t, o],
        table: 'pairs',
        entries: [[term(-3, [view('v', 'o', 't')])], [term(1, [view('c', 't')]), term(5)]],
      },
      {
        kind: 'zero',
        name: 'scores',
        indices: [i, q],
        terms: [{ ...term(1, [view('x', 'i', 'k'), view('x', 'q', 'k')], [k]), mask }],
      },
      {
        kind: 'lookup',
        name: 'four',
        indices: [t],
        table: 'four',
        entries: [[term(1, [view('c', { kind: 'gather', index: 't', positions: [2, 0, 2] }), view('x', 't', fixed(1))])]], // prettier-ignore
      },
      {
        kind: 'zero',
        name: 'sum',
        indices: [],
        terms: [term(1, [view('x', at('t'), fixed(0))], [t])],
      },
    ],
  };
}

export interface ProgramTwinCase extends TwinCase {
  readonly statement: ProgramStatement;
}

function twinCase(
  kernels: Kernels,
  name: string,
  of: ProgramCase,
  changes: (statement: ProgramStatement) => ProgramChange[],
): ProgramTwinCase {
  const profile = toyProfile(kernels, 3);
  const { statement, proofs } = provenCase(kernels, profile, codeOf(profile, 5, 16), of, 2);
  const list = changes(statement);
  const changed = (change?: number): ProgramStatement =>
    change === undefined ? statement : list[change]!.statement;
  return {
    name,
    statement,
    proofs,
    word: (proof, change, observer) => programWord(changed(change), proof, observer),
    twin: (proof, change) => twinProgramWord(changed(change), proof),
    changes: list.map((change) => change.name),
  };
}

interface ProgramChange {
  readonly name: string;
  readonly statement: ProgramStatement;
}

/** Everything beside the program, and every value of the program that leaves a well-formed one. */
function changesOf(statement: ProgramStatement): ProgramChange[] {
  const { groups, parameters, compiled } = statement;
  const change = (name: string, by: Partial<ProgramStatement>): ProgramChange => ({
    name,
    statement: { ...statement, ...by },
  });
  return [
    change('nothing', {}),
    change('context', { context: Uint8Array.of(8) }),
    change('no context', { context: new Uint8Array(0) }),
    change('no groups', { groups: [] }),
    change('a group twice', { groups: [...groups, ...groups.slice(0, 1)] }),
    change('groups exchanged', { groups: [...groups].reverse() }),
    ...groups.flatMap((group, g) =>
      groupChanges(group).map(({ name, statement: by }) =>
        change(name, { groups: groups.map((own, i) => (i === g ? by : own)) }),
      ),
    ),
    ...parameterChanges(parameters).map(({ name, statement: by }) => change(name, { parameters: by })),
    ...[...valueMutants(compiled.program, 'program')].flatMap(([name, program]) => {
      if (!isWellFormed(program as Program)) return [];
      return [change(name, { compiled: compileProgram(compiled.field, program as Program) })];
    }),
  ];

  function isWellFormed(program: Program): boolean {
    try {
      checkStructure(compiled.field.base, program);
      return true;
    } catch (error) {
      if (error instanceof ProofError) return false;
      throw error;
    }
  }
}

export function programTwinCases(kernels: Kernels): ProgramTwinCase[] {
  const none = (): ProgramChange[] => [];
  const small = satisfiedProgram(kernels.ext.base, smallProgram(), 3);
  return [
    twinCase(kernels, 'a small program', small, changesOf),
    twinCase(kernels, 'lookups alone', lookupsAlone(), none),
    twinCase(kernels, 'the example', caseOf(exampleProgram(), exampleWitness()), none),
    twinCase(kernels, 'every view, no lookups', allCases()[2]!.make(), none),
  ];
}
