/** Argument checks of the hash kernels, the same for every implementation. */
import { MAX_COLUMNS } from '../../hash/leaf.ts';
import { checkInteger, checkLength } from './checks.ts';
import { BLOCK_COLUMNS, DIGEST_WORDS, leafStateWords, SALT_WORDS } from './hash.ts';

/** Whole items in an array. @throws RangeError when a part of an item is left */
function itemsOf(argument: string, array: Uint32Array, itemWords: number): number {
  if (array.length % itemWords !== 0) {
    throw new RangeError(`${argument}: expected a multiple of ${itemWords} items, got ${array.length}`);
  }
  return array.length / itemWords;
}

function checkRows(rows: number, salts: Uint32Array | null, first: number): void {
  if (salts !== null) checkLength('salts', salts, SALT_WORDS * rows);
  checkInteger('first', first, 0, 2 ** 32 - rows);
}

/** @returns rows */
export function checkLeaves(
  digests: Uint32Array,
  values: Uint32Array,
  columns: number,
  salts: Uint32Array | null,
  first: number,
): number {
  checkInteger('columns', columns, 0, MAX_COLUMNS);
  const rows = itemsOf('digests', digests, DIGEST_WORDS);
  checkLength('values', values, rows * columns);
  checkRows(rows, salts, first);
  return rows;
}

/** @returns rows */
export function checkBegin(
  state: Uint32Array,
  columns: number,
  salts: Uint32Array | null,
  first: number,
): number {
  checkInteger('columns', columns, 0, MAX_COLUMNS);
  const rows = itemsOf('state', state, leafStateWords(columns));
  checkRows(rows, salts, first);
  return rows;
}

/** @returns rows */
export function checkAbsorb(
  state: Uint32Array,
  columns: number,
  column: number,
  values: Uint32Array,
  width: number,
): number {
  checkInteger('columns', columns, 1, MAX_COLUMNS);
  checkInteger('column', column, 0, columns - 1);
  checkInteger('width', width, 1, columns - column);
  if (column % BLOCK_COLUMNS !== 0) {
    throw new RangeError(`column: expected a multiple of ${BLOCK_COLUMNS}, got ${column}`);
  }
  if (width % BLOCK_COLUMNS !== 0 && column + width !== columns) {
    throw new RangeError(
      `width: expected a multiple of ${BLOCK_COLUMNS} or the ${columns - column} left, got ${width}`,
    );
  }
  const rows = itemsOf('state', state, leafStateWords(columns));
  checkLength('values', values, rows * width);
  return rows;
}

/** @returns rows */
export function checkFinish(digests: Uint32Array, state: Uint32Array, columns: number): number {
  checkInteger('columns', columns, 0, MAX_COLUMNS);
  const rows = itemsOf('digests', digests, DIGEST_WORDS);
  checkLength('state', state, rows * leafStateWords(columns));
  return rows;
}

/** @returns parents */
export function checkParents(parents: Uint32Array, children: Uint32Array): number {
  const count = itemsOf('parents', parents, DIGEST_WORDS);
  checkLength('children', children, 2 * parents.length);
  return count;
}

export function checkTree(nodes: Uint32Array, leaves: number, cap: number): void {
  checkPowerOfTwo('leaves', leaves, 2 ** 31);
  checkPowerOfTwo('cap', cap, leaves);
  checkLength('nodes', nodes, DIGEST_WORDS * (2 * leaves - cap));
}

function checkPowerOfTwo(argument: string, value: number, most: number): void {
  if (!Number.isInteger(Math.log2(value)) || value < 1 || value > most) {
    throw new RangeError(`${argument}: expected a power of two in [1, ${most}], got ${value}`);
  }
}
