/**
 * Sizes past every loop boundary of the kernels: WebAssembly, with one thread and two, agrees with the reference
 * bit for bit, and a kernel memory smaller than one tensor changes nothing.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quintic } from '../../src/index.ts';
import { createTensors, type Dtype, type Tensor, type Tensors } from '../../src/tensor/index.ts';
import { expectSame, generator } from '../support/words.ts';
import { elements } from './oracle.ts';

let wasm: Tensors[];
let reference: Tensors;
let usedBefore: number[];
beforeAll(async () => {
  wasm = [await createTensors({ wasm: { threads: 1 } }), await createTensors({ wasm: { threads: 2 } })];
  usedBefore = wasm.map((t) => t.kernels.memory.usedBytes);
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
  expect(wasm.map((t) => t.kernels.memory.usedBytes)).toEqual(usedBefore);
});

describe('tensors larger than the kernel memory', () => {
  const memoryBytes = 24 << 20;
  const F_SIZE = (memoryBytes >> 2) + 1027;
  const K_SIZE = Math.ceil(memoryBytes / 20) + 1027;

  /** (a + b)(a - b) - a^2 + b^2, which is 0, and b^-1 * b, which is 1. */
  function identities(t: Tensors, a: Tensor, b: Tensor): void {
    const zero = a.add(b).mul(a.sub(b)).sub(a.square()).add(b.square());
    expect((zero.data as Uint32Array).every((word) => word === 0)).toBe(true);
    expect(b.inverse().mul(b).sum().equal(b.size).item()).toBe(1);
    expect(a.mul(3).sub(a).sub(a).sub(a).sum().equal(0).item()).toBe(1);
    expect(t.einsum('i,i->', a, b).equal(a.mul(b).sum()).item()).toBe(1);
  }

  test.each([
    ['F', F_SIZE, F_SIZE],
    ['K', K_SIZE, 20 * Math.ceil(K_SIZE / 4)],
  ] as const)('%s', async (dtype, size, words) => {
    const t = await createTensors({ wasm: { threads: 1, memoryBytes } });
    const fill = (seed: number): Tensor => {
      const data = new Uint32Array(words);
      // Never 0; behind the last element of K stays what the layout wants there.
      for (let i = 0; i < data.length; i++)
        data[i] = 1 + ((Math.imul(i + seed, 0x9e3779b1) >>> 0) % 2130706432);
      const last = t.wrap(data.subarray(0, dtype === 'K' ? words - 20 : words), dtype, [
        dtype === 'K' ? words / 5 - 4 : words,
      ]);
      return dtype === 'K' ? t.concat([last, t.ones([size - last.size], 'K')]) : last;
    };
    identities(t, fill(1), fill(2));
    await t.close();
  });
});
