/** An ill-typed program is refused by the check that is meant for it, the culprit by name and index. */
import { describe, expect, test } from 'vitest';
import { koalaBear, P } from '../../src/field/koalabear.ts';
import { checkProgram, checkStructure } from '../../src/relation/check.ts';
import type { Coordinate } from '../../src/relation/program.ts';
import { exampleProgram, read, times } from '../support/example-programs.ts';
import {
  K,
  T,
  affine,
  deep,
  doubling,
  expectRefusal,
  mask,
  products,
  relation,
  scaled,
  tensor,
  view,
  virtual,
  zero,
  type Case,
  type Change,
} from '../support/program-changes.ts';

const REFUSED: Case[] = [
  // Names.
  ['a name with a space', tensor({ name: 'x y' }), 'PROGRAM_NAME', 'tensor 2', "'x y'"],
  ['no name', tensor({ name: '' }), 'PROGRAM_NAME', 'tensor 2', "''"],
  ['a name of 129 letters', tensor({ name: 'x'.repeat(129) }), 'PROGRAM_NAME', 'tensor 2', 'xx..'],
  ['two tensors of one name', tensor({ name: 'W' }), 'PROGRAM_NAME', 'tensor 2', "'W' twice"],
  ['a virtual named as a tensor', virtual({ name: 'W' }), 'PROGRAM_NAME', 'tensor 6', "'W' twice"],
  ['two relations of one name', relation({ name: 'total' }), 'PROGRAM_NAME', 'relation 5', 'twice'],
  [
    'two tables of one name',
    (program) => ({ ...program, tables: [...program.tables, program.tables[0]!] }),
    'PROGRAM_NAME',
    'table 4',
    "'rem4' twice",
  ],
  [
    'a dot in an index',
    relation({ indices: [{ name: 'acc.k', size: 3 }] }),
    'PROGRAM_NAME',
    'relation y/rem',
    'index 0',
  ],
  [
    'an index twice',
    relation({ indices: [T, T] }),
    'PROGRAM_NAME',
    'relation y/remainder',
    "index 1: expected a new name, got 't' twice",
  ],
  [
    'a sum that hides an index',
    zero([times(1, [], { sums: [T] })]),
    'PROGRAM_NAME',
    'relation r: term 0: sums',
    "'t' twice",
  ],
  [
    'a sum twice',
    zero([times(1, [], { sums: [K, K] })]),
    'PROGRAM_NAME',
    'relation r: term 0: sums',
    "'k' twice",
  ],
  // Shapes.
  ['no relation', (program) => ({ ...program, relations: [] }), 'PROGRAM_SHAPE', 'program', 'relations'],
  ['no dimension', tensor({ shape: [] }), 'PROGRAM_SHAPE', 'tensor x', '1 to 4 dimensions, got 0'],
  ['five dimensions', tensor({ shape: [1, 1, 1, 1, 1] }), 'PROGRAM_SHAPE', 'tensor x', 'got 5'],
  ['an empty dimension', tensor({ shape: [3, 0] }), 'PROGRAM_SHAPE', 'tensor x', 'shape[1]'],
  ['half a cell', tensor({ shape: [3, 1.5] }), 'PROGRAM_SHAPE', 'tensor x', 'shape[1]'],
  ['no number', tensor({ shape: [NaN, 4] }), 'PROGRAM_SHAPE', 'tensor x', 'shape[0]'],
  ['2^31 cells', tensor({ shape: [2 ** 16, 2 ** 15] }), 'PROGRAM_SHAPE', 'tensor x', 'below 2^31 cells'],
  [
    'cells beyond doubles',
    tensor({ shape: [2 ** 500, 2 ** 500, 2 ** 500] }),
    'PROGRAM_SHAPE',
    'tensor x',
    'below 2^31',
  ],
  [
    'a value too few',
    tensor({ values: [1, 2, 3] }, 5),
    'PROGRAM_SHAPE',
    'tensor scale',
    'values: expected 4, got 3',
  ],
  ['the value p', tensor({ values: [1, 2, P, 0] }, 5), 'PROGRAM_SHAPE', 'tensor scale', 'values[2]'],
  ['the value -p', tensor({ values: [-P, 2, 0, 0] }, 5), 'PROGRAM_SHAPE', 'tensor scale', 'values[0]'],
  [
    'a source of 31 bytes',
    tensor({ source: new Uint8Array(31) }, 5),
    'PROGRAM_SHAPE',
    'tensor scale',
    'source',
  ],
  [
    'a source of numbers',
    tensor({ source: new Array<number>(32).fill(0) }, 5),
    'PROGRAM_SHAPE',
    'tensor scale',
    'source',
  ],
  ['half a value', tensor({ values: [0, 2, 0, 0.5] }, 5), 'PROGRAM_SHAPE', 'tensor scale', 'values[3]'],
  ['a group left out', tensor({ group: 2 }, 1), 'PROGRAM_SHAPE', 'program', 'a tensor in group 1'],
  ['no group 0', tensor({ group: 2 }, 0), 'PROGRAM_SHAPE', 'program', 'a tensor in group 0'],
  ['group -1', tensor({ group: -1 }, 1), 'PROGRAM_SHAPE', 'tensor b', 'got -1'],
  ['half a group', tensor({ group: 0.5 }, 1), 'PROGRAM_SHAPE', 'tensor b', 'got 0.5'],
  [
    'an empty index',
    relation({ indices: [T, { name: 'n', size: 0 }] }),
    'PROGRAM_SHAPE',
    'relation y/remainder',
    'index n',
  ],
  [
    'half an index',
    virtual({ indices: [T, { name: 'n', size: 4.5 }] }),
    'PROGRAM_SHAPE',
    'virtual acc',
    'index n',
  ],
  [
    'nine indices',
    zero(
      [times(1)],
      Array.from({ length: 9 }, (_, i) => ({ name: `i${i}`, size: 1 })),
    ),
    'PROGRAM_SHAPE',
    'relation r',
    'at most 8, got 9',
  ],
  [
    '2^31 cells of a relation',
    zero([times(1)], [{ name: 'i', size: 2 ** 31 }]),
    'PROGRAM_SHAPE',
    'relation r',
    'below 2^31',
  ],
  [
    '2^31 sums',
    zero([
      times(1, [], {
        sums: [
          { name: 'i', size: 2 ** 16 },
          { name: 'j', size: 2 ** 15 },
        ],
      }),
    ]),
    'PROGRAM_SHAPE',
    'relation r: term 0: sums',
    'below 2^31',
  ],
  ['too many products', products(2 ** 15 + 1), 'PROGRAM_SHAPE', 'relation r', 'at most 2^30'],
  [
    'too many blocks',
    (program) => {
      const indices = [7, 7, 7, 7, 7, 7, 7, 7].map((size, i) => ({ name: `i${i}`, size }));
      const relations = Array.from({ length: 10 }, (_, i) => ({
        kind: 'zero' as const,
        name: `r${i}`,
        indices,
        terms: [times(1)],
      }));
      return { ...program, tables: [], relations };
    },
    'PROGRAM_SHAPE',
    'relation r9',
    'blocks',
  ],
  [
    'too many relations',
    (program) => {
      const one = { kind: 'zero' as const, indices: [], terms: [times(1)] };
      const relations = Array.from({ length: 2 ** 16 + 1 }, (_, i) => ({ ...one, name: `r${i}` }));
      return { ...program, tables: [], relations };
    },
    'PROGRAM_SHAPE',
    'program',
    'relations: expected at most 2^16, got 65537',
  ],
  [
    '2^18 renamed terms',
    (program) => {
      const one = doubling(13)(program);
      const relations = [0, 1, 2, 3, 4].map((i) => ({ ...one.relations[0]!, name: `r${i}` }));
      return { ...one, relations };
    },
    'PROGRAM_TERM',
    'relation r4',
    'at most 2^18 renamed',
  ],
  // Tables.
  ['an unknown table', relation({ table: 'rem5' }), 'PROGRAM_TABLE', 'relation y/remainder', "got 'rem5'"],
  [
    'an entry too many',
    relation({ entries: [[times(1)], [times(1)]] }),
    'PROGRAM_TABLE',
    'relation y/remainder',
    'expected 1, got 2',
  ],
  [
    'an entry too few',
    relation({ entries: [[times(1)]] }, 3),
    'PROGRAM_TABLE',
    'relation squares',
    'expected 2, got 1',
  ],
  ['a table that nothing reads', relation({ table: 'nibble' }), 'PROGRAM_TABLE', 'table rem4', 'got none'],
  [
    'a table without rows',
    (program) => ({
      ...program,
      tables: program.tables.map((table, t) => (t === 2 ? { ...table, rows: NaN } : table)),
    }),
    'LOOKUP_TABLE',
    'lookup program',
    'table 2: rows',
  ],
  [
    'half a range at the end',
    tensor({ range: { min: 0, max: 1.5 } }),
    'PROGRAM_RANGE',
    'tensor x',
    'got 0 to 1.5',
  ],
  [
    'a virtual of no terms',
    virtual({ terms: [] }),
    'PROGRAM_TERM',
    'virtual acc',
    'terms: expected at least one',
  ],
  ['a relation of no terms', zero([]), 'PROGRAM_TERM', 'relation r', 'terms: expected at least one'],
  // Kinds that are none: the digest would take these for another thing than the checks do.
  ['a tensor of no kind', tensor({ kind: 'other', values: [] }), 'PROGRAM_SHAPE', 'tensor x', "got 'other'"],
  ['a virtual of no range', virtual({ range: 'other' }), 'PROGRAM_SHAPE', 'virtual acc', "got 'other'"],
  [
    'a lookup that has terms and calls itself otherwise',
    relation({ kind: 'other', terms: [times(1, [read('x', 't', 't')])] }),
    'PROGRAM_SHAPE',
    'relation y/remainder',
    "expected lookup or zero, got 'other'",
  ],
  [
    'a column of values that has a first one',
    (program) => ({
      ...program,
      tables: program.tables.map((table, t) =>
        t === 1
          ? {
              ...table,
              columns: [
                { kind: 'other' as 'dense', values: Uint32Array.of(1, 2, 3), first: 1 },
                table.columns[1]!,
              ],
            }
          : table,
      ),
    }),
    'PROGRAM_SHAPE',
    'table square',
    "got 'other'",
  ],
  [
    'parts that have positions',
    zero([view({ ...affine(0, ['n', 1]), kind: 'other' } as unknown as Coordinate)]),
    'PROGRAM_SHAPE',
    'view of W: dimension 0',
    "got 'other'",
  ],
  // Ranges that are none.
  ['a range upside down', tensor({ range: { min: 1, max: 0 } }), 'PROGRAM_RANGE', 'tensor x', 'got 1 to 0'],
  ['half a range', tensor({ range: { min: 0.5, max: 1 } }), 'PROGRAM_RANGE', 'tensor x', 'got 0.5'],
  [
    'a range up to p/2',
    tensor({ range: { min: 0, max: (P + 1) / 2 } }),
    'PROGRAM_RANGE',
    'tensor x',
    'within (p-1)/2',
  ],
  [
    'a range from -p/2',
    tensor({ range: { min: -(P + 1) / 2, max: 0 } }),
    'PROGRAM_RANGE',
    'tensor x',
    'within (p-1)/2',
  ],
];

