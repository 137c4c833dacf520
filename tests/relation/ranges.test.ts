/** Claims about integers: what backs them is accepted, what does not is refused by name. */
import { describe, expect, test } from 'vitest';
import { koalaBear, P } from '../../src/field/koalabear.ts';
import { checkProgram } from '../../src/relation/check.ts';
import type { Index, Program, Relation, Term, Virtual } from '../../src/relation/program.ts';
import { residueTensors } from '../../src/relation/ranges.ts';
import {
  exampleProgram,
  lookupOf,
  rangeTable,
  read,
  times,
  witnessTensor,
} from '../support/example-programs.ts';
import { expectRefusal, relation, tensor, virtual, type Change } from '../support/program-changes.ts';

const I: Index = { name: 'i', size: 6 };
const J: Index = { name: 'j', size: 4 };
const HALF = (P - 1) / 2;

/** x with values up to 2^15 - 1 from -2^15, and a virtual tensor of these terms that a zero relation reads. */
const bounded = (
  terms: readonly Term[],
  of: Partial<Virtual> = {},
  more: Partial<Program> = {},
): Program => ({
  tensors: [
    witnessTensor('x', [6, 4], { min: -(2 ** 15), max: 2 ** 15 - 1 }),
    { kind: 'public', name: 'c', shape: [4], values: [-(P - 3), -5, 0, P - 2] },
    { kind: 'static', name: 'w', shape: [4] },
    witnessTensor('free', [4]),
    ...(more.tensors ?? []),
  ],
  tables: [rangeTable('t', 2 ** 16), ...(more.tables ?? [])],
  virtuals: [...(more.virtuals ?? []), { name: 'v', indices: [I], range: 'proven', terms, ...of }],
  relations: [
    lookupOf('x', [I, J], 't', [times(1, [read('x', 'i', 'j')]), times(2 ** 15)]),
    ...(more.relations ?? []),
    ...((of.range ?? 'proven') === 'proven'
      ? [
          {
            kind: 'zero' as const,
            name: 'r',
            indices: of.indices ?? [I],
            terms: [times(1, [read('v', ...(of.indices ?? [I]).map(({ name }) => name))])],
          },
        ]
      : []),
  ],
});

describe('a proven virtual tensor', () => {
  const x = read('x', 'i', 'j');
  const window = { row: 'i', column: 'j', from: [0, 0, 0, 1, 2, 3], to: [1, 2, 3, 4, 4, 4] };
  const K: Index = { name: 'k', size: 6 };
  const CASES: [string, Term[], Partial<Virtual>, bigint, bigint][] = [
    ['a cell', [times(3, [read('x', 'i', 2)]), times(-1)], {}, -98305n, 98300n],
    ['a negative coefficient', [times(-1, [read('x', 'i', 0)])], {}, -32767n, 32768n],
    ['a sum', [times(1, [x], { sums: [J] })], {}, -(2n ** 17n), 2n ** 17n - 4n],
    ['products with public values', [times(1, [x, read('c', 'j')], { sums: [J] })], {}, -655340n, 655360n],
    ['a square', [times(1, [x, x])], { indices: [I, J] }, 0n, 2n ** 30n],
    [
      'a product of two cells',
      [times(1, [read('x', 'i', 0), read('x', 'i', 1)])],
      {},
      -32768n * 32767n,
      2n ** 30n,
    ],
    ['a constant under a mask', [times(7, [], { mask: window, sums: [J] })], {}, 7n, 21n],
    ['a mask of its own indices', [times(7, [], { mask: window })], { indices: [I, J] }, 0n, 7n],
    ['a mask with the rows summed', [times(-7, [], { mask: window, sums: [I] })], { indices: [J] }, -42n, 0n],
    ['a mask that is summed', [times(1, [], { mask: { ...window, row: 'k' }, sums: [J, K] })], {}, 12n, 12n],
  ];
  test.each(CASES)('%s', (name, terms, of, min, max) => {
    const program = bounded(terms, of);
    if (max > BigInt(HALF)) {
      expectRefusal(() => checkProgram(koalaBear, program), 'PROGRAM_RANGE', 'virtual v', `${min} to ${max}`);
    } else expect(checkProgram(koalaBear, program).intervals.get('v'), name).toEqual({ min, max });
  });

  test('ends at (p-1)/2', () => {
    expect(checkProgram(koalaBear, bounded([times(HALF)])).intervals.get('v')?.max).toBe(BigInt(HALF));
    const refused = (terms: Term[]): void =>
      expectRefusal(
        () => checkProgram(koalaBear, bounded(terms)),
        'PROGRAM_RANGE',
        'virtual v',
        'within (p-1)/2',
      );
    refused([times(HALF + 1)]);
    refused([times(-HALF), times(-1)]);
    refused([times(2 ** 15, [read('x', 'i', 0)])]);
    refused([times(P)]); // zero as a residue, but an integer sum must not rely on it
  });

  test.each(['w', 'free'])('reads nothing without a range: %s', (name) => {
    const terms = [times(1, [read('x', 'i', 'j'), read(name, 'j')], { sums: [J] })];
    expectRefusal(
      () => checkProgram(koalaBear, bounded(terms)),
      'PROGRAM_RANGE',
      'virtual v',
      `reads ${name}`,
    );
  });

  test('reads no residue', () => {
    const virtuals: Virtual[] = [
      {
        name: 'acc',
        indices: [I],
        range: 'residue',
        terms: [times(1, [read('x', 'i', 'j'), read('w', 'j')], { sums: [J] })],
      },
    ];
    const program = bounded([times(1, [read('acc', 'i')])], {}, { virtuals });
    expectRefusal(() => checkProgram(koalaBear, program), 'PROGRAM_RANGE', 'virtual v', 'reads acc');
  });
});

