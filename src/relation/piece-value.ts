/** Extensions of weights on pieces of dimensions at a point, each computed once: what a verifier evaluates claims with. */
import type { Ext, ExtensionField } from '../field/field.ts';
import { expandPairs } from '../pcs/weight.ts';
import { eqIndex, eqTable } from '../sumcheck/eq.ts';
import type { Piece } from './pieces.ts';
import type { Entry, Pair, Weight, Weights } from './weights.ts';

export interface PieceEvaluator {
  /**
   * The extension of weights restricted to a piece, whose lowest bit is at coordinate `low` of the point.
   * @returns undefined where they do not meet
   */
  value(weights: Weights, piece: Piece, low: number): Ext | undefined;
  /** The same where only the lowest `inside` bits of the piece have coordinates: a value for each index of the other bits. */
  values(weights: Weights, piece: Piece, low: number, inside: number): readonly Ext[] | undefined;
}

export function pieceEvaluator(field: ExtensionField, point: readonly Ext[]): PieceEvaluator {
  const products = pairValues(field, point);
  const tables = new Map<number, readonly Ext[]>();
  const tableAt = (low: number, bits: number): readonly Ext[] => {
    const key = 64 * low + bits; // points have at most 32 coordinates
    let table = tables.get(key);
    if (table === undefined) tables.set(key, (table = eqTable(field, point.slice(low, low + bits))));
    return table;
  };
  const entriesValue = (entries: readonly Entry[], low: number, bits: number): Ext => {
    // A table of 2^bits elements, or a product over bits for every entry.
    const table = 2 ** bits <= 2 * bits * entries.length ? tableAt(low, bits) : undefined;
    const coordinates = point.slice(low, low + bits);
    return entries.reduce((sum: Ext, [i, value]) => {
      const eq = table === undefined ? eqIndex(field, coordinates, i) : (table[i] as Ext);
      return field.add(sum, field.mul(value, eq));
    }, field.zero);
  };

  const valueOf = (weight: Weight, piece: Piece, low: number): Ext | undefined => {
    if (weight.kind === 'entries') {
      const own = entriesOn(weight.entries, piece);
      return own.length === 0 ? undefined : entriesValue(own, low, piece.bits);
    }
    const { pairs, offset } = weight;
    const { bits } = piece;
    if (!meets(offset, pairs.length, piece)) return undefined;
    if (pairs.length === bits) return products(pairs, low);
    if (pairs.length < bits) {
      const above = point.slice(low + pairs.length, low + bits);
      const index = (offset - piece.offset) / 2 ** pairs.length;
      return field.mul(products(pairs, low), eqIndex(field, above, index));
    }
    // The piece is a part of the weight's interval: the bits above it are known.
    const scale = atIndex(field, pairs.slice(bits), (piece.offset - offset) / 2 ** bits);
    return field.mul(scale, pairsValue(field, pairs, bits, point, low));
  };

  const valuesOf = (
    weight: Weight,
    piece: Piece,
    low: number,
    inside: number,
  ): readonly Ext[] | undefined => {
    const size = 2 ** inside;
    if (weight.kind === 'entries') {
      const own = entriesOn(weight.entries, piece);
      if (own.length === 0) return undefined;
      return Array.from({ length: 2 ** (piece.bits - inside) }, (_, high) => {
        const part = own.flatMap(([i, value]): Entry[] =>
          Math.floor(i / size) === high ? [[i % size, value]] : [],
        );
        return entriesValue(part, low, inside);
      });
    }
    if (!meets(weight.offset, weight.pairs.length, piece)) return undefined;
    const { scale, pairs } = onPiece(field, weight, piece);
    const factor = field.mul(scale, pairsValue(field, pairs, inside, point, low));
    return expandPairs(field, pairs.slice(inside)).map((value) => field.mul(factor, value));
  };

  return {
    value(weights, piece, low) {
      let sum: Ext | undefined;
      for (const weight of weights) {
        const own = valueOf(weight, piece, low);
        if (own !== undefined) sum = sum === undefined ? own : field.add(sum, own);
      }
      return sum;
    },
    values(weights, piece, low, inside) {
      if (inside >= piece.bits) {
        const one = this.value(weights, piece, low);
        return one && [one];
      }
      let sums: readonly Ext[] | undefined;
      for (const weight of weights) {
        const own = valuesOf(weight, piece, low, inside);
        if (own === undefined) continue;
        const before = sums;
        sums = before === undefined ? own : own.map((value, i) => field.add(value, before[i] as Ext));
      }
      return sums;
    },
  };
}

/** The product over the lowest `bits` pairs of at0 + z (at1 - at0). */
function pairsValue(
  field: ExtensionField,
  pairs: readonly Pair[],
  bits: number,
  point: readonly Ext[],
  low: number,
): Ext {
  let value = field.one;
  for (let b = 0; b < bits; b++) {
    const pair = pairs[b] as Pair;
    const bit = field.add(pair[0], field.mul(point[low + b] as Ext, field.sub(pair[1], pair[0])));
    value = b === 0 ? bit : field.mul(value, bit);
  }
  return value;
}

/** The same for whole lists, kept for every list and every place of its lowest bit. */
function pairValues(
  field: ExtensionField,
  point: readonly Ext[],
): (pairs: readonly Pair[], low: number) => Ext {
  const known = new Map<readonly Pair[], Map<number, Ext>>();
  return (pairs, low) => {
    let own = known.get(pairs);
    if (own === undefined) known.set(pairs, (own = new Map()));
    let value = own.get(low);
    if (value === undefined) own.set(low, (value = pairsValue(field, pairs, pairs.length, point, low)));
    return value;
  };
}

/** Whether an aligned interval of 2^bits and a piece have positions in common: one lies in the other. */
function meets(offset: number, bits: number, piece: Piece): boolean {
  const size = 2 ** Math.max(bits, piece.bits);
  return Math.floor(offset / size) === Math.floor(piece.offset / size);
}

/** Pairs for every bit of a piece, and what the bits beyond it come to; bits above the weight's are fixed. The two must meet. */
function onPiece(
  field: ExtensionField,
  { offset, pairs }: Extract<Weight, { kind: 'pairs' }>,
  piece: Piece,
): { scale: Ext; pairs: readonly Pair[] } {
  const { bits } = piece;
  if (pairs.length >= bits) {
    const scale = atIndex(field, pairs.slice(bits), (piece.offset - offset) / 2 ** bits);
    return { scale, pairs: pairs.slice(0, bits) };
  }
  const index = (offset - piece.offset) / 2 ** pairs.length;
  const fixed = Array.from({ length: bits - pairs.length }, (_, b): Pair =>
    (index >>> b) & 1 ? [field.zero, field.one] : [field.one, field.zero],
  );
  return { scale: field.one, pairs: [...pairs, ...fixed] };
}

/** The product of one value of each pair. */
function atIndex(field: ExtensionField, pairs: readonly Pair[], index: number): Ext {
  return pairs.reduce((value: Ext, pair, b) => field.mul(value, pair[(index >>> b) & 1] as Ext), field.one);
}

/** Entries within a piece, by their position in it. */
function entriesOn(entries: readonly Entry[], { offset, bits }: Piece): readonly Entry[] {
  const size = 2 ** bits;
  const own: Entry[] = [];
  for (const [i, value] of entries) if (i >= offset && i < offset + size) own.push([i - offset, value]);
  return own;
}
