/** Programs of the engine benchmark, in true sizes, with seeded witnesses. */
import type { Fe } from '../../src/field/field.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import type { RowMajor } from '../../src/relation/cells-prove.ts';
import type { Coordinate, Program, Relation, Table, Tensor, View } from '../../src/relation/program.ts';

export interface EngineCase {
  readonly program: Program;
  /** Cells of the one static tensor `w`, if there is one. */
  readonly weights: Int16Array | undefined;
  readonly witness: ReadonlyMap<string, RowMajor>;
  readonly lookups: number;
}

const ROWS = 2 ** 16;
/** Sources of `engine-c`: four million lookups in pairs of columns. */
const SOURCES = 4;
const [OUT, IN, TOKENS] = [4096, 4096, 32] as const;

const at = (index: string): Coordinate => ({ kind: 'affine', parts: [{ index, stride: 1 }], offset: 0 });
const view = (tensor: string, ...indices: string[]): View => ({ tensor, coordinates: indices.map(at) });

function words(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 8;
}

/** x -> x^2 mod p on [0, 2^16). */
const table: Table = {
  name: 'square',
  rows: ROWS,
  columns: [
    { kind: 'range', first: 0 },
    { kind: 'dense', values: Uint32Array.from({ length: ROWS }, (_, i) => koalaBear.mul(i as Fe, i as Fe)) },
  ],
};

interface Lookups {
  readonly tensors: Tensor[];
  readonly relations: Relation[];
  readonly witness: Map<string, RowMajor>;
}

/** `sources` times 2^20 pair lookups; every row of the table is used. */
function pairLookups(sources: number): Lookups {
  const result: Lookups = { tensors: [], relations: [], witness: new Map() };
  const next = words(1);
  for (let s = 0; s < sources; s++) {
    const [x, y] = [new Uint32Array(2 ** 20), new Uint32Array(2 ** 20)];
    const [first, second] = table.columns;
    if (first?.kind !== 'range' || second?.kind !== 'dense')
      throw new Error('bench: expected the square table');
    for (let i = 0; i < x.length; i++) {
      x[i] = i < ROWS ? i : next() % ROWS;
      y[i] = second.values[x[i] as number] as number;
    }
    const index = { name: 'i', size: 2 ** 20 };
    for (const [name, cells] of [
      [`x${s}`, x],
      [`y${s}`, y],
    ] as const) {
      result.tensors.push({ kind: 'witness', name, shape: [2 ** 20] });
      result.witness.set(name, cells);
    }
    const entry = (tensor: string) => [{ coefficient: 1, views: [view(tensor, 'i')], sums: [] }];
    result.relations.push({
      kind: 'lookup',
      name: `square${s}`,
      indices: [index],
      table: 'square',
      entries: [entry(`x${s}`), entry(`y${s}`)],
    });
  }
  return result;
}

interface Product {
  readonly tensors: Tensor[];
  readonly relation: Relation;
  readonly weights: Int16Array;
  readonly witness: Map<string, RowMajor>;
}

/** y[t, o] = sum_k x[t, k] w[o, k] with 2^24 weights of 14 bits and inputs of 12 bits, modulo p. */
function matrixProduct(kernels: Kernels): Product {
  const next = words(2);
  const weights = Int16Array.from({ length: OUT * IN }, () => (next() % 16_383) - 8191);
  const x = Int16Array.from({ length: TOKENS * IN }, () => (next() % 4095) - 2047);
  const y = new Uint32Array(TOKENS * OUT);
  const [a, b] = [
    { data: x, rows: TOKENS, columns: IN },
    { data: weights, rows: OUT, columns: IN },
  ];
  kernels.gemm(y, a, b, { boundA: 2047, boundB: 8191 });
  const [t, o, k] = [
    { name: 't', size: TOKENS },
    { name: 'o', size: OUT },
    { name: 'k', size: IN },
  ];
  return {
    tensors: [
      { kind: 'static', name: 'w', shape: [OUT, IN] },
      { kind: 'witness', name: 'x', shape: [TOKENS, IN] },
      { kind: 'witness', name: 'y', shape: [TOKENS, OUT] },
    ],
    relation: {
      kind: 'zero',
      name: 'product',
      indices: [t, o],
      terms: [
        { coefficient: -1, views: [view('y', 't', 'o')], sums: [] },
        { coefficient: 1, views: [view('x', 't', 'k'), view('w', 'o', 'k')], sums: [k] },
      ],
    },
    weights,
    witness: new Map<string, RowMajor>([
      ['x', x],
      ['y', y],
    ]),
  };
}

export const ENGINE_CASES: Readonly<Record<string, (kernels: Kernels) => EngineCase>> = {
  'engine-a': () => {
    const { tensors, relations, witness } = pairLookups(1);
    const program = { tensors, tables: [table], virtuals: [], relations };
    return { program, weights: undefined, witness, lookups: 2 ** 20 };
  },
  'engine-b': (kernels) => {
    const { tensors, relation, weights, witness } = matrixProduct(kernels);
    const program = { tensors, tables: [], virtuals: [], relations: [relation] };
    return { program, weights, witness, lookups: 0 };
  },
  'engine-c': (kernels) => {
    const lookups = pairLookups(SOURCES);
    const product = matrixProduct(kernels);
    return {
      program: {
        tensors: [...product.tensors, ...lookups.tensors],
        tables: [table],
        virtuals: [],
        relations: [...lookups.relations, product.relation],
      },
      weights: product.weights,
      witness: new Map([...product.witness, ...lookups.witness]),
      lookups: SOURCES * 2 ** 20,
    };
  },
};
