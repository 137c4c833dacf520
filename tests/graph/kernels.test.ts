/** The kernels' products in the executor: the same bits, inputs beyond their bounds included. */
import { expect, test } from 'vitest';
import { kernelProduct } from '../../src/graph/execute-witness.ts';
import { execute, graphBuilder, integerSession, type WeightData } from '../../src/graph/index.ts';
import { referenceKernels, wasmKernels } from '../../src/kernels/index.ts';
import { quintic } from '../../src/field/quintic.ts';
import { dice, entries } from '../support/graphs.ts';
import { tinyGpt, tinyLlama, tinyTokens } from '../support/tiny-models.ts';
import { expectSame } from '../support/words.ts';

test.each(['reference', 'wasm'] as const)('%s', async (which) => {
  const kernels = which === 'wasm' ? await wasmKernels() : referenceKernels(quintic);
  const product = kernelProduct(kernels);
  for (const { graph, weights } of [tinyLlama({ seed: 1, width: 33, inner: 50 }), tinyGpt({ seed: 1 })]) {
    const rows = { tokens: tinyTokens(17, 30, 3), emit: 'all' } as const;
    const of = (name: string) => weights[name] as WeightData;
    const [plain, fast] = [execute(graph, of, rows), execute(graph, of, rows, { product })];
    for (const [name, { data }] of plain.tensors)
      expectSame(fast.tensors.get(name)?.data as Int32Array, data, name);
  }
  const d = dice(3);
  for (const [bits, inputBits] of [
    [8, 16],
    [16, 16],
    [16, 17],
    [16, 20],
  ] as const) {
    const g = graphBuilder({ context: 8 });
    const x = g.input('x', { width: 70, bits: inputBits });
    const graph = g.build(g.linear('y', x, g.weight('w', [9, 70], { bits })));
    const full = entries(630, bits, d);
    const w = bits === 8 ? Int8Array.from(full) : Int16Array.from(full);
    const inputs = {
      x: new Int32Array(5 * 70).fill(-(2 ** (inputBits - 1))).map((v, i) => (i % 2 ? v : d.int(v, -v - 1))),
    };
    const [plain, fast] = [
      execute(graph, () => w, { inputs }),
      execute(graph, () => w, { inputs }, { product }),
    ];
    expectSame(fast.output.data, plain.output.data, `${bits} bits`);
    const wide = execute(graph, () => Int32Array.from(w), { inputs }, { product });
    expectSame(wide.output.data, plain.output.data, 'int32');
  }
  await kernels.close();
  expect(kernels.name).toBe(which);
});

/** Appends of several sequences: rows that see one another, rows that see earlier appends, blocks of more rows than one product. */
const APPENDS = [
  { tokens: 30, starts: [0, 1, 20] },
  { tokens: 9, starts: [] },
  { tokens: 3, starts: [1] },
  { tokens: 150, starts: [4] },
];

test.each([
  ['all rows', undefined],
  ['windows of five rows', 5],
  ['windows of one row', 1],
] as const)('attention by products, %s', async (_, window) => {
  const kernels = await wasmKernels();
  const shape = { seed: 5, context: 200, ...(window === undefined ? {} : { window }) };
  // Heads of 32 columns: narrower ones go pair by pair.
  for (const { graph, weights } of [
    tinyLlama({ ...shape, headDim: 32 }),
    tinyGpt({ ...shape, headDim: 32 }),
  ]) {
    const of = (name: string) => weights[name] as WeightData;
    const [plain, fast] = [{}, { product: kernelProduct(kernels) }].map((o) => integerSession(graph, of, o));
    for (const { tokens, starts } of APPENDS) {
      const rows = { tokens: tinyTokens(tokens, 30, 3), starts, emit: 'all', auxiliary: true } as const;
      const [a, b] = [plain!.append(rows), fast!.append(rows)];
      for (const [name, { data }] of a.tensors) {
        expectSame(b.tensors.get(name)?.data as Int32Array, data, name);
      }
      expect(b.auxiliary).toEqual(a.auxiliary);
    }
  }
  await kernels.close();
});
