/**
 * Functionals on tensors as weights on committed columns, or as values where the tensor is public.
 */
import { createRunDot } from '../field/dot.ts';
import type { Ext, ExtensionField } from '../field/field.ts';
import type { Factor, Term } from '../pcs/weight.ts';
import { termsOnBlock, type PlacedBlock } from './layout.ts';
import { pairLists } from './pair-lists.ts';
import { product, type Piece } from './pieces.ts';
import type { Tensor } from './program.ts';
import { denseOf, type Entry, type Weight, type Weights } from './weights.ts';
import type { TensorWeight } from './view.ts';

/** Where a committed tensor lies among the columns of the opening. */
export interface PlacedTensor {
  readonly blocks: readonly PlacedBlock[];
  /** The first column of its group. */
  readonly firstColumn: number;
}

/** The terms of coefficient * product of dimensions on a committed tensor. */
export function termsOnTensor(
  field: ExtensionField,
  { blocks, firstColumn }: PlacedTensor,
  { coefficient, dimensions }: TensorWeight,
  logData: number,
): Term[] {
  return blocks.flatMap((placed) => {
    const perDimension = placed.block.pieces.map((piece, d) =>
      (dimensions[d] as Weights).flatMap((weight) => factorsOnPiece(field, weight, piece)),
    );
    return product(perDimension).flatMap((factors) => {
      // The last dimension has the lowest bits.
      const low = [...factors].reverse().flat();
      return [...termsOnBlock(field, placed, coefficient, low, logData, firstColumn)];
    });
  });
}

/** A weight restricted to a piece, on its bits: none where they do not meet. Several where it covers more than the piece. */
function factorsOnPiece(field: ExtensionField, weight: Weight, piece: Piece): Factor[][] {
  const size = 2 ** piece.bits;
  if (weight.kind === 'entries') {
    const entries = weight.entries
      .filter(([i]) => i >= piece.offset && i < piece.offset + size)
      .map(([i, value]): Entry => [i - piece.offset, value]);
    return entries.length === 0 ? [] : [[entriesFactor(field, entries, piece.bits)]];
  }
  const bits = weight.pairs.length;
  if (bits <= piece.bits) {
    if (Math.floor(weight.offset / size) * size !== piece.offset) return [];
    const index = (weight.offset - piece.offset) / 2 ** bits;
    const own: Factor[] = bits === 0 ? [] : [{ kind: 'pairs', pairs: weight.pairs }];
    return [bits === piece.bits ? own : [...own, { kind: 'fixed', bits: piece.bits - bits, index }]];
  }
  // The piece is a part of the weight's interval: the bits above it are known.
  if (Math.floor(piece.offset / 2 ** bits) * 2 ** bits !== weight.offset) return [];
  const high = (piece.offset - weight.offset) / size;
  const scale = weight.pairs
    .slice(piece.bits)
    .reduce((value: Ext, pair, b) => field.mul(value, pair[(high >>> b) & 1] as Ext), field.one);
  if (field.isZero(scale)) return [];
  if (piece.bits === 0) return [[{ kind: 'dense', values: [scale] }]];
  const [first, ...rest] = weight.pairs.slice(0, piece.bits);
  const [a, b] = first as readonly [Ext, Ext];
  return [[{ kind: 'pairs', pairs: [[field.mul(scale, a), field.mul(scale, b)], ...rest] }]];
}

function entriesFactor(field: ExtensionField, entries: readonly Entry[], bits: number): Factor {
  if (2 * entries.length < 2 ** bits) return { kind: 'sparse', bits, entries };
  const values = new Array<Ext>(2 ** bits).fill(field.zero);
  for (const [i, value] of entries) values[i] = value;
  return { kind: 'dense', values };
}

/** The value of a functional on a public tensor. Time: its cells, where no weight is zero. */
export type PublicValue = (tensor: PublicTensor, weight: TensorWeight) => Ext;

type PublicTensor = Extract<Tensor, { kind: 'public' }>;

/** Values on public tensors. */
export function publicValues(field: ExtensionField): PublicValue {
  const lists = pairLists(field);
  return ({ shape, values }, { coefficient, dimensions }) => {
    const weights = dimensions.map((of, d) => denseOf(field, of, shape[d] as number, lists));
    const last = shape.length - 1;
    const size = shape[last] as number;
    // Views of a slice, or of one column, weigh a part of each row.
    const lowest = weights[last] as readonly Ext[];
    const from = lowest.findIndex((weight) => !field.isZero(weight));
    if (from < 0) return field.zero;
    let to = size;
    while (field.isZero(lowest[to - 1] as Ext)) to--;
    const part = lowest.slice(from, to);
    const dot = createRunDot(field, part);
    /** The sum over dimensions from d on, `row` counting the indices before. */
    const sumFrom = (d: number, row: number): Ext => {
      if (d === last) return dot(values, row * size + from, part.length);
      return (weights[d] as readonly Ext[]).reduce((sum: Ext, weight, i) => {
        if (field.isZero(weight)) return sum;
        return field.add(sum, field.mul(weight, sumFrom(d + 1, row * (shape[d] as number) + i)));
      }, field.zero);
    };
    return field.mul(coefficient, sumFrom(0, 0));
  };
}
