/** The lies about programs, each with the code that must refuse it. */
import type { Ext } from '../../../src/field/field.ts';
import { quintic } from '../../../src/field/quintic.ts';
import type { Kernels } from '../../../src/kernels/index.ts';
import { completeInstance } from '../../../src/params/choose.ts';
import { S128, unsafeToyProfile } from '../../../src/params/profile.ts';
import type { RowMajor } from '../../../src/relation/cells-prove.ts';
import { programInstance } from '../../../src/relation/plan.ts';
import type { Program } from '../../../src/relation/program.ts';
import { eqIndex } from '../../../src/sumcheck/eq.ts';
import { lookupOf, rangeTable, read, times } from '../example-programs.ts';
import { codeOf } from '../linear.ts';
import { programFixture, type ProgramFixture } from '../programs.ts';
import { bump } from './fixtures.ts';
import type { Seen } from './liar.ts';
import { change } from './strategies.ts';
import { caseOf, type ProgramSetting } from './program-fixtures.ts';
import { moved, type ProgramLie } from './program-liar.ts';

export interface NamedLie extends ProgramLie {
  readonly name: string;
  readonly code: string;
}

const P = quintic.base.modulus;

/** The witness with one cell moved. */
function withCell(
  { witness }: ProgramFixture,
  tensor: string,
  cell: number,
  by: number,
): Map<string, RowMajor> {
  const cells = witness.tensors.get(tensor)!.slice();
  cells[cell] = cells[cell]! + by;
  return new Map([[tensor, cells]]);
}

/** What cell [0, 5] of `square`, one too high, takes from the equation: it is third of the relations that vanish, over 8 x 16. */
function squareOff(seen: Seen): Ext {
  const batch = seen.exts('zero/batch')[0] as Ext;
  const power = quintic.mul(batch, quintic.mul(batch, batch));
  return quintic.mul(power, eqIndex(quintic, seen.exts('zero/point').slice(0, 7), 5));
}

/** x + y = 0 and x - z = 0, cell by cell: what one is short of the other can have too much. Lookups beside them. */
function twoZeros(kernels: Kernels): ProgramFixture {
  const i = { name: 'i', size: 3 };
  const zero = (name: string, sign: number, other: string) =>
    ({ kind: 'zero', name, indices: [i], terms: [times(1, [read('x', 'i')]), times(sign, [read(other, 'i')])] }) as const; // prettier-ignore
  const program: Program = {
    tensors: ['x', 'y', 'z'].map((name) => ({ kind: 'witness', name, shape: [3] }) as const),
    tables: [rangeTable('t', 8)],
    virtuals: [],
    relations: [
      zero('sum', 1, 'y'),
      zero('difference', -1, 'z'),
      lookupOf('x', [i], 't', [times(1, [read('x', 'i')])]),
    ],
  };
  const of = caseOf(program, new Map([['x', [1, 2, 3]], ['y', [-1, -2, -3]], ['z', [1, 2, 3]]])); // prettier-ignore
  return programFixture(kernels, S128, codeOf(S128, 10, 2 ** 10), of);
}