describe('a residue', () => {
  const example = exampleProgram();
  const acc = times(1, [read('acc', 't', 'n')]);
  const y = times(-16, [read('y', 't', 'n')]);
  const CASES: [string, Change, string, string][] = [
    [
      'is made a tensor where a relation that vanishes reads it',
      (program) => ({
        ...program,
        relations: [
          ...program.relations,
          { kind: 'zero', name: 'more', indices: example.relations[0]!.indices, terms: [acc] },
        ],
      }),
      'relation more',
      'reads the residue acc, but makes no tensor of it',
    ],
    [
      'has coefficient 1 or -1',
      relation({ entries: [[{ ...acc, coefficient: 2 }, y]] }),
      'relation y/remainder: entry 0',
      'got 2',
    ],
    [
      'has digits with a range',
      (program) => {
        const terms = [times(1, [read('y', 0, 'n')]), times(128)];
        const partly = relation({ indices: [{ name: 'n', size: 5 }], entries: [terms] }, 1);
        return partly(tensor({ range: undefined }, 3)(program));
      },
      'relation y/remainder: entry 0',
      'reads y, which has no range',
    ],
    [
      'stands beside cells alone: product',
      relation({ entries: [[acc, times(1, [read('y', 't', 'n'), read('b', 'n')])]] }),
      'relation y/remainder: entry 0',
      'got a term of y and b',
    ],
    [
      'stands beside cells alone: sum',
      relation({ entries: [[acc, times(1, [read('x', 't', 'k')], { sums: [{ name: 'k', size: 4 }] })]] }),
      'relation y/remainder: entry 0',
      'got a term of x',
    ],
    [
      'decomposes: digits overlap',
      relation({ entries: [[acc, { ...y, coefficient: -15 }]] }),
      'relation y/remainder: entry 0',
      '256 times 15 over the column of rem4',
    ],
    [
      'decomposes: digits cancel',
      relation({ entries: [[acc, y, times(1, [read('y', 't', 'n')])]] }),
      'relation y/remainder: entry 0',
      '256 times 15',
    ],
    [
      'decomposes: within p',
      relation({ entries: [[acc, { ...y, coefficient: 2 ** 23 }]] }),
      'relation y/remainder: entry 0',
      '256 times 8388608',
    ],
    [
      'hides no digit',
      virtual({ terms: [...example.virtuals[0]!.terms, times(8, [read('y', 't', 'n')])] }),
      'relation y/remainder: entry 0',
      '256 times 8 over',
    ],
  ];
  test.each(CASES)('%s', (_, change, stage, detail) => {
    expectRefusal(() => checkProgram(koalaBear, change(exampleProgram())), 'PROGRAM_RANGE', stage, detail);
  });

  test('may be negated, forwarded, and cut by digits of any sign', () => {
    const indices = example.virtuals[0]!.indices;
    const changes: Change[] = [
      relation({ entries: [[{ ...acc, coefficient: -1 }, { ...y, coefficient: 16 }, times(5)]] }),
      relation({ entries: [[acc, { ...y, coefficient: -(P - 16) }]] }),
      relation({ entries: [[acc, { ...y, coefficient: 2 ** 22 }]] }),
      (program) =>
        relation({ entries: [[times(-1, [read('rest', 't', 'n')])]] })({
          ...program,
          virtuals: [
            ...program.virtuals,
            { name: 'rest', indices, range: 'residue', terms: [acc, y, times(3)] },
          ],
        }),
    ];
    for (const change of changes) {
      const program = change(exampleProgram());
      const { residues } = checkProgram(koalaBear, program);
      expect(residues.map(({ name }) => name)).toEqual(residueTensors(program));
      expect(residues[0]).toEqual({ name: 'acc', cells: 15, relation: 'y/remainder', entry: 0 });
    }
  });

  test('is pinned by a column that tells its rows apart', () => {
    const columns =
      (values: number[]): Change =>
      (program) => ({
        ...program,
        tables: program.tables.map((one) =>
          one.name === 'rem4'
            ? {
                ...one,
                rows: 3,
                columns: [
                  { kind: 'dense', values: Uint32Array.from(values) },
                  { kind: 'range', first: 0 },
                ],
              }
            : one,
        ),
      });
    const entries = [[acc, y], [times(1, [read('z', 't', 'n')])]];
    const program = relation({ entries })(exampleProgram());
    expect(() => checkProgram(koalaBear, columns([0, 1, 2])(program))).not.toThrow();
    expectRefusal(
      () => checkProgram(koalaBear, columns([0, 1, 1])(program)),
      'PROGRAM_RANGE',
      'relation y/remainder: entry 0',
      'column 0 of rem4: expected different values',
    );
  });
});

