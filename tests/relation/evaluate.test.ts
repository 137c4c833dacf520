/** Values of terms: the matrix kernel against the loop, over every kind of index. */
import { afterAll, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import { ownColumns, tensorCells, type RowMajor, type TensorCells } from '../../src/relation/cells-prove.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { createEvaluator } from '../../src/relation/evaluate-prove.ts';
import type { Program, Term } from '../../src/relation/program.ts';
import { lookupWitness } from '../../src/relation/witness-prove.ts';
import { fixed, range, term, view } from '../support/programs.ts';
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

test('lookups of cells plus a constant, block by block, are the values of their terms', () => {
  // [5, 13] has blocks of 4 + 1 rows and 8 + 4 + 1 columns.
  const shape = [5, 13];
  const [i, j] = [
    { name: 'i', size: 5 },
    { name: 'j', size: 13 },
  ];
  const signed = Int16Array.from({ length: 65 }, () => (next() % 64) - 32);
  const words = Uint32Array.from(signed, (x) => koalaBear.fromInt(x));
  const ranged = (tensor: string, ...constants: number[]) => ({
    kind: 'lookup' as const,
    name: `${tensor}/range`,
    indices: [i, j],
    table: 'range-64',
    entries: [[term(1, [view(tensor, 'i', 'j')]), ...constants.map((c) => term(c))]],
  });
  const tensors = ['narrow', 'words', 'above'].map((name) => ({ kind: 'witness' as const, name, shape }));
  const lookups: Program = {
    tensors: [...tensors, { kind: 'public', name: 'known', shape, values: signed }],
    tables: [range('range-64', 64)],
    virtuals: [],
    relations: [ranged('narrow', 40, -8), ranged('words', 32), ranged('above', -7), ranged('known', 32)],
  };
  const compiled = compileProgram(kernels.ext, lookups);
  const given = new Map<string, RowMajor>([
    ['narrow', signed],
    ['words', words],
    ['above', Int32Array.from(signed, (x) => x + 39)],
  ]);
  const count = (tensorsOf: ReadonlyMap<string, RowMajor>) =>
    kernels.memory.scope(() => {
      const { cells: own } = ownColumns(kernels, compiled, { tensors: tensorsOf }, 12);
      const reading = tensorCells(kernels, compiled, [], own, { tensors: tensorsOf }, 12);
      const values = createEvaluator(kernels, compiled, reading, { tensors: tensorsOf });
      const [balance] = lookupWitness(kernels, compiled, reading, values, own);
      return {
        sources: balance!.sources.map((columns) => [...columns[0]!]),
        counts: balance!.multiplicities,
      };
    });
  const { sources, counts } = count(given);
  compiled.lookups!.blocks[0]!.forEach(({ block }, s) => {
    const [rows, columns] = block.pieces.map(({ offset, bits }) => ({ offset, size: 2 ** bits }));
    const expected = Array.from({ length: 2 ** block.bits }, (_, cell) => {
      const row = rows!.offset + Math.floor(cell / columns!.size);
      return signed[row * 13 + columns!.offset + (cell % columns!.size)]! + 32;
    });
    expect(sources[s]).toEqual(expected);
  });
  for (let v = 0; v < 64; v++) expect(counts[0]![v]).toBe(4 * signed.filter((x) => x + 32 === v).length);
  // A cell beyond the range is named, and so is one that only wraps into it.
  const beyond = (value: number, name: string) =>
    count(new Map([...given, [name, Int32Array.from(given.get(name)!, (x, at) => (at === 20 ? value : x))]]));
  expect(() => beyond(32, 'narrow')).toThrow('narrow/range[1, 7]');
  expect(() => beyond(-33, 'narrow')).toThrow('narrow/range[1, 7]');
  expect(() => beyond(6, 'above')).toThrow('above/range[1, 7]');
});
