/**
 * Set up before every test file: `toEqual` of arrays of numbers compares them word by word. Vitest itself makes a list of the names
 * of all entries first, which takes longer than most of what is tested. Whatever is not equal goes on to vitest, which says where.
 */
import { expect } from 'vitest';

/** True for equal arrays of one kind; undefined where vitest has to look. */
function equalWords(a: unknown, b: unknown): true | undefined {
  if (Array.isArray(a) && Array.isArray(b)) return sameNumbers(a, b) ? true : undefined;
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return undefined;
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0 ? true : undefined;
}

const isNumber = (x: unknown): boolean => typeof x === 'number' || typeof x === 'bigint';
const sameNumbers = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length &&
  a.constructor === b.constructor &&
  a.every((x, i) => isNumber(x) && Object.is(x, b[i]));
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

// Files that share a worker share what is told to vitest.
const TOLD = Symbol.for('zkdl.equalWords');
const shared = globalThis as { [TOLD]?: true };
if (shared[TOLD] === undefined) {
  shared[TOLD] = true;
  expect.addEqualityTesters([equalWords]);
}
