/** Extension-field kernels. */
import type { Ext } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { fill } from './base.ts';
import type { KernelCase } from './case.ts';

const N = 1 << 20;
const TWIN_N = 1 << 14;
/** A scalar with nothing special about it. */
export const SCALAR: Ext = quintic.fromLimbs([1234567891, 987654321, 192837465, 1029384756, 1357924680]);

interface Operands {
  readonly out: Uint32Array;
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  readonly f: Uint32Array;
  readonly n: number;
}

function elements(
  name: string,
  designNs: number | undefined,
  run: (k: Kernels, x: Operands) => void,
  items = N,
): KernelCase {
  return {
    name,
    unit: 'element',
    items,
    twinItems: TWIN_N,
    ...(designNs === undefined ? {} : { designNs }),
    scales: true,
    prepare(k, n) {
      const [out, a, b] = [k.memory.u32(5 * n), fill(k.memory.u32(5 * n)), fill(k.memory.u32(5 * n))];
      const f = fill(k.memory.u32(n));
      return () => run(k, { out, a, b, f, n });
    },
  };
}

export const extCases: readonly KernelCase[] = [
  elements('k-mul', 6.41, (k, { out, a, b }) => k.kMul(out, a, b)),
  elements('k-mul-cached', 5.72, (k, { out, a, b }) => k.kMul(out, a, b), 1 << 12),
  elements('k-square', 4.66, (k, { out, a }) => k.kSquare(out, a)),
  elements('k-scale', 5.36, (k, { out, a }) => k.kScale(out, a, SCALAR)),
  elements('k-add-scaled', undefined, (k, { out, a, b }) => k.kAddScaled(out, a, SCALAR, b)),
  elements('k-mul-base', 1.66, (k, { out, a, f }) => k.kMulBase(out, a, f)),
  elements('k-from-base', undefined, (k, { out, f }) => k.kFromBase(out, f, SCALAR)),
  elements('k-inverse', 20, (k, { out, a, n }) => k.kInverse(out, a, n)),
  elements('k-dot', undefined, (k, { a, b }) => void k.kDot(a, b)),
  elements('k-sum', undefined, (k, { a }) => void k.kSum(a)),
  elements('k-eq-table', undefined, (k, { out, n }) => k.eqTable(out, eqPoint(n), SCALAR)),
];

function eqPoint(n: number): Ext[] {
  return Array.from({ length: Math.log2(n) }, (_, j) => quintic.pow(SCALAR, j + 2));
}
