/**
 * Rows of a committed table by ids that nobody sees. Each private id is two digits, each digit a one-hot of witness cells: entries 0 or
 * 1 whose sum is 1, and no pair beyond the vocabulary. The high digit contracts with the table to the rows of all ids that share it
 * (`slices`), the low digit with these. Given the ids there is one witness. spec/integer-semantics.md, section 9.
 */
import type { Index, Term } from '../../relation/program.ts';
import { at, fixed, joined, matrixTensor, PRIVATE_TOKEN, term, view, type Lowering } from '../lowering.ts';
import { idDigits, type IdDigits } from './digits.ts';
import type { EmbeddingNode } from './shape.ts';

/** Commits NODE:rows, the rows of the table at all ids of the pass, public or private. @returns its name */
export function rowsByPrivateIds(
  { name, table }: EmbeddingNode,
  to: Lowering,
  ids: readonly number[],
): string {
  const { privateRows } = to.rows;
  const [t, j] = [to.rowIndex(name), to.columnIndex(name)];
  const digits = idDigits(to.declaration(table).shape[0] as number, j.size);
  const p = { name: 'p', size: privateRows.length };
  const low = { name: 'l', size: digits.base };
  oneHots(name, to, p, digits);
  slices(name, to, table, p, digits);

  const chosen = term(1, [view(`${name}:slices`, 'p', 'l', 'j'), view(`${name}:low`, 'p', 'l')], [p, low]);
  const terms: Term[] = [{ ...chosen, mask: { row: 't', column: 'p', ...ranksOf(privateRows, t.size) } }];
  const publicRows = ids.flatMap((id, row) => (id === PRIVATE_TOKEN ? [] : [row]));
  if (publicRows.length > 0) {
    const u = { name: 'u', size: publicRows.length };
    const positions = publicRows.map((row) => ids[row] as number);
    const known = term(1, [view(matrixTensor(table), { kind: 'gather', index: 'u', positions }, 'j')], [u]);
    terms.push({ ...known, mask: { row: 't', column: 'u', ...ranksOf(publicRows, t.size) } });
  }
  const found = to.virtual(`${name}:found`, [t, j], terms, 'residue');
  const rows = to.witness(`${name}:rows`, [t.size, j.size]);
  to.zero(rows, [t, j], [term(1, [view(found, 't', 'j')]), term(-1, [view(rows, 't', 'j')])]);
  return rows;
}

/** For every row of the pass the interval of its rank among these: one number, or nothing. */
function ranksOf(rows: readonly number[], count: number): { readonly from: number[]; readonly to: number[] } {
  const [from, to] = [new Array<number>(count).fill(0), new Array<number>(count).fill(0)];
  rows.forEach((row, rank) => ([from[row], to[row]] = [rank, rank + 1]));
  return { from, to };
}

/** Each digit of each private row is one number, and the two are an id. */
function oneHots(name: string, to: Lowering, p: Index, { base, full, rest, highs }: IdDigits): void {
  for (const [digit, size] of [
    ['high', highs],
    ['low', base],
  ] as const) {
    const k = { name: 'k', size };
    const own = to.witness(`${name}:${digit}`, [p.size, size]);
    const entry = view(own, 'p', 'k');
    to.zero(`${name}:${digit}-entries`, [p, k], [term(1, [entry, entry]), term(-1, [entry])]);
    to.zero(`${name}:${digit}-sum`, [p], [term(1, [entry], [k]), term(-1)]);
  }
  if (rest === 0) return;
  const beyond = { name: 'l', size: base - rest };
  const last = view(`${name}:high`, 'p', fixed(full));
  to.zero(`${name}:vocabulary`, [p], [term(1, [last, view(`${name}:low`, 'p', at('l', 1, rest))], [beyond])]);
}

/** NODE:slices[p][l] is row base * high + l of the table; zeros where that is beyond it. */
function slices(name: string, to: Lowering, table: string, p: Index, digits: IdDigits): void {
  const { base, full, rest } = digits;
  const j = to.columnIndex(name);
  const own = to.witness(`${name}:slices`, [p.size, base, j.size]);
  const h = { name: 'h', size: full };
  /** Low digits from `first` on, `size` of them; `more`: what the last high digit gives. */
  const slice = (suffix: string, first: number, size: number, more: boolean): void => {
    const l = { name: 'l', size };
    const of = { ...joined([h, base], [l, 1]), offset: first };
    const terms = [
      term(1, [view(own, 'p', at('l', 1, first), 'j')]),
      term(-1, [view(matrixTensor(table), of, 'j'), view(`${name}:high`, 'p', 'h')], [h]),
    ];
    if (more) {
      const tail = view(matrixTensor(table), at('l', 1, base * full), 'j');
      terms.push(term(-1, [tail, view(`${name}:high`, 'p', fixed(full))]));
    }
    to.zero(`${name}:slices${suffix}`, [p, l, j], terms);
  };
  if (rest === 0) return slice('', 0, base, false);
  slice('', 0, rest, true);
  slice('-end', rest, base - rest, false);
}
