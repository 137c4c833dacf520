/** The range that a witness tensor claims follows from a lookup of all its cells, or is refused. */
import { describe, expect, test } from 'vitest';
import { koalaBear, P } from '../../src/field/koalabear.ts';
import { checkProgram } from '../../src/relation/check.ts';
import type { Coordinate, Index, Program, Range, Relation, Table, Term } from '../../src/relation/program.ts';
import { lookupOf, rangeTable, read, times, witnessTensor } from '../support/example-programs.ts';
import { affine, expectRefusal } from '../support/program-changes.ts';

const I: Index = { name: 'i', size: 6 };
const J: Index = { name: 'j', size: 4 };
const HALF = (P - 1) / 2;

/** A tensor of 6 cells that claims 0 to 15, and a lookup that may back it. */
const backed = (
  own: Relation,
  table: Table = rangeTable('t', 16),
  claim: Range = { min: 0, max: 15 },
): Program => ({
  tensors: [witnessTensor('x', [6], claim), { kind: 'static', name: 'w', shape: [6] }],
  tables: [table],
  virtuals: [],
  relations: [own],
});
const cell = (at: Coordinate | string | number, coefficient = 1): Term => times(coefficient, [read('x', at)]);
const dense = (...values: number[]): Table => ({
  name: 't',
  rows: values.length,
  columns: [{ kind: 'dense', values: Uint32Array.from(values) }],
});

describe('the range of a witness tensor', () => {
  const three: Index = { name: 'a', size: 3 };
  const two: Index = { name: 'b', size: 2 };
  const ACCEPTED: [string, Program][] = [
    ['by its cells', backed(lookupOf('r', [I], 't', [cell('i')]))],
    ['by fewer values', backed(lookupOf('r', [I], 't', [cell('i')]), rangeTable('t', 4, 5))],
    [
      'by a shifted table',
      backed(lookupOf('r', [I], 't', [cell('i'), times(100)]), rangeTable('t', 16, 100)),
    ],
    [
      'by two constants',
      backed(lookupOf('r', [I], 't', [times(101), cell('i'), times(-1)]), rangeTable('t', 16, 100)),
    ],
    [
      'by a table through p',
      backed(lookupOf('r', [I], 't', [cell('i'), times(-3)]), dense(P - 3, P - 1, 0, 12)),
    ],
    ['by values that are listed', backed(lookupOf('r', [I], 't', [cell('i')]), dense(0, 15, 7))],
    [
      'by a permutation',
      backed(lookupOf('r', [I], 't', [cell({ kind: 'gather', index: 'i', positions: [5, 4, 3, 0, 1, 2] })])),
    ],
    [
      'by a merged dimension',
      backed(lookupOf('r', [three, two], 't', [cell(affine(0, ['a', 2], ['b', 1]))])),
    ],
    [
      'by overlapping windows',
      backed(lookupOf('r', [{ name: 'a', size: 5 }, two], 't', [cell(affine(0, ['a', 1], ['b', 1]))])),
    ],
    [
      'by a column behind the first',
      backed(lookupOf('r', [I], 't', [times(1, [read('w', 'i')])], [cell('i')]), {
        ...rangeTable('t', 2),
        columns: [
          { kind: 'range', first: 0 },
          { kind: 'dense', values: Uint32Array.from([3, 15]) },
        ],
      }),
    ],
    [
      'with negative values',
      backed(lookupOf('r', [I], 't', [cell('i'), times(8)]), rangeTable('t', 16), { min: -8, max: 7 }),
    ],
  ];
  test.each(ACCEPTED)('is backed %s', (_, program) => {
    expect(checkProgram(koalaBear, program).intervals.get('x')?.max).toBeLessThan(16n);
  });

  const REFUSED: [string, Program][] = [
    [
      'without a lookup',
      {
        ...backed({ kind: 'zero', name: 'r', indices: [I], terms: [cell('i'), times(1, [read('w', 'i')])] }),
        tables: [],
      },
    ],
    ['by a table with one value more', backed(lookupOf('r', [I], 't', [cell('i')]), rangeTable('t', 17))],
    [
      'by a table that begins one below',
      backed(lookupOf('r', [I], 't', [cell('i'), times(1)]), rangeTable('t', 16)),
    ],
    ['by one listed value too many', backed(lookupOf('r', [I], 't', [cell('i')]), dense(0, 15, 16))],
    ['by one listed value below', backed(lookupOf('r', [I], 't', [cell('i')]), dense(0, 15, P - 1))],
    [
      'by a table that passes (p-1)/2',
      backed(lookupOf('r', [I], 't', [cell('i')]), rangeTable('t', 16, HALF - 3)),
    ],
    ['by all cells but the last', backed(lookupOf('r', [{ name: 'i', size: 5 }], 't', [cell('i')]))],
    [
      'by all cells but the first',
      backed(lookupOf('r', [{ name: 'i', size: 5 }], 't', [cell(affine(1, ['i', 1]))])),
    ],
    ['by every second cell', backed(lookupOf('r', [three], 't', [cell(affine(0, ['a', 2]))]))],
    [
      'by a gather that leaves one out',
      backed(lookupOf('r', [I], 't', [cell({ kind: 'gather', index: 'i', positions: [0, 1, 2, 3, 4, 4] })])),
    ],
    [
      'by windows with a hole',
      backed(lookupOf('r', [two, { name: 'c', size: 2 }], 't', [cell(affine(0, ['b', 3], ['c', 2]))])),
    ],
    ['by one cell', backed(lookupOf('r', [], 't', [cell(0)]))],
    ['by twice the cells', backed(lookupOf('r', [I], 't', [cell('i', 2)]))],
    ['by the negated cells', backed(lookupOf('r', [I], 't', [cell('i', -1)]))],
    ['by cells plus others', backed(lookupOf('r', [I], 't', [cell('i'), times(1, [read('w', 'i')])]))],
    ['by a sum of cells', backed(lookupOf('r', [], 't', [times(1, [read('x', 'i')], { sums: [I] })]))],
    ['by squares', backed(lookupOf('r', [I], 't', [times(1, [read('x', 'i'), read('x', 'i')])]))],
    [
      'by masked cells',
      backed(
        lookupOf('r', [I, J], 't', [
          times(1, [read('x', 'i')], {
            mask: { row: 'i', column: 'j', from: [0, 0, 0, 0, 0, 0], to: [4, 4, 4, 4, 4, 4] },
          }),
        ]),
      ),
    ],
    ['by cells of another tensor', backed(lookupOf('r', [I], 't', [times(1, [read('w', 'i')])]))],
  ];
  test.each(REFUSED)('is not backed %s', (_, program) => {
    expectRefusal(
      () => checkProgram(koalaBear, program),
      'PROGRAM_RANGE',
      'tensor x',
      'force every cell into 0 to 15',
    );
  });
});
