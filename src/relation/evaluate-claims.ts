/**
 * Claims as a verifier holds them. A prover writes weights out on columns (`discharge`); a verifier needs the extension of each column's
 * weight at one point, the merge's, and takes it from functionals on tensors: a sum for every dimension, multiplied. What was
 * computed of a list of pairs is kept: blocks of one size share their lists, and layers repeat them. spec/program-proofs.md section 4.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import type { EvaluatedClaim } from '../pcs/opening.ts';
import type { Affine, AffineAlgebra } from '../pads/affine.ts';
import type { LookupClaims } from '../tlookup/leaf-claim.ts';
import { eqAbove } from '../sumcheck/eq.ts';
import { placeMultiplicity, placeOf, type Columns } from './arguments.ts';
import type { CompiledProgram } from './compile.ts';
import { publicValues, type PlacedTensor } from './functional.ts';
import type { PlacedBlock } from './layout.ts';
import { pieceEvaluator, type PieceEvaluator } from './piece-value.ts';
import type { Tensor } from './program.ts';
import type { TensorWeight } from './view.ts';
import type { Weights } from './weights.ts';

/** A functional and where its tensor lies. */
interface Placed {
  readonly place: PlacedTensor;
  readonly weight: TensorWeight;
}

/** `claimOf` for verifiers: the claim that functionals add up to a hidden value. */
export function evaluatedClaimOf(
  algebra: AffineAlgebra,
  compiled: CompiledProgram,
  columns: Columns,
  weights: readonly TensorWeight[],
  value: Affine,
): EvaluatedClaim {
  const { field } = compiled;
  const onPublic = publicValues(field);
  let known = field.zero;
  const placed: Placed[] = [];
  for (const weight of weights) {
    const tensor = compiled.tensors.get(weight.tensor) as Tensor;
    if (tensor.kind === 'public') {
      known = field.add(known, onPublic(tensor, weight));
    } else placed.push({ place: placeOf(compiled, columns, tensor.name), weight });
  }
  return {
    value: algebra.sub(value, algebra.constant(known)),
    weightAt: (point) => valuesAt(field, placed, columns.logData, point),
  };
}

/** `multiplicityClaim` for verifiers. */
export function evaluatedMultiplicities(
  compiled: CompiledProgram,
  columns: Columns,
  { parts, value }: LookupClaims['multiplicities'],
): EvaluatedClaim {
  const placed = parts.map((part) => placeMultiplicity(compiled, columns, part));
  return { value, weightAt: (point) => valuesAt(compiled.field, placed, columns.logData, point) };
}

/** The extension of every column's weight. */
function valuesAt(
  field: ExtensionField,
  placed: readonly Placed[],
  logData: number,
  point: readonly Ext[],
): ReadonlyMap<number, Ext> {
  const values = new Map<number, Ext>();
  const pieces = pieceEvaluator(field, point);
  const rests = new Map<PlacedBlock, Ext>();
  const above = eqAbove(field, point);
  const column = 2 ** logData;
  const restOf = (block: PlacedBlock): Ext => {
    const known = rests.get(block);
    if (known !== undefined) return known;
    const { bits } = block.block;
    const rest = above(bits, (block.address % column) / 2 ** bits);
    rests.set(block, rest);
    return rest;
  };
  const add = (at: number, value: Ext): void => {
    const old = values.get(at);
    values.set(at, old === undefined ? value : field.add(old, value));
  };
  for (const { place, weight } of placed) {
    for (const block of place.blocks) {
      const first = place.firstColumn + Math.floor(block.address / column);
      if (block.block.bits <= logData) {
        const value = smallBlock(field, pieces, block, weight);
        if (value !== undefined) add(first, field.mul(value, restOf(block)));
      } else largeBlock(field, pieces, block, weight, logData).forEach((value, j) => add(first + j, value));
    }
  }
  return values;
}

/** A block within one column: the product of its dimensions, the last at the lowest bits; undefined where one of them is empty. */
function smallBlock(
  field: ExtensionField,
  pieces: PieceEvaluator,
  { block }: PlacedBlock,
  { coefficient, dimensions }: TensorWeight,
): Ext | undefined {
  let value = coefficient;
  let low = 0;
  for (let d = block.pieces.length - 1; d >= 0; d--) {
    const piece = block.pieces[d] as { offset: number; bits: number };
    const own = pieces.value(dimensions[d] as Weights, piece, low);
    if (own === undefined) return undefined;
    value = field.mul(value, own);
    low += piece.bits;
  }
  return value;
}

/** A block of several columns: one value for each, in order. Bits above `logData` count columns. */
function largeBlock(
  field: ExtensionField,
  pieces: PieceEvaluator,
  { block }: PlacedBlock,
  { coefficient, dimensions }: TensorWeight,
  logData: number,
): readonly Ext[] {
  let values: readonly Ext[] = [coefficient];
  let low = 0;
  for (let d = block.pieces.length - 1; d >= 0; d--) {
    const piece = block.pieces[d] as { offset: number; bits: number };
    const own = pieces.values(dimensions[d] as Weights, piece, low, Math.max(0, logData - low));
    if (own === undefined) return [];
    const below = values;
    values = own.flatMap((high) => below.map((value) => field.mul(value, high)));
    low += piece.bits;
  }
  return values;
}
