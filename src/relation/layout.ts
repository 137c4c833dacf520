/**
 * Where tensors lie in columns of 2^m cells: the blocks of all tensors, largest first, one behind the other. Each then
 * starts at a multiple of its size, so a block is an aligned part of one column or a run of whole columns. Computed by both
 * sides from shapes alone; cells behind the last block belong to no tensor and have weight zero in every claim.
 * spec/program-proofs.md section 2.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import type { Factor, Term } from '../pcs/weight.ts';
import { factorBits } from '../pcs/weight.ts';
import { blocksOf, type Block } from './pieces.ts';

/** A block of a tensor and where its first cell lies: address = column * 2^m + cell. */
export interface PlacedBlock {
  readonly block: Block;
  readonly address: number;
}

/** Tensors of one group, or of one proof. */
export interface Layout {
  /** For every tensor its blocks, in the order of `blocksOf`. */
  readonly tensors: readonly (readonly PlacedBlock[])[];
  /** Cells in use, from address 0 on. */
  readonly cells: number;
}

/** @param shapes of all tensors, in order */
export function layOut(shapes: readonly (readonly number[])[]): Layout {
  const places: { tensor: number; index: number; block: Block }[] = shapes.flatMap((shape, tensor) =>
    blocksOf(shape).map((block, index) => ({ tensor, index, block })),
  );
  const tensors: PlacedBlock[][] = shapes.map(() => []);
  let address = 0;
  for (const { tensor, index, block } of [...places].sort((a, b) => b.block.bits - a.block.bits)) {
    (tensors[tensor] as PlacedBlock[])[index] = { block, address };
    address += 2 ** block.bits;
  }
  return { tensors, cells: address };
}

/** Columns of 2^m cells that a layout takes. */
export function columnsOf({ cells }: Layout, logData: number): number {
  return Math.ceil(cells / 2 ** logData);
}

/**
 * The terms of a weight on one block.
 *
 * @param factors on the bits of the block, low bits first
 * @param firstColumn of the layout among all columns of the opening
 */
export function* termsOnBlock(
  field: ExtensionField,
  { block, address }: PlacedBlock,
  coefficient: Ext,
  factors: readonly Factor[],
  logData: number,
  firstColumn: number,
): Generator<Term> {
  const column = firstColumn + Math.floor(address / 2 ** logData);
  if (block.bits <= logData) {
    const index = (address % 2 ** logData) / 2 ** block.bits;
    const rest: Factor = { kind: 'fixed', bits: logData - block.bits, index };
    yield { column, coefficient, factors: [...factors, rest] };
    return;
  }
  const columns = 2 ** (block.bits - logData);
  for (let j = 0; j < columns; j++) {
    const slice = sliceFactors(field, factors, logData, j);
    if (slice === undefined) continue;
    yield {
      column: column + j,
      coefficient: field.mul(coefficient, slice.coefficient),
      factors: slice.factors,
    };
  }
}

/** Factors with their bits above `lowBits` set to those of `high`; undefined where that is zero. */
function sliceFactors(
  field: ExtensionField,
  factors: readonly Factor[],
  lowBits: number,
  high: number,
): { coefficient: Ext; factors: Factor[] } | undefined {
  let coefficient = field.one;
  const kept: Factor[] = [];
  let at = 0;
  for (const factor of factors) {
    const bits = factorBits(factor);
    const below = Math.max(0, Math.min(bits, lowBits - at));
    // Bits of `high` that belong to this factor.
    const first = Math.max(0, at - lowBits);
    const index = Math.floor(high / 2 ** first) % 2 ** (bits - below);
    at += bits;
    if (below === bits) {
      kept.push(factor);
      continue;
    }
    const cut = setHighBits(field, factor, below, index);
    if (cut === undefined) return undefined;
    coefficient = field.mul(coefficient, cut.coefficient);
    if (cut.rest !== undefined) kept.push(cut.rest);
  }
  return field.isZero(coefficient) ? undefined : { coefficient, factors: kept };
}

interface CutFactor {
  readonly coefficient: Ext;
  readonly rest: Factor | undefined;
}

function setHighBits(
  field: ExtensionField,
  factor: Factor,
  below: number,
  index: number,
): CutFactor | undefined {
  const size = 2 ** below;
  if (factor.kind === 'pairs') {
    const coefficient = factor.pairs
      .slice(below)
      .reduce((value: Ext, [lo, hi], b) => field.mul(value, (index >>> b) & 1 ? hi : lo), field.one);
    return {
      coefficient,
      rest: below === 0 ? undefined : { kind: 'pairs', pairs: factor.pairs.slice(0, below) },
    };
  }
  if (factor.kind === 'fixed') {
    if (Math.floor(factor.index / size) !== index) return undefined;
    const rest = { kind: 'fixed', bits: below, index: factor.index % size } as const;
    return { coefficient: field.one, rest: below === 0 ? undefined : rest };
  }
  if (factor.kind === 'dense') {
    const values = factor.values.slice(index * size, (index + 1) * size);
    return below === 0
      ? { coefficient: values[0] as Ext, rest: undefined }
      : { coefficient: field.one, rest: { kind: 'dense', values } };
  }
  if (factor.kind === 'sparse') {
    const entries = factor.entries
      .filter(([i]) => Math.floor(i / size) === index)
      .map(([i, value]) => [i % size, value] as const);
    if (entries.length === 0) return undefined;
    return below === 0
      ? { coefficient: (entries[0] as readonly [number, Ext])[1], rest: undefined }
      : { coefficient: field.one, rest: { kind: 'sparse', bits: below, entries } };
  }
  throw new Error('layout: expected factors of relations, got eq');
}