describe('keys of lookups that are no residues', () => {
  const key = (terms: Term[], more: Partial<Program> = {}): Program =>
    bounded(
      [times(0)],
      {},
      {
        ...more,
        tables: [rangeTable('k', 16)],
        relations: [...(more.relations ?? []), lookupOf('key', [J], 'k', terms)],
      },
    );
  const free = times(1, [read('free', 'j')]);
  const w = times(1, [read('w', 'j')]);
  test('may be single cells, and proven sums', () => {
    for (const terms of [
      [free],
      [w, times(3)],
      [times(1, [read('x', 0, 'j')]), times(-1, [read('x', 1, 'j')])],
    ]) {
      expect(() => checkProgram(koalaBear, key(terms))).not.toThrow();
    }
  });
  test('and nothing else', () => {
    const refused = (terms: Term[], detail: string): void =>
      expectRefusal(
        () => checkProgram(koalaBear, key(terms)),
        'PROGRAM_RANGE',
        'relation key: entry 0',
        detail,
      );
    refused([free, w], 'reads free');
    refused([w, times(-15, [read('x', 0, 'j')])], '65536 times 15');
    refused([times(2 ** 20, [read('x', 0, 'j')]), times(1, [read('x', 1, 'j')])], 'decompose in one way');
    refused(
      [w, times(-16, [read('x', 0, 'j'), read('free', 'j')])],
      'a virtual tensor for the product of x and free',
    );
  });

  test('logits that a relation makes of residues can be compared, behind it', () => {
    const logits: Relation = {
      kind: 'zero',
      name: 'logits',
      indices: [J],
      terms: [times(1, [read('acc', 'j')]), times(-1, [read('free', 'j')])],
    };
    const high = lookupOf('high', [J], 'k', [times(1, [read('high', 'j')])]);
    const gap = lookupOf('gap', [J], 'k', [times(1, [read('gap', 'j')]), times(-16, [read('high', 'j')])]);
    const program = (...relations: Relation[]): Program => {
      const sums = [{ name: 'k', size: 6 }];
      const difference = [times(1, [read('free', 2)]), times(-1, [read('free', 'j')])];
      const virtuals: Virtual[] = [
        {
          name: 'acc',
          indices: [J],
          range: 'residue',
          terms: [times(1, [read('x', 'k', 'j'), read('w', 'j')], { sums })],
        },
        { name: 'gap', indices: [J], range: 'residue', terms: difference },
      ];
      const tensors = [witnessTensor('high', [4], { min: 0, max: 15 })];
      return bounded([times(0)], {}, { tensors, tables: [rangeTable('k', 16)], virtuals, relations });
    };
    const { residues } = checkProgram(koalaBear, program(logits, high, gap));
    expect(residues.map(({ name, relation: at }) => [name, at])).toEqual([
      ['acc', 'logits'],
      ['gap', 'gap'],
    ]);
    expectRefusal(
      () => checkProgram(koalaBear, program(high, gap, logits)),
      'PROGRAM_RANGE',
      'relation gap: entry 0',
      'expected tensors that are settled before, got free, settled later',
    );
  });

  test('a digit that an earlier relation settled is none', () => {
    // u = x - 16 high and then t = u + 16 high - 16 other: high is there already.
    const cut = (from: string, digit: string, ...more: Term[]): Relation =>
      lookupOf(`${from}-${digit}`, [J], 'k', [
        times(1, [read(from, 'j')]),
        times(-16, [read(digit, 'j')]),
        ...more,
      ]);
    const check = (name: string): Relation => lookupOf(name, [J], 'k', [times(1, [read(name, 'j')])]);
    const program = (...relations: Relation[]): Program => {
      const residue = (name: string): Virtual => ({
        name,
        indices: [J],
        range: 'residue',
        terms: [times(1, [read('w', 'j')])],
      });
      const tensors = [witnessTensor('high', [4]), witnessTensor('other', [4])];
      const virtuals = [residue('a'), residue('b')];
      return bounded([times(0)], {}, { tensors, tables: [rangeTable('k', 16)], virtuals, relations });
    };
    const checks = [check('high'), check('other')];
    const second = cut('b', 'other', times(1, [read('high', 'j')]));
    expect(() => checkProgram(koalaBear, program(...checks, cut('a', 'high'), second))).not.toThrow();
    expectRefusal(
      () => checkProgram(koalaBear, program(...checks, second, cut('a', 'high'))),
      'PROGRAM_RANGE',
      'relation b-other: entry 0',
      '16 times 16, 16 times 1 over the column of k',
    );
  });
});

