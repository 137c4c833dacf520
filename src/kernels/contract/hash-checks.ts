/** Argument checks of the hash kernels, the same for every implementation. */
import { SALT_WORDS, type LeafFormat } from '../../hash/leaf.ts';
import { checkInteger, checkLength } from './checks.ts';
import { BLOCK_WORDS, DIGEST_WORDS, leafStateWords } from './hash.ts';

/** Whole items in an array. @throws RangeError when a part of an item is left */
function itemsOf(argument: string, array: Uint32Array, itemWords: number): number {
  if (array.length % itemWords !== 0) {
    throw new RangeError(`${argument}: expected a multiple of ${itemWords} items, got ${array.length}`);
  }
  return array.length / itemWords;
}

/** @throws RangeError for another number of words; TypeError unless there are salts exactly where they belong */
function checkSalts(salts: Uint32Array | null, expected: boolean, rows: number): void {
  if ((salts !== null) !== expected) {
    throw new TypeError(
      `salts: expected ${expected ? 'salts' : 'null'}, got ${salts === null ? 'null' : 'salts'}`,
    );
  }
  if (salts !== null) checkLength('salts', salts, SALT_WORDS * rows);
}

/** @returns rows */
export function checkLeaves(
  digests: Uint32Array,
  format: LeafFormat,
  values: Uint32Array,
  salts: Uint32Array | null,
): number {
  const rows = itemsOf('digests', digests, DIGEST_WORDS);
  checkLength('values', values, rows * format.columns);
  checkSalts(salts, format.salted, rows);
  return rows;
}

/** @returns rows */
export function checkAbsorb(
  state: Uint32Array,
  format: LeafFormat,
  column: number,
  values: Uint32Array,
  width: number,
  salts: Uint32Array | null,
): number {
  const { columns, salted } = format;
  checkInteger('column', column, 0, columns - 1);
  checkInteger('width', width, 1, columns - column);
  const salt = salted ? SALT_WORDS : 0;
  const isBorder = (c: number): boolean => c === 0 || c === columns || (c + salt) % BLOCK_WORDS === 0;
  if (!isBorder(column)) throw new RangeError(`column: expected a border of blocks, got ${column}`);
  if (!isBorder(column + width)) {
    throw new RangeError(
      `width: expected columns up to a border of blocks or the ${columns - column} left, got ${width}`,
    );
  }
  const rows = itemsOf('state', state, leafStateWords(format));
  checkLength('values', values, rows * width);
  checkSalts(salts, salted && column === 0, rows);
  return rows;
}

/** @returns rows */
export function checkFinish(digests: Uint32Array, state: Uint32Array, format: LeafFormat): number {
  const rows = itemsOf('digests', digests, DIGEST_WORDS);
  checkLength('state', state, rows * leafStateWords(format));
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
