/** Rows of a table by ids of which some are private: spec/integer-semantics.md section 9, "Private ids". */
import { at, range } from './lists.ts';
import { cellsOf, columnIndex, sizesOf, virtual, witness, zero, type Lowering } from './lowering.ts';
import type { Coordinate, Index, Mask } from './program.ts';
import { affine, cell, constant, masked, merged, product, read } from './terms.ts';

/** B, q and r of id = B h + l. */
export interface Split {
  readonly base: number;
  readonly full: number;
  readonly rest: number;
}

/** The power of two with the fewest cells, the smaller one of two. */
export function splitOf(vocabulary: number, width: number): Split {
  const bases = range(Math.floor(Math.log2(vocabulary)) + 1).map((n) => 2 ** n);
  const cells = bases.map((base) => Math.ceil(vocabulary / base) + base * (width + 1));
  const base = at(bases, cells.indexOf(Math.min(...cells)));
  const rest = vocabulary % base;
  return { base, full: (vocabulary - rest) / base, rest };
}

/** Commits NODE:rows, the rows at all ids; its name. */
export function rowsOfIds(to: Lowering, node: string, table: string, vocabulary: number): string {
  const ids = to.rows.tokens as readonly (number | null)[];
  const places = (of: (id: number | null) => boolean): number[] => ids.flatMap((id, row) => (of(id) ? [row] : [])); // prettier-ignore
  const [hidden, known] = [places((id) => id === null), places((id) => id !== null)];
  const j = columnIndex(to, node);
  const split = splitOf(vocabulary, j.size);
  const p = { name: 'p', size: hidden.length };
  digit(to, `${node}:high`, p, split.full + (split.rest > 0 ? 1 : 0));
  digit(to, `${node}:low`, p, split.base);
  vocabularyEnd(to, node, p, split);
  slices(to, node, table, p, split);

  const l = { name: 'l', size: split.base };
  const slice = [read(`${node}:slices`, 'p', 'l', 'j'), read(`${node}:low`, 'p', 'l')];
  const terms = [masked(product(1, slice, [p, l]), maskOf('p', hidden, ids.length))];
  if (known.length > 0) {
    const positions = known.map((row) => ids[row] as number);
    const rows = read(table, { kind: 'gather', index: 'u', positions }, 'j');
    const sum = product(1, [rows], [{ name: 'u', size: known.length }]);
    terms.push(masked(sum, maskOf('u', known, ids.length)));
  }
  const cells = cellsOf(to, node);
  virtual(to, `${node}:found`, cells, terms, 'residue');
  const name = witness(to, `${node}:rows`, sizesOf(cells));
  zero(to, name, cells, [cell(1, `${node}:found`, 't', 'j'), cell(-1, name, 't', 'j')]);
  return name;
}

/** Row t takes the one number i with rows[i] = t, or none. */
function maskOf(column: string, rows: readonly number[], count: number): Mask {
  const ranks = new Map(rows.map((row, i) => [row, i]));
  const [from, to] = [0, 1].map((more) => range(count).map((t) => (ranks.has(t) ? Number(ranks.get(t)) + more : 0))); // prettier-ignore
  return { row: 't', column, from: from as number[], to: to as number[] };
}

/** A one-hot a row: entries that are their own squares and add up to 1. */
function digit(to: Lowering, name: string, p: Index, size: number): void {
  const k = { name: 'k', size };
  witness(to, name, [p.size, size]);
  const entry = read(name, 'p', 'k');
  zero(to, `${name}-entries`, [p, k], [product(1, [entry, entry]), product(-1, [entry])]);
  zero(to, `${name}-sum`, [p], [product(1, [entry], [k]), constant(-1)]);
}

/** With the last high digit no low digit from r on. */
function vocabularyEnd(to: Lowering, node: string, p: Index, { base, full, rest }: Split): void {
  if (rest === 0) return;
  const beyond = [read(`${node}:high`, 'p', full), read(`${node}:low`, 'p', affine('l', 1, rest))];
  zero(to, `${node}:vocabulary`, [p], [product(1, beyond, [{ name: 'l', size: base - rest }])]);
}

/** NODE:slices[p, l] is the row of the id with the high digit of p and the low digit l. */
function slices(to: Lowering, node: string, table: string, p: Index, { base, full, rest }: Split): void {
  const j = columnIndex(to, node);
  const name = witness(to, `${node}:slices`, [p.size, base, j.size]);
  const h = { name: 'h', size: full };
  /** Low digits from `first` to `end`. */
  const part = (relation: string, first: number, end: number, last: boolean): void => {
    const l = { name: 'l', size: end - first };
    const row = { ...merged([base, h], [1, l]), offset: first } as Coordinate;
    const sum = product(-1, [read(table, row, 'j'), read(`${node}:high`, 'p', 'h')], [h]);
    const tail = [read(table, affine('l', 1, base * full), 'j'), read(`${node}:high`, 'p', full)];
    const terms = [cell(1, name, 'p', affine('l', 1, first), 'j'), sum, ...(last ? [product(-1, tail)] : [])];
    zero(to, relation, [p, l, j], terms);
  };
  part(name, 0, rest > 0 ? rest : base, rest > 0);
  if (rest > 0) part(`${name}-end`, rest, base, false);
}
