/**
 * Four lookups for each head and pair of rows, four for each entry of the result, two for each of what is read, ten for each row and head. All
 * but two divisions are roundings. spec/training-operators.md section 5.
 */
import { attentionBlocks, firstVisibleRows, type AttentionBlock } from '../../../ops/attention/blocks.ts';
import { maskOf } from '../../../ops/attention/relations.ts';
import type { AttentionNode } from '../../../ops/attention/shape.ts';
import { joined } from '../../../ops/lowering.ts';
import { handleOf, slice, term, type Handle } from '../../../relation/handles.ts';
import type { Coordinate, Index, Term } from '../../../relation/program.ts';
import { signed, unsigned } from '../../program-parts.ts';
import {
  roundedCells,
  roundedTensor,
  roundInto,
  type Matrix,
  type Parts,
  type RoundedTensor,
} from '../parts.ts';
import type { GradientBits } from '../rounding.ts';
import {
  columnRuns,
  NUMERATOR_SHIFT,
  OCTAVE_RECIPROCAL,
  RECIPROCAL,
  RECIPROCAL_BITS,
  SCALED,
  scoreShift,
  SPREAD_BITS,
  type AttentionPlaces,
} from './shape.ts';

/** Gradients with respect to what attention reads. */
export interface AttentionGradients {
  readonly query: Matrix;
  readonly key: Matrix;
  readonly value: Matrix;
}

/** A block: indices g (key and value head), m (query head in its group), i (row), j (row seen), c (column in a head). */
interface Block {
  readonly at: AttentionBlock;
  readonly indices: readonly [g: Index, m: Index, i: Index, j: Index];
  readonly numerator: Handle;
  readonly score: Handle;
}

interface Scope {
  readonly b: Parts;
  readonly node: AttentionNode;
  readonly places: AttentionPlaces;
  readonly gradients: GradientBits;
  readonly g: Index;
  readonly m: Index;
  readonly c: Index;
  /** Columns of a query head, and of a key and value head. */
  readonly own: Coordinate;
  readonly shared: Coordinate;
  readonly query: Matrix;
  readonly key: Matrix;
  readonly value: Matrix;
  readonly scaled: Matrix;
  readonly octaveScaled: Matrix;
}

export function attentionBackRelations(
  b: Parts,
  node: AttentionNode,
  gradient: Matrix,
  places: AttentionPlaces,
  gradients: GradientBits,
): AttentionGradients {
  const { name, heads, kvHeads, headDim } = node;
  const group = heads / kvHeads;
  const [g, m, c] = [b.index('g', kvHeads), b.index('m', group), b.index('c', headDim)];
  const scope: Scope = {
    ...{ b, node, places, gradients, g, m, c },
    own: joined([g, group * headDim], [m, headDim], [c, 1]),
    shared: joined([g, headDim], [c, 1]),
    ...{ query: b.result(node.query), key: b.result(node.key), value: b.result(node.value) },
    scaled: scaledGradient(b, node, gradient, 'reciprocal', 'scaled', RECIPROCAL),
    octaveScaled: scaledGradient(b, node, gradient, 'octave-reciprocal', 'octave-scaled', OCTAVE_RECIPROCAL),
  };
  const firstVisible = firstVisibleRows(b.to.rows.sequenceStart, node.window);
  const blocks = attentionBlocks(firstVisible).map((block, n) =>
    pairRelations(scope, block, n, firstVisible),
  );
  /** Tensors of rounded sums that several relations fill. */
  const into = (what: 'query' | 'key' | 'value', shift: number): Into => ({
    ...roundedCells(b, `back/${name}:${what}`, scope[what].shape, { ...gradients, shift }),
    shift,
  });
  const query = into('query', scoreShift(node.shift, places.query));
  const key = into('key', scoreShift(node.shift, places.key));
  const value = into('value', NUMERATOR_SHIFT);
  queryRelations(scope, blocks, query);
  seenRelations(scope, blocks, key, value);
  return { query: query.result as Matrix, key: key.result as Matrix, value: value.result as Matrix };
}

/** A tensor that several relations fill, and by how many bits they round. */
interface Into extends RoundedTensor {
  readonly shift: number;
}