describe('refused', () => {
  test.each(REFUSED)('%s', (_, change, code, stage, detail) => {
    expectRefusal(() => checkStructure(koalaBear, change(exampleProgram())), code, stage, detail);
  });
});

test('the whole check looks at the structure first: an unknown tensor is no missing range', () => {
  const change = zero([view(affine(0, ['n', 1])), times(1, [read('nowhere', 't')])]);
  expectRefusal(
    () => checkProgram(koalaBear, change(exampleProgram())),
    'PROGRAM_VIEW',
    'view of nowhere',
    '',
  );
});

describe('accepted', () => {
  const ACCEPTED: [string, Change][] = [
    ['the example', (program) => program],
    ['names at their longest', tensor({ name: 'x'.repeat(128), kind: 'static' }, 4)],
    ['64 levels', deep(64)],
    ['2^12 terms written out', doubling(13)],
    ['coefficients below 2^53', scaled(2 ** 26)],
    ['2^30 products', products(2 ** 15)],
    ['a position at the end', zero([view(affine(2, ['t', 1])), view(affine(0, ['t', 2])), view(affine(4))])],
    ['a source', tensor({ source: new Uint8Array(32) }, 5)],
    ['values beside p', tensor({ values: [1 - P, P - 1, 0, -0] }, 5)],
    ['ranges up to the half', tensor({ range: { min: -(P - 1) / 2, max: (P - 1) / 2 } })],
    ['a relation of one cell', zero([times(1, [read('x', 1, 2)])], [])],
    ['a mask that no view reads', zero([times(1, [], { mask: mask() })])],
    ['a mask whose row is read', zero([times(1, [read('x', 't', 0)], { mask: mask() })])],
    ['a mask whose column is read', zero([times(1, [read('b', 'n')], { mask: mask() })])],
    ['a mask between two views', zero([times(1, [read('b', 'n'), read('x', 't', 0)], { mask: mask() })])],
    ['an empty mask', zero([times(1, [read('b', 'n')], { mask: mask({ to: [0, 0, 0] }) })])],
    [
      'eight indices',
      zero(
        [times(1)],
        Array.from({ length: 8 }, (_, i) => ({ name: `i${i}`, size: 1 })),
      ),
    ],
  ];
  test.each(ACCEPTED)('%s', (name, change) => {
    const program = change(exampleProgram());
    // Renaming z takes it from its relations.
    const fitted = name.startsWith('names') ? zero([times(1)])(program) : program;
    expect(() => checkStructure(koalaBear, fitted)).not.toThrow();
  });
});

test('few claims of many terms: counted in all, whatever their number', () => {
  const indices = ['i', 'j'].map((name) => ({ name, size: 2047 })); // 121 blocks
  const terms = Array.from({ length: 4095 }, () => times(1, []));
  const many = (count: number) => ({
    ...exampleProgram(),
    virtuals: [],
    tables: [],
    relations: Array.from({ length: count }, (_, r) => ({
      kind: 'zero' as const,
      name: `r${r}`,
      indices,
      terms,
    })),
  });
  expect(() => checkStructure(koalaBear, many(2))).not.toThrow(); // 2 * 121 * 4095 < 2^20
  expect(() => checkStructure(koalaBear, many(3))).toThrow(
    /relation r2: blocks: expected at most 2\^16, and 2\^20 terms/,
  );
});
