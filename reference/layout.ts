/** Pieces and blocks, and where the cells of committed tensors lie: spec/program-proofs.md sections 1 and 2. */
import { at, range } from './lists.ts';

/** [first, first + 2^bits). */
export interface Piece {
  readonly first: number;
  readonly bits: number;
}

/** One piece for each dimension. */
export type Block = readonly Piece[];

/** The binary expansion of [0, n), largest first. */
export function piecesOf(n: number): Piece[] {
  const pieces: Piece[] = [];
  for (let first = 0; first < n;) {
    let bits = 0;
    while (2 ** (bits + 1) <= n - first) bits++;
    pieces.push({ first, bits });
    first += 2 ** bits;
  }
  return pieces;
}

/** One of each list, in every way: the last fastest. */
export function combinations<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>((all, list) => all.flatMap((front) => list.map((x) => [...front, x])), [[]]);
}

/** The blocks of a shape, in order. */
export function blocksOf(shape: readonly number[]): Block[] {
  return combinations(shape.map(piecesOf));
}

/** log2 of the number of cells of a block. */
export function bitsOf(block: Block): number {
  return block.reduce((sum, { bits }) => sum + bits, 0);
}

/** Row-major number of a cell of a shape. */
export function cellNumber(shape: readonly number[], position: readonly number[]): number {
  return shape.reduce((number, size, d) => number * size + at(position, d), 0);
}

/** The positions of a block, numbered row-major. */
export function positionsOf(block: Block): number[][] {
  return combinations(block.map(({ first, bits }) => range(2 ** bits).map((i) => first + i)));
}

/** The cells of a block by their numbers in the shape, numbered row-major: `cellNumber` of all positions. */
function cellsOf(shape: readonly number[], block: Block): number[] {
  return block.reduce(
    (numbers, { first, bits }, d) =>
      numbers.flatMap((number) => range(2 ** bits).map((i) => number * at(shape, d) + first + i)),
    [0],
  );
}

export interface Layout {
  /** For every tensor and cell (row-major) its address: cell a mod 2^m of column floor(a / 2^m). */
  readonly addresses: readonly (readonly number[])[];
  readonly cells: number;
}

/** Section 2: the blocks of all tensors, largest first, one behind the other. */
export function layOut(shapes: readonly (readonly number[])[]): Layout {
  const blocks = shapes.flatMap((shape, tensor) =>
    blocksOf(shape).map((block) => ({ tensor, shape, block })),
  );
  blocks.sort((a, b) => bitsOf(b.block) - bitsOf(a.block)); // stable
  const addresses = shapes.map((): number[] => []);
  let cells = 0;
  for (const { tensor, shape, block } of blocks) {
    const own = at(addresses, tensor);
    for (const cell of cellsOf(shape, block)) own[cell] = cells++;
  }
  return { addresses, cells };
}

/** Columns of 2^m cells. */
export function columnsOf({ cells }: Layout, m: number): number {
  return Math.ceil(cells / 2 ** m);
}