/** round(g rho / 2^13), rho = floor(whole / S): S rho + rest = whole with 0 <= rest < S, all of it below 2^30 + 2^15. */
function scaledGradient(
  b: Parts,
  { name, heads, headDim }: AttentionNode,
  gradient: Matrix,
  reciprocal: string,
  scaled: string,
  whole: number,
): Matrix {
  const [rows] = gradient.shape;
  const [t, h, c] = [b.index('t', rows), b.index('h', heads), b.index('c', headDim)];
  const sum = handleOf(`${name}:sum`, [rows, heads] as const);
  const row = (what: string): Matrix => {
    const own = b.witness(`back/${name}:${what}`, [rows, heads] as const, unsigned(RECIPROCAL_BITS));
    b.rangeCheck(own);
    return own;
  };
  const [rho, rest] = [row(reciprocal), row(`${reciprocal}-rest`)];
  const product = term(1, sum.at(t, h), rho.at(t, h));
  b.zero(`${rho.name}/division`, [t, h], [product, term(1, rest.at(t, h)), term(-whole)]);
  const room = [term(1, sum.at(t, h)), term(-1), term(-1, rest.at(t, h))];
  b.lookup(`${rho.name}/room`, [t, h], b.digits(RECIPROCAL_BITS), room);
  const { bits, shift } = SCALED;
  const made = b.witness(`back/${name}:${scaled}`, gradient.shape, signed(bits));
  b.rangeCheck(made);
  const column = joined([h, headDim], [c, 1]);
  const products = [term(1, gradient.at(t, column), rho.at(t, h))];
  roundInto(b, made.name, made.at(t, column), [t, h, c], products, shift);
  return made;
}

/** Of every pair of a block what its value differs from the result along the gradient, and the gradient of its score. */
function pairRelations(
  { b, node: { name }, places, gradients, g, m, c, own, shared, value, octaveScaled }: Scope,
  at: AttentionBlock,
  n: number,
  firstVisible: readonly number[],
): Block {
  const [i, j] = [b.index('i', at.rows), b.index('j', at.columns)];
  const indices = [g, m, i, j] as const;
  const shape = indices.map(({ size }) => size);
  const mask = maskOf(at, firstVisible);
  const row = slice(i, at.row);
  const along = octaveScaled.at(row, own);
  const apart = [
    term(1, along, value.at(slice(j, at.column), shared), { sum: c, mask }),
    term(-1, along, b.result(name).at(row, own), { sum: c, mask }),
  ];
  const rounding = { ...gradients, bits: SPREAD_BITS, shift: places.value };
  const spread = roundedTensor(b, `back/${name}:spread-${n}`, indices, apart, rounding);
  const numerator = handleOf(`${name}:numerator-${n}`, shape);
  const product = [term(1, numerator.at(...indices), spread.at(...indices))];
  const scored = { ...gradients, shift: NUMERATOR_SHIFT };
  const score = roundedTensor(b, `back/${name}:score-${n}`, indices, product, scored);
  return { at, indices, numerator, score };
}

/** Row by row: the gradients of its scores times the keys that it sees. */
function queryRelations(
  { b, c, own, shared, key }: Scope,
  blocks: readonly Block[],
  { result, quotient, shift }: Into,
): void {
  blocks.forEach(({ at, indices, score }, n) => {
    const [g, m, i, j] = indices;
    const sum = [term(1, score.at(...indices), key.at(slice(j, at.column), shared), { sum: j })];
    const cell = quotient.at(slice(i, at.row), own);
    roundInto(b, `${result.name}-${n}`, cell, [g, m, i, c], sum, shift);
  });
}

/** Rows that are seen by the rows of the same blocks: sums over all of these. */
function seenRelations(
  { b, g, m, c, own, shared, query, scaled }: Scope,
  blocks: readonly Block[],
  key: Into,
  value: Into,
): void {
  columnRuns(blocks.map(({ at }) => at)).forEach(({ first, count, blocks: seeing }, n) => {
    const j = b.index('j', count);
    const sums = (of: (block: Block) => Handle, with_: Matrix): Term[] =>
      seeing.map((number) => {
        const block = blocks[number] as Block;
        const [, , i] = block.indices;
        const pair = of(block).at(g, m, i, slice(j, first - block.at.column));
        return term(1, pair, with_.at(slice(i, block.at.row), own), { sum: [m, i] });
      });
    const into = ({ result, quotient, shift }: Into, terms: readonly Term[]): void =>
      roundInto(b, `${result.name}-${n}`, quotient.at(slice(j, first), shared), [g, j, c], terms, shift);
    into(
      key,
      sums(({ score }) => score, query),
    );
    into(
      value,
      sums(({ numerator }) => numerator, scaled),
    );
  });
}