describe('convexity', () => {
  const T = 2048;
  const [i, j, d]: Index[] = [
    { name: 'i', size: 2 },
    { name: 'j', size: T },
    { name: 'd', size: 3 },
  ];
  const attention = (sum: Term[], value: Term, min = 0): Program => ({
    tensors: [
      witnessTensor('e', [2, T], { min, max: min + 2 ** 15 - 1 }),
      witnessTensor('v', [T, 3], { min: -(2 ** 14), max: 2 ** 14 - 1 }),
    ],
    tables: [rangeTable('weights', 2 ** 15)],
    virtuals: [{ name: 'o', indices: [i!, d!], range: 'proven', terms: [value] }],
    relations: [
      lookupOf('e', [i!, j!], 'weights', [times(1, [read('e', 'i', 'j')]), times(-min)]),
      lookupOf('v', [j!, d!], 'weights', [times(1, [read('v', 'j', 'd')]), times(2 ** 14)]),
      lookupOf('sum', [i!], 'weights', sum),
      { kind: 'zero', name: 'o', indices: [i!, d!], terms: [times(1, [read('o', 'i', 'd')])] },
    ],
  });
  const sum = times(1, [read('e', 'i', 'j')], { sums: [j!] });
  const value = times(1, [read('e', 'i', 'j'), read('v', 'j', 'd')], { sums: [j!] });
  test('bounds a sum of products by the sum of its weights', () => {
    for (const [own, other] of [
      [sum, value],
      [sum, { ...value, views: [...value.views].reverse() }],
    ] as const) {
      const { intervals } = checkProgram(koalaBear, attention([own], other));
      expect(intervals.get('o')).toEqual({
        min: -(2n ** 29n) + 2n ** 14n,
        max: (2n ** 15n - 1n) * (2n ** 14n - 1n),
      });
    }
  });
  test('and no further than the sum of its terms, or than a sum that cannot be', () => {
    const few: Index = { name: 'j', size: 2 };
    const small = (sumRows: number, ...shift: Term[]): Program => ({
      tensors: [
        witnessTensor('e', [2, 2], { min: 0, max: 3 }),
        witnessTensor('v', [2, 3], { min: -4, max: 3 }),
      ],
      tables: [rangeTable('e', 4), rangeTable('v', 8), rangeTable('sum', sumRows)],
      virtuals: [{ name: 'o', indices: [i!, d!], range: 'proven', terms: [{ ...value, sums: [few] }] }],
      relations: [
        lookupOf('e', [i!, few], 'e', [times(1, [read('e', 'i', 'j')])]),
        lookupOf('v', [few, d!], 'v', [times(1, [read('v', 'j', 'd')]), times(4)]),
        lookupOf('sum', [i!], 'sum', [{ ...sum, sums: [few] }, ...shift]),
        { kind: 'zero', name: 'o', indices: [i!, d!], terms: [times(1, [read('o', 'i', 'd')])] },
      ],
    });
    const boundOf = (program: Program) => checkProgram(koalaBear, program).intervals.get('o');
    expect(boundOf(small(2 ** 15))).toEqual({ min: -24n, max: 18n });
    expect(boundOf(small(4))).toEqual({ min: -12n, max: 9n });
    // Weights that are not negative and whose sum is -5: nobody has them.
    expect(boundOf(small(1, times(5)))).toEqual({ min: 0n, max: 0n });
  });
  test.each([
    ['weights may be negative', attention([sum], value, -1)],
    [
      'the sum leaves out a cell',
      attention([times(1, [read('e', 'i', 'j')], { sums: [{ name: 'j', size: T - 1 }] })], value),
    ],
    ['the sum has another coefficient', attention([{ ...sum, coefficient: 2 }], value)],
    ['the sum is of one row', attention([times(1, [read('e', 0, 'j')], { sums: [j!] })], value)],
    [
      'cells are summed more than once',
      attention(
        [sum],
        times(1, [read('e', 'i', 'a'), read('v', 'a', 'd')], {
          sums: [
            { name: 'a', size: T },
            { name: 'b', size: 9 },
          ],
        }),
      ),
    ],
    [
      'rows are summed too',
      attention(
        [sum],
        times(1, [read('e', 'a', 'j'), read('v', 'j', 'd')], { sums: [j!, { name: 'a', size: 2 }] }),
      ),
    ],
  ])('not where %s', (_, program) => {
    expectRefusal(() => checkProgram(koalaBear, program), 'PROGRAM_RANGE', 'virtual o', 'within (p-1)/2');
  });
});

describe('a claim that a vanishing relation backs', () => {
  /** y = the sum of so many cells of x, each 0 or 1. */
  const summed = (count: number): Program => ({
    tensors: [witnessTensor('x', [count]), witnessTensor('y', [1], { min: 0, max: count })],
    tables: [rangeTable('bit', 2)],
    virtuals: [],
    relations: [
      lookupOf('x', [{ name: 'j', size: count }], 'bit', [times(1, [read('x', 'j')])]),
      {
        kind: 'zero',
        name: 'y',
        indices: [{ name: 'i', size: 1 }],
        terms: [
          times(1, [read('y', 'i')]),
          ...Array.from({ length: count }, (_, k) => times(-1, [read('x', k)])),
        ],
      },
    ],
  });
  test('of at most eight cells that it could be about', () => {
    const rangeOf = (program: Program) => checkProgram(koalaBear, program).intervals.get('y');
    expect(rangeOf(summed(7))).toEqual({ min: 0n, max: 7n });
    expectRefusal(() => rangeOf(summed(8)), 'PROGRAM_RANGE', 'tensor y', 'every cell into 0 to 8, got none');
  });
});