export function programLies(kernels: Kernels, settings: readonly ProgramSetting[]): NamedLie[] {
  const [example, views, lookups] = settings as [ProgramSetting, ProgramSetting, ProgramSetting];
  const one = quintic.one;
  const code = 'PAD_LINEAR';
  const y = example.witness.tensors.get('y')!;
  const zeros = twoZeros(kernels);
  const at = (cells: Record<string, readonly number[]>): Map<string, Int32Array> =>
    new Map(Object.entries(cells).map(([name, values]) => [name, Int32Array.from(values)]));
  const own: Omit<NamedLie, 'code'>[] = [
    // The product sumcheck.
    { name: 'the sum of products one too high', fixture: example, total: (sum) => bump(sum) },
    { name: 'the sum of products one too high, without lookups', fixture: views, total: (sum) => bump(sum) },
    {
      // The equation then holds: only the product at the end is false.
      name: 'a relation is violated and the sum of products makes up for it',
      fixture: views,
      cells: withCell(views, 'square', 5, 1),
      total: (sum, seen) => quintic.add(sum, squareOff(seen)),
    },
    {
      name: 'A~ moved so that the last claim of the rounds is their product',
      fixture: views,
      total: (sum) => bump(sum),
      ends: (a, b, gap) => [quintic.add(a, quintic.mul(gap, quintic.inverse(b))), b],
    },
    {
      name: 'B~ moved so that the last claim of the rounds is their product',
      fixture: example,
      total: (sum) => bump(sum),
      ends: (a, b, gap) => [a, quintic.add(b, quintic.mul(gap, quintic.inverse(a)))],
    },
    { name: 'A~ times 2, B~ by 2', fixture: views, ends: (a, b) => [quintic.add(a, a), quintic.mul(b, quintic.inverse(quintic.add(one, one)))] }, // prettier-ignore
    { name: 'A~ and B~ exchanged', fixture: example, ends: (a, b) => [b, a] },
    { name: 'A~ and B~ zero', fixture: views, ends: () => [quintic.zero, quintic.zero] },
    ...['product/sum', 'product/round', 'product/values', 'lookup/roots', 'lookup/round', 'lookup/nodes'].map(
      (label): Omit<NamedLie, 'code'> => ({
        name: `${label}: a value one too high, live`,
        fixture: example,
        hook: (of, values, nth) =>
          of === label && nth === 0 ? change(values, values.length - 1, one) : undefined,
      }),
    ),
    // Zero relations.
    {
      name: 'x + y is one too high and x - z one too low',
      fixture: zeros,
      cells: at({ y: [0, -2, -3], z: [2, 2, 3] }),
    },
    {
      name: 'two cells of a relation, one too high, one too low',
      fixture: zeros,
      cells: at({ y: [0, -3, -3] }),
    },
    { name: 'the last cell of a relation alone', fixture: zeros, cells: at({ z: [1, 2, 4] }) },
    { name: 'a masked score', fixture: views, cells: withCell(views, 'z', 107, 1) },
    // Lookups.
    { name: 'a count one too high', fixture: lookups, counts: (counts) => moved(counts[0]!, 2, 1) },
    { name: 'a count moved to the next row', fixture: lookups, counts: (counts) => (moved(counts[0]!, 2, -1), moved(counts[0]!, 3, 1)) }, // prettier-ignore
    { name: 'a count moved to the other table', fixture: lookups, counts: (counts) => (moved(counts[0]!, 3, -1), moved(counts[1]!, 3, 1)) }, // prettier-ignore
    { name: 'counts negated', fixture: lookups, counts: (counts) => counts.forEach((own) => own.forEach((x, i) => moved(own, i, -2 * x))) }, // prettier-ignore
    { name: 'a pair that is no row, counted at the row of its first column', fixture: lookups, cells: withCell(lookups, 'y', 1, 1), counts: (counts) => moved(counts[1]!, 6, 1) }, // prettier-ignore
    { name: 'a value one beyond the table, counted at the last row', fixture: lookups, cells: at({ x: [2, 7, 0, 3, 3], y: [4, 49, 0, 9, 9] }), counts: (counts) => (moved(counts[0]!, 6, 1), moved(counts[1]!, 6, 1)) }, // prettier-ignore
    { name: 'a value one below the table, counted at the first', fixture: lookups, cells: at({ x: [2, 6, -1, 3, 3], y: [4, 36, 1, 9, 9] }), counts: (counts) => (moved(counts[0]!, 0, 1), moved(counts[1]!, 0, 1)) }, // prettier-ignore
    {
      // The remainder of an accumulator that is p too high is in its table; the quotient is in none.
      name: 'an accumulator off by p',
      fixture: example,
      cells: offByP(),
    },
  ];
  const { statement } = lookups;
  const { profile, code: column } = statement.parameters;
  const toy = unsafeToyProfile(20, profile.field);
  const instance = programInstance(statement.compiled, statement.groups, column.logData);
  const draft = completeInstance(instance, codeOf(toy, column.logData, column.padLength), toy);
  if (draft === undefined) throw new Error('no toy parameters');
  const weak = { ...statement, parameters: draft.parameters };
  return [
    ...own.map((lie) => ({ ...lie, code })),
    // True, and proven as these parameters say.
    { name: 'parameters of twenty bits', fixture: { ...lookups, statement: weak }, code: 'WEAK_PARAMS' },
  ];

  function offByP(): Map<string, RowMajor> {
    const cells = Int32Array.from(y);
    // acc = 16 y + r; acc + p = 16 y' + r'.
    cells[0] = Math.floor((16 * y[0]! + P) / 16);
    return new Map([['y', cells]]);
  }
}
