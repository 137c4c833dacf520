/**
 * Sizes past every loop boundary of the kernels: WebAssembly, with one thread and two, agrees with the reference
 * bit for bit, and a memory smaller than the tensors changes nothing.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quintic } from '../../src/index.ts';
import { createTensors, type Dtype, type Tensor, type Tensors } from '../../src/tensor/index.ts';
import { expectSame } from '../support/words.ts';
import { elements } from './oracle.ts';
import { generator } from '../support/words.ts';

let wasm: Tensors[];
let reference: Tensors;
beforeAll(async () => {
  wasm = [
    await createTensors({ wasm: { threads: 1 } }),
    await createTensors({ wasm: { threads: 2 } }),
    // Three megabytes for scratch and windows; the operands below have up to six.
    await createTensors({ wasm: { threads: 1, memoryBytes: 9 << 20 } }),
  ];
  reference = await createTensors({ kernels: 'reference' });
});
afterAll(() => Promise.all([...wasm, reference].map((t) => t.close())));

/** The same random tensor in any context. */
function random(t: Tensors, dtype: Dtype, shape: readonly number[], seed: number): Tensor {
  const element = elements(quintic, dtype, generator(seed), 1000n);
  return t.generate(shape, () => element() as never, dtype);
}

const N = 65_539;
const PROGRAMS: Record<string, (t: Tensors) => Tensor> = {
  'F arithmetic': (t) => {
    const [a, b] = [random(t, 'F', [N], 1), random(t, 'F', [N], 2)];
    return a.mul(b).add(a).sub(b.neg()).mul(12345);
  },
  'K arithmetic': (t) => {
    const [a, b] = [random(t, 'K', [N], 3), random(t, 'K', [N], 4)];
    return a
      .mul(b)
      .add(a)
      .sub(b.square())
      .mul([1, 2, 3, 4, 5] as never);
  },
  'K times F and F times a K scalar': (t) => {
    const [a, b] = [random(t, 'K', [N], 5), random(t, 'F', [N], 6)];
    return a.mul(b).add(b.mul([5, 4, 3, 2, 1] as never));
  },
  'inverse of K': (t) =>
    random(t, 'K', [20_001], 7)
      .square()
      .add([1, 1, 0, 0, 0] as never)
      .inverse(),
  'sums and products': (t) =>
    t.stack([
      random(t, 'K', [N], 8).sum(),
      random(t, 'K', [N], 8).prod(),
      random(t, 'F', [N], 9).sum().to('K'),
      random(t, 'F', [N], 9).prod().to('K'),
    ]),
  'strided and broadcast': (t) => {
    const a = random(t, 'K', [257, 255], 10).transpose().slice([null, null, -2], [1, null]);
    return a.mul(random(t, 'F', [256], 11)).add(a);
  },
  'Z to F': (t) => random(t, 'int16', [N], 12).to('F').pow(5),
  'matrix products': (t) => {
    const x = random(t, 'int8', [37, 300], 13);
    return x.matmul(random(t, 'K', [300, 5], 14)).add(x.matmul(random(t, 'F', [300, 5], 15)));
  },
  'dot products over K': (t) => random(t, 'K', [9, 1001], 16).matmul(random(t, 'K', [1001, 3], 17)),
  evaluate: (t) => {
    const point = Array.from({ length: 17 }, (_, j) => [j, 7, j + 3, 1, 2] as never);
    return random(t, 'int8', [300, 200], 18).evaluate(point);
  },
};

test.each(Object.entries(PROGRAMS))('%s', (_, run) => {
  const expected = run(reference);
  for (const t of wasm) {
    const actual = run(t);
    expect(actual.shape).toEqual(expected.shape);
    expect(actual.dtype).toBe(expected.dtype);
    expectSame(
      actual.toTyped() as Uint32Array,
      expected.toTyped() as Uint32Array,
      `${t.kernels.name}, ${t.kernels.threads} threads`,
    );
  }
});

test('operations leave nothing in the kernel memory', () => {
  for (const t of wasm) expect(t.kernels.memory.usedBytes).toBe(0);
});
