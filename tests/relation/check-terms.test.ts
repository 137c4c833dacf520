/** Views, masks and coefficients that do not mean what they say are refused, the culprit by name and index. */
import { describe, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { checkStructure } from '../../src/relation/check.ts';
import type { Tensor, Index } from '../../src/relation/program.ts';
import { exampleProgram, read, times } from '../support/example-programs.ts';
import {
  K,
  T,
  affine,
  deep,
  doubling,
  expectRefusal,
  gather,
  mask,
  scaled,
  view,
  virtual,
  zero,
  type Case,
} from '../support/program-changes.ts';

const REFUSED: Case[] = [
  // Views.
  [
    'an unknown tensor',
    zero([times(1, [read('u', 't')])]),
    'PROGRAM_VIEW',
    'relation r: term 0: view of u',
    'defined before',
  ],
  [
    'a virtual that reads itself',
    virtual({ terms: [times(1, [read('acc', 't', 'n')])] }),
    'PROGRAM_VIEW',
    'virtual acc: term 0: view of acc',
    'defined before',
  ],
  [
    'a virtual that reads a later one',
    virtual({ terms: [times(1, [read('total', 't')])] }),
    'PROGRAM_VIEW',
    'view of total',
    'defined before',
  ],
  [
    'a coordinate too few',
    zero([times(1, [read('x', 't')])]),
    'PROGRAM_VIEW',
    'view of x',
    'coordinates: expected 2, got 1',
  ],
  [
    'a coordinate too many',
    zero([times(1, [read('b', 'n', 0)])]),
    'PROGRAM_VIEW',
    'view of b',
    'coordinates: expected 1, got 2',
  ],
  [
    'an unknown index',
    zero([times(1, [read('b', 'm')])]),
    'PROGRAM_VIEW',
    'view of b: dimension 0',
    "known index, got 'm'",
  ],
  [
    'an unknown gathered index',
    zero([view(gather('m', 0))]),
    'PROGRAM_VIEW',
    'view of W: dimension 0',
    "known index, got 'm'",
  ],
  [
    'an index that another term sums',
    zero([times(1, [read('x', 't', 'k')], { sums: [K] }), times(1, [read('x', 't', 'k')])]),
    'PROGRAM_VIEW',
    'term 1: view of x: dimension 1',
    "got 'k'",
  ],
  [
    'a diagonal',
    zero([times(1, [read('W', 't', 't')])]),
    'PROGRAM_VIEW',
    'view of W',
    'every index once, got t, t',
  ],
  [
    'an index twice in a coordinate',
    zero([view(affine(0, ['t', 1], ['t', 1]))]),
    'PROGRAM_VIEW',
    'view of W',
    'every index once',
  ],
  [
    'an index gathered and read',
    zero([times(1, [read('W', gather('t', 0, 1, 2), 't')])]),
    'PROGRAM_VIEW',
    'view of W',
    'every index once',
  ],
  [
    'one beyond the end',
    zero([view(affine(3, ['t', 1]))]),
    'PROGRAM_VIEW',
    'dimension 0',
    'positions below 5, got 5',
  ],
  [
    'strides beyond the end',
    zero([view(affine(0, ['t', 3]))]),
    'PROGRAM_VIEW',
    'dimension 0',
    'positions below 5, got 6',
  ],
  ['a fixed coordinate beyond the end', zero([view(affine(5))]), 'PROGRAM_VIEW', 'dimension 0', 'offset'],
  ['a negative offset', zero([view(affine(-1, ['t', 1]))]), 'PROGRAM_VIEW', 'dimension 0', 'offset'],
  ['half an offset', zero([view(affine(0.5, ['t', 1]))]), 'PROGRAM_VIEW', 'dimension 0', 'offset'],
  ['stride 0', zero([view(affine(0, ['t', 0]))]), 'PROGRAM_VIEW', 'dimension 0', 'stride of t'],
  ['a negative stride', zero([view(affine(2, ['t', -1]))]), 'PROGRAM_VIEW', 'dimension 0', 'stride of t'],
  ['half a stride', zero([view(affine(0, ['t', 0.5]))]), 'PROGRAM_VIEW', 'dimension 0', 'stride of t'],
  [
    'a position too few',
    zero([view(gather('t', 0, 1))]),
    'PROGRAM_VIEW',
    'dimension 0',
    'positions: expected 3, got 2',
  ],
  [
    'a position beyond the end',
    zero([view(gather('t', 0, 5, 1))]),
    'PROGRAM_VIEW',
    'dimension 0',
    'positions[1]',
  ],
  ['a negative position', zero([view(gather('t', 0, 1, -1))]), 'PROGRAM_VIEW', 'dimension 0', 'positions[2]'],
  ['half a position', zero([view(gather('t', 0, 1, 1.5))]), 'PROGRAM_VIEW', 'dimension 0', 'positions[2]'],
  [
    'a virtual at a fixed coordinate',
    zero([times(1, [read('total', 0)])]),
    'PROGRAM_VIEW',
    'view of total: dimension 0',
    'an index of size 3',
  ],
  [
    'a part of a virtual',
    zero([times(1, [read('total', 'i')])], [{ name: 'i', size: 2 }]),
    'PROGRAM_VIEW',
    'view of total',
    'an index of size 3',
  ],
  [
    'a shifted virtual',
    zero([times(1, [read('acc', 't', affine(1, ['i', 1]))])], [T, { name: 'i', size: 4 }]),
    'PROGRAM_VIEW',
    'view of acc: dimension 1',
    'an index of size 5',
  ],
  [
    'a gathered virtual',
    zero([times(1, [read('total', gather('t', 0, 1, 2))])]),
    'PROGRAM_VIEW',
    'view of total',
    'an index of size 3',
  ],
  [
    'a virtual with a stride',
    zero([times(1, [read('acc', 't', affine(0, ['i', 4]))])], [T, { name: 'i', size: 2 }]),
    'PROGRAM_VIEW',
    'view of acc',
    'an index of size 5',
  ],
  [
    'a virtual at two indices',
    zero(
      [times(1, [read('acc', 't', affine(0, ['i', 1], ['j', 2]))])],
      [T, { name: 'i', size: 3 }, { name: 'j', size: 2 }],
    ),
    'PROGRAM_VIEW',
    'view of acc: dimension 1',
    'an index of size 5',
  ],
  [
    '2^26 combinations in a coordinate',
    (program) => {
      const size = 2 ** 13;
      const terms = [
        times(1, [read('wide', affine(0, ['i', 1], ['j', 1]))], { sums: [{ name: 'j', size }] }),
      ];
      const wide: Tensor = { kind: 'witness', name: 'wide', shape: [2 * size] };
      return { ...zero(terms, [{ name: 'i', size }])(program), tensors: [...program.tensors, wide] };
    },
    'PROGRAM_VIEW',
    'view of wide: dimension 0',
    '2^25 combinations',
  ],
  [
    '2^31 combinations in a view',
    (program) => {
      const [i, j, k, l] = ['i', 'j', 'k', 'l'].map((name): Index => ({ name, size: 2 ** 12 }));
      const term = times(1, [read('wide', affine(0, ['i', 1], ['j', 1]), affine(0, ['k', 1], ['l', 1]))], {
        sums: [k!, l!],
      });
      const wide: Tensor = { kind: 'witness', name: 'wide', shape: [2 ** 13, 2 ** 13] };
      return { ...zero([term], [i!, j!])(program), tensors: [...program.tensors, wide] };
    },
    'PROGRAM_VIEW',
    'view of wide',
    'below 2^31 combinations',
  ],
  // Terms.
  ['half a coefficient', zero([times(0.5)]), 'PROGRAM_TERM', 'relation r: term 0', 'coefficient'],
  ['coefficient 2^53', zero([times(1), times(2 ** 53)]), 'PROGRAM_TERM', 'relation r: term 1', 'coefficient'],
  [
    'three views',
    zero([times(1, [read('b', 'n'), read('b', 'n'), read('b', 'n')])]),
    'PROGRAM_TERM',
    'term 0',
    'at most two, got 3',
  ],
  ['no term of a relation', zero([]), 'PROGRAM_TERM', 'relation r', 'at least one'],
  ['no term of a virtual', virtual({ terms: [] }), 'PROGRAM_TERM', 'virtual acc', 'at least one'],
  [
    'a product with a virtual',
    zero([times(1, [read('total', 't'), read('b', 'n')])]),
    'PROGRAM_TERM',
    'term 0',
    'stand alone',
  ],
  [
    'a product with a virtual behind',
    zero([times(1, [read('b', 'n'), read('total', 't')])]),
    'PROGRAM_TERM',
    'term 0',
    'stand alone',
  ],
  [
    'a sum over a virtual',
    zero([times(1, [read('total', 'i')], { sums: [{ name: 'i', size: 3 }] })]),
    'PROGRAM_TERM',
    'term 0',
    'without sums',
  ],
  [
    'a masked virtual',
    zero([times(1, [read('total', 't')], { mask: mask() })]),
    'PROGRAM_TERM',
    'term 0',
    'and mask',
  ],
  [
    'a mask of an unknown row',
    zero([times(1, [], { mask: mask({ row: 'i' }) })]),
    'PROGRAM_TERM',
    'term 0: mask',
    "got 'i'",
  ],
  [
    'a mask of an unknown column',
    zero([times(1, [], { mask: mask({ column: 'i' }) })]),
    'PROGRAM_TERM',
    'term 0: mask',
    "got 'i'",
  ],
  [
    'a mask of one index',
    zero([times(1, [], { mask: mask({ column: 't', to: [1, 2, 3] }) })]),
    'PROGRAM_TERM',
    'mask',
    'two indices',
  ],
  [
    'a row too few: from',
    zero([times(1, [], { mask: mask({ from: [0, 0] }) })]),
    'PROGRAM_TERM',
    'mask',
    'from: expected 3 entries, got 2',
  ],
  [
    'a row too few: to',
    zero([times(1, [], { mask: mask({ to: [1, 1] }) })]),
    'PROGRAM_TERM',
    'mask',
    'to: expected 3 entries, got 2',
  ],
  [
    'from above to',
    zero([times(1, [], { mask: mask({ from: [0, 3, 0], to: [1, 2, 3] }) })]),
    'PROGRAM_TERM',
    'mask',
    'row 1',
  ],
  [
    'to beyond the columns',
    zero([times(1, [], { mask: mask({ to: [1, 2, 6] }) })]),
    'PROGRAM_TERM',
    'mask',
    'row 2',
  ],
  [
    'a negative from',
    zero([times(1, [], { mask: mask({ from: [-1, 0, 0] }) })]),
    'PROGRAM_TERM',
    'mask',
    'row 0',
  ],
  [
    'half a column',
    zero([times(1, [], { mask: mask({ to: [1, 2.5, 3] }) })]),
    'PROGRAM_TERM',
    'mask',
    'row 1',
  ],
  [
    'a mask on one view that reads both',
    zero([times(1, [read('y', 't', 'n')], { mask: mask() })]),
    'PROGRAM_TERM',
    'mask',
    'two views that read one each',
  ],
  [
    'a mask on two views, one of which reads both',
    zero([times(1, [read('y', 't', 'n'), read('b', 'n')], { mask: mask() })]),
    'PROGRAM_TERM',
    'mask',
    'two views',
  ],
  [
    'a mask on two views that both read both',
    zero([times(1, [read('y', 't', 'n'), read('z', 't', 'n')], { mask: mask() })]),
    'PROGRAM_TERM',
    'mask',
    'two views',
  ],
  [
    'a mask with too many columns',
    zero([times(1, [], { mask: mask({ column: 'i' }), sums: [{ name: 'i', size: 2 ** 26 }] })]),
    'PROGRAM_TERM',
    'mask',
    '2^25 columns',
  ],
  ['65 levels', deep(66), 'PROGRAM_TERM', 'virtual v65', '64 levels, got 65'],
  ['2^13 terms written out', doubling(14), 'PROGRAM_TERM', 'virtual v13', 'at most 2^12'],
  ['coefficients of 2^54 written out', scaled(2 ** 27), 'PROGRAM_TERM', 'virtual v1: term 0', 'below 2^53'],
];

describe('refused', () => {
  test.each(REFUSED)('%s', (_, change, code, stage, detail) => {
    expectRefusal(() => checkStructure(koalaBear, change(exampleProgram())), code, stage, detail);
  });
});
