/** KRN-2: a binary that was tampered with is refused by its digest, a kernel that computes wrong words by the self-test. */
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { extensionField } from '../../src/field/extension-field.ts';
import { primeField } from '../../src/field/prime-field.ts';
import {
  chooseKernels,
  kernelMemoryBytes,
  selfTest,
  wasmKernels,
  type Kernels,
} from '../../src/kernels/index.ts';
import { base64 } from '../../src/kernels/wasm/generated/single.ts';
import { compileKernels } from '../../src/kernels/wasm/load.ts';

const open: Kernels[] = [];
afterAll(() => Promise.all(open.map((k) => k.close())));

afterEach(() => vi.unstubAllGlobals());

const binary = (): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(base64, 'base64'));

test('the pinned binary compiles, one with a flipped bit is refused by name', async () => {
  await expect(compileKernels(binary(), 'single')).resolves.toBeInstanceOf(WebAssembly.Module);
  const tampered = binary();
  tampered[tampered.length >> 1]! ^= 1;
  expect(() => compileKernels(tampered, 'single')).toThrow('expected a binary with BLAKE3');
  expect(() => compileKernels(binary(), 'shared')).toThrow('kernels: shared');
});

test('every family has a probe that a wrong word fails', async () => {
  const k = await wasmKernels({ threads: 2 });
  open.push(k);
  expect(selfTest(k)).toEqual([]);
  const flip = (array: Uint32Array): void => {
    array[array.length >> 1]! ^= 1;
  };
  const liars: Record<string, Partial<Kernels>> = {
    threads: { sub: (out, ...rest) => (k.sub(out, ...rest), flip(out)) },
    base: { addScaled: (out, ...rest) => (k.addScaled(out, ...rest), flip(out)) },
    product: { mul: (out, ...rest) => (k.mul(out, ...rest), flip(out)) },
    extension: { kMul: (out, ...rest) => (k.kMul(out, ...rest), flip(out)) },
    transform: { ntt: (data, columns) => (k.ntt(data, columns), flip(data)) },
    evaluation: { evaluateAt: (out, ...rest) => (k.evaluateAt(out, ...rest), flip(out)) },
    sumcheck: { productRound: () => ({ at0: k.ext.zero, atInfinity: k.ext.one }) },
    fold: { foldRows: (out, ...rest) => (k.foldRows(out, ...rest), flip(out)) },
    sums: { weightedColumns: (out, ...rest) => (k.weightedColumns(out, ...rest), flip(out)) },
    rows: { kRows: (out, ...rest) => (k.kRows(out, ...rest), flip(out)) },
    weaving: { kWeave: (out, ...rest) => (k.kWeave(out, ...rest), flip(out)) },
    lines: { kAddLines: (out, ...rest) => (k.kAddLines(out, ...rest), flip(out)) },
    products: { gemm: (out, ...rest) => (k.gemm(out, ...rest), flip(out)) },
    fractions: { lookupLeaves: (out, ...rest) => (k.lookupLeaves(out, ...rest), flip(out)) },
    transposed: {
      evaluateAtTransposed: (out, ...rest) => (k.evaluateAtTransposed(out, ...rest), flip(out)),
    },
    leaves: { hashLeaves: (out, ...rest) => (k.hashLeaves(out, ...rest), flip(out)) },
    nodes: { hashParents: (out, children) => (k.hashParents(out, children), flip(out)) },
    stream: { expandUniform: (out, ...rest) => (k.expandUniform(out, ...rest), flip(out)) },
  };
  for (const [family, liar] of Object.entries(liars)) expect(selfTest({ ...k, ...liar })).toEqual([family]);
  const broken = {
    ...k,
    ntt: () => {
      throw new Error('trap');
    },
  };
  expect(selfTest(broken)).toEqual(['transform']);
});

test('falls back to the definition and says so; mistakes of the caller are not hidden', async () => {
  const missing = await chooseKernels({}, undefined, () => Promise.reject(new Error('no SIMD here')));
  expect(missing.kernels.name).toBe('reference');
  expect(missing.notice).toContain('no SIMD here');
  const chosen = await chooseKernels({ threads: 1 });
  open.push(chosen.kernels);
  expect([chosen.kernels.name, chosen.notice]).toEqual(['wasm', undefined]);
  await expect(chooseKernels({ threads: 0 })).rejects.toThrow(
    'threads: expected an integer in [1, 256], got 0',
  );
  const toy = await chooseKernels({}, extensionField(primeField(97), [-5, 0]));
  expect(toy.kernels.ext.base.modulus).toBe(97);
});

test('one thread where memory cannot be shared', async () => {
  vi.stubGlobal('SharedArrayBuffer', undefined);
  const k = await wasmKernels();
  open.push(k);
  expect(k.threads).toBe(1);
  expect(selfTest(k)).toEqual([]);
  await expect(wasmKernels({ threads: 2 })).rejects.toThrow(
    'expected 1 where SharedArrayBuffer is missing, got 2',
  );
});

test('kernel memory: half of the machine, within 1 and 4 GiB, whole pages', () => {
  const gib = 2 ** 30;
  expect([0, 1, 2, 4, 8, 64].map((n) => kernelMemoryBytes(n * gib) / gib)).toEqual([1, 1, 1, 2, 4, 4]);
  expect(kernelMemoryBytes(5 * gib + 12_345) % 65_536).toBe(0);
});
