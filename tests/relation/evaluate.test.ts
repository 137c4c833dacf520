/** Values of terms: the matrix kernel against the loop, over every kind of index. */
import { afterAll, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import type { RowMajor, TensorCells } from '../../src/relation/cells-prove.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { createEvaluator } from '../../src/relation/evaluate-prove.ts';
import type { Program, Term } from '../../src/relation/program.ts';
import { fixed, term, view } from '../support/programs.ts';
import { generator } from '../support/words.ts';

const kernels = await wasmKernels({ threads: 1 });
afterAll(() => kernels.close());

const [H, T, O, K] = [2, 9, 11, 200];
const next = generator(5);
const cells = new Map<string, RowMajor>([
  ['x', Int16Array.from({ length: H * T * K }, () => (next() % 60_001) - 30_000)],
  ['w', Int16Array.from({ length: O * K * H }, () => (next() % 60_001) - 30_000)],
]);
const [h, t, o, k] = [
  { name: 'h', size: H },
  { name: 't', size: T },
  { name: 'o', size: O },
  { name: 'k', size: K },
];
const program: Program = {
  tensors: [
    { kind: 'witness', name: 'x', shape: [H, T, K] },
    { kind: 'witness', name: 'w', shape: [O, K, H] },
  ],
  tables: [],
  virtuals: [],
  relations: [{ kind: 'zero', name: 'z', indices: [t], terms: [term(1, [view('x', fixed(0), 't', 't')])] }],
};
const reader: TensorCells = {
  block: () => new Uint32Array(0),
  rows: (name) => cells.get(name)!,
};
const evaluate = createEvaluator(kernels, compileProgram(kernels.ext, program), reader, { tensors: cells });

test('batched over an index in the middle, rows and columns apart', () => {
  const terms: Term[] = [term(3, [view('x', 'h', 't', 'k'), view('w', 'o', 'k', 'h')], [k]), term(-7)];
  const values = evaluate(terms, [o, h, t]);
  const [x, w] = [cells.get('x')!, cells.get('w')!];
  for (let i = 0; i < O; i++) {
    for (let j = 0; j < H; j++) {
      for (let l = 0; l < T; l++) {
        let sum = 0n;
        for (let c = 0; c < K; c++) sum += BigInt(x[(j * T + l) * K + c]! * w[(i * K + c) * H + j]!);
        expect(values[(i * H + j) * T + l]).toBe(koalaBear.fromInt(3n * sum - 7n));
      }
    }
  }
});
