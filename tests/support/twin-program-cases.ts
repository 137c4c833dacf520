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
import {
  at,
  fixed,
  range,
  term,
  view,
  programFixture,
  type ProgramCase,
  type ProgramFixture,
} from './programs.ts';
import { satisfiedProgram } from './satisfied-programs.ts';
import { moved, type ProgramLie } from './soundness/program-liar.ts';
import type { Hook } from './soundness/liar.ts';
import { quintic } from '../../src/field/quintic.ts';
import { caseOf, lookupsAlone } from './soundness/program-fixtures.ts';
import { toyProfile, type TwinCase } from './twin-cases.ts';
import { programWord, proofsOf, twinProgramWord } from './twin-program.ts';
import { groupChanges, parameterChanges } from './twin-statements.ts';
import { valueMutants } from './value-mutants.ts';

/** A virtual tensor, two groups, pairs, a gather, a mask between two views, a relation without indices. */
function smallProgram(): Program {
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
        indices: [t, k],
        table: 'pairs',
        entries: [[term(-3, [view('v', 'k', 't')])], [term(1, [view('c', 't')]), term(5)]],
      },
      {
        kind: 'zero',
        name: 'scores',
        indices: [i, q],
        terms: [
          { ...term(1, [view('x', 'i', 'k'), view('x', 'q', 'k')], [k]), mask },
          // One index of the mask is read by the second view, the other one by none.
          { ...term(1, [view('x', fixed(2), 'k'), view('x', 'i', 'k')], [k]), mask },
        ],
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
  readonly fixture: ProgramFixture;
}

/** Columns of 2^m cells, three bits. */
export function toyFixture(kernels: Kernels, of: ProgramCase, m: number): ProgramFixture {
  const profile = toyProfile(kernels, 3);
  return programFixture(kernels, profile, codeOf(profile, m, 2 ** (m - 1)), of);
}

function twinCase(
  kernels: Kernels,
  name: string,
  of: ProgramCase,
  changes: (statement: ProgramStatement) => ProgramChange[],
): ProgramTwinCase {
  const fixture = toyFixture(kernels, of, 5);
  const { statement } = fixture;
  const proofs = proofsOf(kernels, fixture, 2);
  const list = changes(statement);
  const changed = (change?: number): ProgramStatement =>
    change === undefined ? statement : list[change]!.statement;
  return {
    name,
    fixture,
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

/** Lies with live challenges: every kind of message moved, cells and counts that are wrong, products and their ends. */
export function liesOf(fixture: ProgramFixture): { readonly name: string; readonly lie: ProgramLie }[] {
  const { one, add, mul, inverse } = quintic;
  const messages = [
    ...LABELS.map((label) => [label, 0] as const),
    ...REPEATED.map((label) => [label, 1] as const),
  ].map(([label, nth]) => {
    const hook: Hook = (of, values, n) =>
        of === label && n === nth ? values.map((x, i) => (i === values.length - 1 ? add(x, one) : x)) : undefined; // prettier-ignore
    return { name: `${label} ${nth}`, lie: { fixture, hook } };
  });
  const cells = [...fixture.witness.tensors].map(([name, honest]) => {
    const wrong = honest.slice();
    wrong[0]! += 1;
    return { name: `a cell of ${name}`, lie: { fixture, cells: new Map([[name, wrong]]) } };
  });
  return [
    ...messages,
    ...cells,
    { name: 'a count', lie: { fixture, counts: ([counts]) => moved(counts!, 1, 1) } },
    { name: 'the sum of products', lie: { fixture, total: (sum) => add(sum, one) } },
    { name: 'ends', lie: { fixture, total: (sum) => add(sum, one), ends: (a, b, gap) => [add(a, mul(gap, inverse(b))), b] } }, // prettier-ignore
  ];
}

/** Messages of elements of K that there are several of. */
const REPEATED = ['lookup/round', 'lookup/nodes', 'product/round', 'merge/round', 'whir/round'];
/** All. */
const LABELS = [
  ...REPEATED,
  ...['lookup/roots', 'product/sum', 'product/values', 'open/y', 'open/y-mask', 'open/a', 'whir/final'],
  ...['pads/sums', 'pads/revealed'],
];
