/** Messages and positions for the tests of codes. */
import { P } from '../../src/field/koalabear.ts';
import type { Message } from '../../src/kernels/contract/ntt.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { generator, words } from './words.ts';

/** Integers of every type, extremes included. */
export function integers(kind: 'i8' | 'i16' | 'i32' | 'u32', n: number, seed: number): Message {
  const next = generator(seed);
  if (kind === 'u32') return words(n, P, seed);
  const edges = [-(2 ** 31), 2 ** 31 - 1, P, -P, -1, 0, 1, 127, -128, 32_767, -32_768];
  const values = Array.from({ length: n }, () =>
    next() & 3 ? next() | 0 : (edges[next() % edges.length] as number),
  );
  if (kind === 'i8') return Int8Array.from(values);
  return kind === 'i16' ? Int16Array.from(values) : Int32Array.from(values);
}

/** A copy in kernel memory. */
export function inside<T extends Message>(k: Kernels, array: T): T {
  const m = k.memory;
  const make = (n: number): Message => {
    if (array instanceof Int8Array) return m.i8(n);
    if (array instanceof Int16Array) return m.i16(n);
    return array instanceof Int32Array ? m.i32(n) : m.u32(n);
  };
  const copy = make(array.length);
  copy.set(array);
  return copy as T;
}

/** Types of messages. */
export const KINDS = ['i8', 'i16', 'i32', 'u32'] as const;

/** Positions with repetitions, extremes and no order. */
export function positionsOf(count: number, logN: number, seed: number): number[] {
  const next = generator(seed);
  const n = 2 ** logN;
  return Array.from({ length: count }, (_, p) =>
    p === 1 ? n - 1 : p === 2 ? 0 : p === 5 ? n - 1 : next() % n,
  );
}

/** Runs on operands outside the arena and on operands inside it; both results. */
export function inAndOut(k: Kernels, data: Uint32Array, run: (data: Uint32Array) => void): Uint32Array[] {
  const outside = data.slice();
  run(outside);
  const inside = k.memory.scope(() => {
    const copy = k.memory.u32(data.length);
    copy.set(data);
    run(copy);
    return copy.slice();
  });
  return [outside, inside];
}
