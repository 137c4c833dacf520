/**
 * Pieces: dyadic intervals that make up a dimension of any size, and the blocks that are their products. A block is what is
 * committed, looked up and claimed: exactly the cells of a tensor, none beside them, and a power of two of them.
 *
 *     768 = [0, 512) + [512, 768)      37 = [0, 32) + [32, 36) + [36, 37)
 */

/** [offset, offset + 2^bits), offset a multiple of 2^bits. */
export interface Piece {
  readonly offset: number;
  readonly bits: number;
}

/** One piece for each dimension. Cells are in row-major order: the last dimension has the lowest bits. */
export interface Block {
  readonly pieces: readonly Piece[];
  /** All bits. */
  readonly bits: number;
}

/** The binary expansion of [0, size), largest first. size < 2^31 */
export function piecesOf(size: number): Piece[] {
  const pieces: Piece[] = [];
  let offset = 0;
  for (let bits = 31 - Math.clz32(size); bits >= 0; bits--) {
    if (size - offset < 1 << bits) continue;
    pieces.push({ offset, bits });
    offset += 1 << bits;
  }
  return pieces;
}

/** All blocks of a shape, in the order of their first cells dimension by dimension. No dimensions: one block of one cell. */
export function blocksOf(shape: readonly number[]): Block[] {
  return product(shape.map(piecesOf)).map(blockOf);
}

export function blockOf(pieces: readonly Piece[]): Block {
  return { pieces, bits: pieces.reduce((sum, { bits }) => sum + bits, 0) };
}

/** All ways to take one item of each list, the last list fastest. */
export function product<T>(lists: readonly (readonly T[])[]): T[][] {
  const count = lists.reduce((all, list) => all * list.length, 1);
  const all: T[][] = [];
  for (let k = 0; k < count; k++) {
    let rest = k;
    const items = lists.map((list) => list[0] as T);
    for (let d = lists.length - 1; d >= 0; d--) {
      const list = lists[d] as readonly T[];
      items[d] = list[rest % list.length] as T;
      rest = Math.floor(rest / list.length);
    }
    all.push(items);
  }
  return all;
}

/** Bits that address a dimension: the least b with 2^b >= size. */
export function bitsOf(size: number): number {
  return size <= 1 ? 0 : 32 - Math.clz32(size - 1);
}
