/** Random concatenations: relations that say what slabs of a tensor are, before and behind a relation that cuts it into digits. */
import type { Coordinate, Index, Program, Relation, Tensor, Virtual } from '../../src/relation/program.ts';
import { lookupOf, rangeTable, read, times, witnessTensor } from './example-programs.ts';
import type { Dice } from './graphs.ts';
import { affine } from './program-changes.ts';

const [ROWS, COLUMNS] = [2, 4];
const T: Index = { name: 't', size: ROWS };
const index = (size: number): Index => ({ name: 'j', size });
const WHOLE = [T, index(COLUMNS)];

/**
 * y, of ROWS x COLUMNS cells, is made of slabs of a, b, and of residues va and vb, or bounded by lookups, and cut: `high` digits and the rest.
 * Sometimes a claim about y that some of the slabs back, sometimes nothing but that one.
 */
export function randomSlabs(d: Dice): Program {
  const many = d.int(1, 4);
  const [from, cuts] = [d.int(0, 2), d.int(0, 1) === 1];
  const sources = d.pick([
    ['va', 'vb'],
    ['a', 'b'],
    ['a', 'b', 'va', 'vb'],
  ]);
  const slabs = slabsOf(many, d);
  const virtuals: Virtual[] = [];
  const partOf = (name: string, slab: Piece): Relation => part(name, slab, sources, virtuals, d);
  const parts = slabs.map((slab, i) => partOf(`part-${i}`, slab));
  // Two facts about one slab.
  if (d.int(0, 1) === 0) parts.splice(d.int(0, parts.length), 0, partOf('again', d.pick(slabs)));
  if (d.int(0, 4) === 0) parts.push(partOf('more', { dimension: d.int(0, 1), first: 0, size: 2 }));
  // 2^10 times 2^20 values are beyond the integers that the field holds: then the cut is of a residue, and bounds nothing.
  const low = d.pick([8, 2 ** 10]);
  const cut = lookupOf('cut', WHOLE, 'lows', [
    times(1, [read('y', 't', 'j')]),
    times(-low, [read('high', 't', 'j')]),
  ]);
  const high = lookupOf('high', WHOLE, 'highs', [times(1, [read('high', 't', 'j')])]);
  if (cuts) parts.splice(d.int(0, 3) === 0 ? d.int(0, parts.length) : parts.length, 0, cut);
  const ranges = ['a', 'b'].map((name, i) =>
    lookupOf(name, WHOLE, `${name}s`, [times(1, [read(name, 't', 'j')]), times(4 * i)]),
  );
  const claim = { min: d.pick([-4, -4, 0, -9]), max: d.pick([27, 27, 7, 40]) };
  const tensors: Tensor[] = [
    witnessTensor('a', [ROWS, COLUMNS]),
    witnessTensor('b', [ROWS, COLUMNS]),
    witnessTensor('y', [ROWS, COLUMNS], from === 0 ? claim : undefined),
    witnessTensor('high', [ROWS, COLUMNS]),
    { kind: 'static', name: 'w', shape: [COLUMNS] },
  ];
  return {
    tensors,
    tables: [
      rangeTable('as', 8),
      rangeTable('bs', 32),
      ...(cuts ? [rangeTable('lows', low)] : []),
      rangeTable('highs', 2 ** 20),
    ],
    virtuals,
    relations: d.int(0, 1) === 0 ? [...ranges, high, ...parts] : [...parts, ...ranges, high],
  };
}

interface Piece {
  readonly dimension: number;
  readonly first: number;
  readonly size: number;
}

/** Slabs of one dimension, mostly side by side, in any order; at times one is left out, or reaches into the next. */
function slabsOf(count: number, d: Dice): Piece[] {
  const dimension = count <= ROWS ? d.int(0, 1) : 1;
  const size = dimension === 0 ? ROWS : COLUMNS;
  const ends = [...Array(size - 1).keys()].map((i) => i + 1);
  while (ends.length > Math.min(count, size) - 1) ends.splice(d.int(0, ends.length - 1), 1);
  const starts = [0, ...ends];
  const slabs = starts.map((first, i): Piece => {
    const end = Math.min((starts[i + 1] ?? size) + (d.int(0, 7) === 0 ? 1 : 0), size);
    return { dimension, first, size: end - first };
  });
  if (slabs.length > 1 && d.int(0, 9) === 0) slabs.splice(d.int(0, slabs.length - 1), 1);
  for (let i = slabs.length - 1; i > 0; i--) {
    const other = d.int(0, i);
    [slabs[i], slabs[other]] = [slabs[other]!, slabs[i]!];
  }
  return slabs;
}

/** A slab of y is one of a, b or a residue of theirs, which is declared for it, or within a table. */
function part(
  name: string,
  { dimension, first, size }: Piece,
  sources: readonly string[],
  virtuals: Virtual[],
  d: Dice,
): Relation {
  const along: Coordinate = affine(first, [dimension === 0 ? 't' : 'j', d.int(0, 19) === 0 ? 2 : 1]);
  const indices = dimension === 0 ? [{ ...T, size }, index(COLUMNS)] : [T, index(size)];
  const safe = first + 2 * (size - 1) < (dimension === 0 ? ROWS : COLUMNS) ? along : affine(first, [dimension === 0 ? 't' : 'j', 1]); // prettier-ignore
  const y = dimension === 0 ? read('y', safe, 'j') : read('y', 't', safe);
  if (d.int(0, 3) === 0)
    return lookupOf(name, indices, d.pick(['as', 'bs']), [times(1, [y]), times(d.int(0, 3))]);
  const source = d.pick(sources);
  const isResidue = source.startsWith('v');
  if (isResidue) {
    const terms = [times(1, [read(source.slice(1), 't', 'j'), read('w', 'j')])];
    virtuals.push({ name: `v-${name}`, indices, range: 'residue', terms });
  }
  const x = read(isResidue ? `v-${name}` : source, 't', 'j');
  const sign = d.pick([1, 1, 1, -1]);
  return { kind: 'zero', name, indices, terms: [times(sign, [y]), times(-sign, [x])] };
}
