/**
 * The one layout of extension arrays: blocks of four elements, limb by limb (array of structures of arrays).
 * With d limbs, limb j of element i is word
 *
 *     (i >> 2) * 4d + 4j + (i & 3)
 *
 * so that a 128-bit register holds the same limb of four neighbours. An array of n elements occupies
 * 4d * ceil(n / 4) words; the words behind the last element are zero.
 */
import type { Ext, ExtensionField, Fe } from '../../field/field.ts';

/** Elements in a block. */
export const BLOCK = 4;

/** Words of an extension array of n elements. */
export function extWords(n: number, degree: number): number {
  return Math.ceil(n / BLOCK) * BLOCK * degree;
}

/** The word that holds limb j of element i. */
export function extWord(i: number, j: number, degree: number): number {
  return (i >> 2) * BLOCK * degree + BLOCK * j + (i & 3);
}

/** Element i of an extension array, limbs as stored. */
export function readExt(array: ArrayLike<number>, i: number, degree: number): Ext {
  const element: Fe[] = [];
  const first = extWord(i, 0, degree);
  for (let j = 0; j < degree; j++) element.push(array[first + BLOCK * j] as Fe);
  return element;
}

/** Stores element i of an extension array, limbs as given. */
export function writeExt(array: Uint32Array, i: number, value: Ext): void {
  for (let j = 0; j < value.length; j++) array[extWord(i, j, value.length)] = value[j] as Fe;
}

/** A new extension array with the given elements, limbs as given. */
export function packExt(elements: readonly Ext[], field: ExtensionField): Uint32Array {
  const array = new Uint32Array(extWords(elements.length, field.degree));
  elements.forEach((element, i) => writeExt(array, i, element));
  return array;
}

/** The first n elements of an extension array, limbs as stored. */
export function unpackExt(array: ArrayLike<number>, n: number, degree: number): Ext[] {
  return Array.from({ length: n }, (_, i) => readExt(array, i, degree));
}
