/** Base-field kernels. */
import type { Fe } from '../../src/field/field.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import type { KernelCase } from './case.ts';

const N = 1 << 20;
const TWIN_N = 1 << 16;
/** Three arrays of this many words stay in a level-2 cache: what addition costs without the memory behind it. */
const CACHED_N = 1 << 16;

/** Words below p that differ from each other; their values do not change the time of any kernel. */
export function fill(array: Uint32Array): Uint32Array {
  for (let i = 0; i < array.length; i++) array[i] = (Math.imul(i, 0x9e3779b1) >>> 1) % 2130706433;
  return array;
}

function binary(
  name: string,
  designNs: number | undefined,
  items: number,
  scales: boolean,
  run: (k: Kernels, out: Uint32Array, a: Uint32Array, b: Uint32Array) => void,
): KernelCase {
  return {
    name,
    unit: 'element',
    items,
    twinItems: TWIN_N,
    ...(designNs === undefined ? {} : { designNs }),
    scales,
    prepare(k, n) {
      const [out, a, b] = [k.memory.u32(n), fill(k.memory.u32(n)), fill(k.memory.u32(n))];
      return () => run(k, out, a, b);
    },
  };
}

export const baseCases: readonly KernelCase[] = [
  binary('base-add', 0.13, CACHED_N, false, (k, out, a, b) => k.add(out, a, b)),
  binary('base-add 2^20', undefined, N, false, (k, out, a, b) => k.add(out, a, b)),
  binary('base-mul', 0.34, N, true, (k, out, a, b) => k.mul(out, a, b)),
  binary('base-scale', 0.33, N, true, (k, out, a) => k.scale(out, a, 12345 as Fe)),
];
