/**
 * Transforms. Items are words that a call transforms, produces or reads, as in the design's tables. The twins of
 * evaluateAt and its transpose are definitions with quadratic time: their ratio grows with the size.
 */
import { extWords } from '../../src/kernels/contract/layout.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { fill } from './base.ts';
import type { KernelCase } from './case.ts';

/** An NTT of items / columns rows, in place. */
function transform(name: string, items: number, columns: number, designNs?: number): KernelCase {
  return {
    name,
    unit: 'element',
    items,
    twinItems: columns << 10,
    ...(designNs === undefined ? {} : { designNs }),
    scales: true,
    prepare(k, n) {
      const data = fill(k.memory.u32(n));
      return () => (name.startsWith('intt') ? k.intt(data, columns) : k.ntt(data, columns));
    },
  };
}

/** Distinct positions all over the code. */
function positionsOf(count: number, logN: number): number[] {
  return Array.from({ length: count }, (_, p) => Math.imul(p + 1, 0x9e3779b1) >>> (32 - logN));
}

const QUERIES = 211;

/** Coefficients in, codeword out: n = 4 * 2^m rows of `columns`, k = 2^m + 2^(m-2); per output word. */
function encodeCase(columns: number, logCoset: number): KernelCase {
  return {
    name: `encode int16 ${columns} columns`,
    unit: 'output',
    items: (4 * columns) << logCoset,
    twinItems: (4 * columns) << 8,
    scales: true,
    prepare(k, n) {
      const rows = n / columns / 4;
      const message = k.memory.i16((rows + rows / 4) * columns).fill(-12_345);
      const out = k.memory.u32(n);
      return () => k.encode(out, message, { logN: Math.log2(4 * rows), columns });
    },
  };
}

/** 211 positions of a rate-1/4 code, int16 message; per coefficient and column. */
function evaluateCase(columns: number, items: number, designNs?: number): KernelCase {
  return {
    name: `evaluateAt 211 of ${columns} columns`,
    unit: 'coefficient',
    items,
    twinItems: columns << 8,
    ...(designNs === undefined ? {} : { designNs }),
    scales: true,
    prepare(k, n) {
      const logN = Math.log2((4 * n) / columns);
      const message = k.memory.i16(n).fill(-12_345);
      const [out, positions] = [new Uint32Array(QUERIES * columns), positionsOf(QUERIES, logN)];
      return () => k.evaluateAt(out, message, { logN, columns }, positions);
    },
  };
}

function transposeCase(items: number, designNs: number): KernelCase {
  return {
    name: 'evaluateAt transposed',
    unit: 'output',
    items,
    twinItems: 1 << 10,
    designNs,
    scales: true,
    prepare(k, n) {
      const logN = Math.log2(4 * n);
      const [eta, positions] = [fill(k.memory.u32(extWords(QUERIES, 5))), positionsOf(QUERIES, logN)];
      const out = k.memory.u32(extWords(n, 5));
      return () => k.evaluateAtTransposed(out, eta, logN, positions, n);
    },
  };
}

const powersCase: KernelCase = {
  name: 'powers',
  unit: 'element',
  items: 1 << 20,
  twinItems: 1 << 14,
  scales: true,
  prepare(k: Kernels, n: number) {
    const out = k.memory.u32(n);
    const F = k.ext.base;
    return () => k.powers(out, F.one, F.fromInt(1_000_003));
  },
};

/** Columns of int16 to rows of 118. */
const interleaveCase: KernelCase = {
  name: 'interleave int16 118 columns',
  unit: 'item',
  items: 118 << 16,
  twinItems: 118 << 10,
  scales: false,
  prepare(k, n) {
    const [out, a] = [k.memory.i16(n), k.memory.i16(n).fill(-12_345)];
    return () => k.interleave(out, a, 118);
  },
};

export const nttCases: readonly KernelCase[] = [
  transform('ntt 2^12', 1 << 12, 1, 2.85),
  transform('ntt 2^20', 1 << 20, 1, 4.8),
  transform('ntt 64 x 2^16', 64 << 16, 64, 3.97),
  transform('ntt 16 x 2^16', 16 << 16, 16),
  transform('intt 64 x 2^16', 64 << 16, 64),
  encodeCase(64, 14),
  encodeCase(16, 18),
  evaluateCase(1, 1 << 20, 7.31),
  evaluateCase(16, 16 << 16),
  evaluateCase(118, 118 << 14),
  transposeCase(1 << 20, 42),
  interleaveCase,
  powersCase,
];
