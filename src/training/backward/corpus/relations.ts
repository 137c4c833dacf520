/**
 * Rows and targets of a committed corpus: rows of zeros and ones with a single one, each tied to the token that stands at the row's place.
 * spec/training-operators.md section 10.
 */
import { idDigits } from '../../../ops/embedding/digits.ts';
import type { EmbeddingNode } from '../../../ops/embedding/shape.ts';
import { handleOf, gather, slice, term } from '../../../relation/handles.ts';
import type { Index } from '../../../relation/program.ts';
import { joined } from '../../../ops/lowering.ts';
import { unsigned } from '../../program-parts.ts';
import type { CorpusBatch } from '../batch.ts';
import type { RowIds } from '../embedding/relations.ts';
import type { Matrix, Parts } from '../parts.ts';

/** The committed tokens, one after the other. */
export const CORPUS = 'data/tokens';

/** @param node the embedding whose ids are private @returns ids of rows, and of targets below so many classes */
export function corpusRelations(
  b: Parts,
  node: EmbeddingNode,
  batch: CorpusBatch,
  classes: number,
): { readonly ids: RowIds; readonly targets: RowIds } {
  const vocabulary = b.to.declaration(node.table).shape[0] as number;
  const ids = rowsOfDigits(b, node, batch, vocabulary);
  const targets = targetRows(b, batch, classes);
  tie(b, ids, batch.at, batch.corpus);
  tie(
    b,
    targets,
    batch.at.map((i) => i + 1),
    batch.corpus,
  );
  return { ids: { kind: 'hidden', oneHot: ids }, targets: { kind: 'hidden', oneHot: targets } };
}

/** [t, base h + l] = high[t, h] low[t, l], the digits of the graph's private ids: each a row with a single one. */
function rowsOfDigits(
  b: Parts,
  { name, width }: EmbeddingNode,
  { at }: CorpusBatch,
  vocabulary: number,
): Matrix {
  const { base, full, rest, highs } = idDigits(vocabulary, width);
  const rows = b.witness('tokens/rows', [at.length, vocabulary] as const);
  const high = handleOf(`${name}:high`, [at.length, highs] as const);
  const low = handleOf(`${name}:low`, [at.length, base] as const);
  const [t, h, l] = [b.index('t', at.length), b.index('h', full), b.index('l', base)];
  const cell = rows.at(t, joined([h, base], [l, 1]));
  b.zero(rows.name, [t, h, l], [term(1, high.at(t, h), low.at(t, l)), term(-1, cell)]);
  if (rest === 0) return rows;
  const end = b.index('l', rest);
  const last = rows.at(t, slice(end, base * full));
  b.zero(`${rows.name}-end`, [t, end], [term(1, high.at(t, full), low.at(t, end)), term(-1, last)]);
  return rows;
}

/** Zeros and ones that add up to one: exactly one is 1. */
function targetRows(b: Parts, { at }: CorpusBatch, classes: number): Matrix {
  const rows = b.witness('targets/rows', [at.length, classes] as const, unsigned(1));
  b.rangeCheck(rows);
  const [t, v] = [b.index('t', at.length), b.index('v', classes)];
  b.zero('targets/one', [t], [term(1, rows.at(t, v), { sum: v }), term(-1)]);
  return rows;
}

/** Its number is the token at the row's place. */
function tie(b: Parts, rows: Matrix, places: readonly number[], corpus: number): void {
  const [count, classes] = rows.shape;
  const [t, v]: [Index, Index] = [b.index('t', count), b.index('v', classes)];
  const values = Int32Array.from({ length: classes }, (_, id) => id);
  const numbers = handleOf(b.to.publicTensor(`numbers/${classes}`, [classes], values), [classes] as const);
  const token = handleOf(CORPUS, [corpus] as const).at(gather(t, places));
  const name = `${rows.name.split('/')[0]}/token`;
  b.zero(name, [t], [term(1, rows.at(t, v), numbers.at(v), { sum: v }), term(-1, token)]);
}
