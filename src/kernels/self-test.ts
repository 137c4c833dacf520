/**
 * A call of every kernel family, compared with the definition: not every kernel, which is what the tests are for. Engines have miscompiled integer code before; a prover that
 * computes a wrong word makes proofs that nobody accepts, or worse, masks that hide nothing. Runs in a few milliseconds,
 * once, before kernels are handed out.
 */
import { leafFormat } from '../hash/leaf.ts';
import type { Fe } from '../field/field.ts';
import type { Kernels } from './contract.ts';
import { extWords } from './contract/layout.ts';
import { referenceKernels } from './reference/index.ts';

/** `room`: words that the memory of the kernels under test can hold. */
type Probe = (k: Kernels, room: number) => Uint32Array | Int32Array;

/** Words below p with carries in all the usual places. */
function sample(k: Kernels, length: number, seed: number): Uint32Array {
  const p = k.ext.base.modulus;
  return Uint32Array.from({ length }, (_, i) => {
    const word = (Math.imul(i + seed, 0x9e3779b1) >>> 1) % p;
    return i % 5 === 0 ? p - 1 - (word % 3) : word;
  });
}

function integers(length: number): Int16Array {
  return Int16Array.from({ length }, (_, i) => ((i * 7919) % 16_383) - 8191);
}

/** Words of the probe that reaches every thread. */
const THREADED = 1 << 16;

const outOf = (length: number, run: (out: Uint32Array) => void): Uint32Array => {
  const out = new Uint32Array(length);
  run(out);
  return out;
};

/** A K array in kernel memory: outside of it some kernels leave the work to the definition. */
const inside = (k: Kernels, elements: number, seed: number): Uint32Array => {
  const words = sample(k, extWords(elements, k.ext.degree), seed);
  const copy = k.memory.u32(words.length);
  copy.set(words);
  return copy;
};

const domain = { label: 'selftest', epoch: 0, group: new Uint8Array(8) };

/** One probe a family; lengths cross the vector loops and their tails. */
const PROBES: Readonly<Record<string, Probe>> = {
  // Long enough for several tasks, so that every thread of a pool takes its part.
  threads: (k, room) => {
    const n = Math.min(THREADED, Math.floor(room / 8)); // three arrays move through a small memory at once
    return outOf(n, (out) => k.sub(out, sample(k, n, 14), sample(k, n, 15)));
  },
  base: (k) => outOf(23, (out) => k.addScaled(out, sample(k, 23, 1), 12345 as Fe, sample(k, 23, 2))),
  product: (k) => outOf(23, (out) => k.mul(out, sample(k, 23, 3), sample(k, 23, 4))),
  extension: (k) => {
    const n = extWords(11, k.ext.degree);
    return outOf(n, (out) => k.kMul(out, sample(k, n, 5), sample(k, n, 6)));
  },
  transform: (k) => {
    const data = sample(k, 64 * 5, 7);
    k.ntt(data, 5);
    return data;
  },
  evaluation: (k) => outOf(6, (out) => k.evaluateAt(out, integers(48), { logN: 6, columns: 2 }, [0, 5, 63])),
  sumcheck: (k) => {
    const words = (seed: number): Uint32Array => sample(k, extWords(13, k.ext.degree), seed);
    const pair = [
      { words: words(8), live: 13, numVars: 4 },
      { words: words(9), live: 13, numVars: 4 },
    ] as const;
    const { at0, atInfinity } = k.productRound([pair]);
    return Uint32Array.from([...at0, ...atInfinity]);
  },
  fold: (k) => {
    const e = sample(k, extWords(9, k.ext.degree), 10);
    return outOf(extWords(7, k.ext.degree), (out) =>
      k.foldRows(out, { data: integers(63), rows: 9, columns: 7 }, e),
    );
  },
  sums: (k) => {
    const w = sample(k, extWords(6, k.ext.degree), 16);
    return outOf(extWords(9, k.ext.degree), (out) => k.weightedColumns(out, sample(k, 54, 17), 6, w));
  },
  rows: (k) => {
    const n = extWords(12, k.ext.degree);
    return outOf(n, (out) => k.kRows(out, sample(k, n, 18), 3));
  },
  weaving: (k) =>
    k.memory.scope(() => {
      const [out, source] = [inside(k, 32, 23), inside(k, 16, 24)];
      k.kWeave(out, source, 8, 4);
      return out.slice();
    }),
  lines: (k) =>
    k.memory.scope(() => {
      const [out, source] = [inside(k, 32, 25), inside(k, 16, 26)];
      k.kAddLines(out, source, 8, Int32Array.of(3, 0, 1, 1));
      k.kAddLines(out, out, 8, Int32Array.of(2, 1, 0, 2), true);
      return out.slice();
    }),
  products: (k) => {
    const [a, b] = [integers(5 * 24), integers(3 * 24)];
    return outOf(15, (out) =>
      k.gemm(
        out,
        { data: a, rows: 5, columns: 24 },
        { data: b, rows: 3, columns: 24 },
        { boundA: 8191, boundB: 8191 },
      ),
    );
  },
  fractions: (k) => {
    const alpha = k.ext.fromLimbs(Array.from(sample(k, k.ext.degree, 19)));
    return outOf(extWords(11, k.ext.degree), (out) =>
      k.lookupLeaves(out, [sample(k, 11, 20), sample(k, 11, 21)], alpha, [alpha, k.ext.one], 5 as Fe),
    );
  },
  transposed: (k) => {
    const eta = sample(k, extWords(3, k.ext.degree), 22);
    return outOf(extWords(40, k.ext.degree), (out) => k.evaluateAtTransposed(out, eta, 6, [1, 5, 63], 40));
  },
  leaves: (k) =>
    outOf(5 * 8, (out) =>
      k.hashLeaves(out, leafFormat(domain, 21, 3, true), sample(k, 5 * 21, 11), sample(k, 20, 12)),
    ),
  nodes: (k) => outOf(3 * 8, (out) => k.hashParents(out, sample(k, 6 * 8, 13))),
  stream: (k) =>
    outOf(40, (out) => k.expandUniform(out, { key: new Uint8Array(32), label: 'selftest', id: 1 }, 5)),
};

/**
 * Compares kernels with the definition.
 *
 * @returns the names of families that differ or fail; empty when all is well
 */
export function selfTest(kernels: Kernels): string[] {
  const reference = referenceKernels(kernels.ext);
  const room = Math.floor(kernels.memory.capacityBytes / 4);
  return Object.entries(PROBES)
    .filter(([, probe]) => {
      try {
        const expected = probe(reference, room);
        const got = probe(kernels, room);
        return got.length !== expected.length || got.some((word, i) => word !== expected[i]);
      } catch {
        return true;
      }
    })
    .map(([name]) => name);
}
