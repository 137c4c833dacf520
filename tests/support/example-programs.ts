/** Small programs that use everything there is. */
import type {
  Coordinate,
  Index,
  Program,
  Range,
  Relation,
  Table,
  Tensor,
  Term,
  View,
} from '../../src/relation/program.ts';

/** A coordinate that is an index, or an integer. */
export function coord(at: string | number): Coordinate {
  return typeof at === 'number'
    ? { kind: 'affine', parts: [], offset: at }
    : { kind: 'affine', parts: [{ index: at, stride: 1 }], offset: 0 };
}

/** A tensor at indices and integers. */
export function read(tensor: string, ...at: (string | number | Coordinate)[]): View {
  return { tensor, coordinates: at.map((one) => (typeof one === 'object' ? one : coord(one))) };
}

export function times(
  coefficient: number,
  views: readonly View[] = [],
  rest: Partial<Pick<Term, 'sums' | 'mask'>> = {},
): Term {
  return { coefficient, views, sums: [], ...rest };
}

/** first, first + 1, .. */
export const rangeTable = (name: string, rows: number, first = 0): Table => ({
  name,
  rows,
  columns: [{ kind: 'range', first }],
});
export const witnessTensor = (name: string, shape: readonly number[], of?: Range): Tensor =>
  of === undefined ? { kind: 'witness', name, shape } : { kind: 'witness', name, shape, range: of };
export const lookupOf = (
  name: string,
  indices: readonly Index[],
  table: string,
  ...entries: Term[][]
): Relation => ({
  kind: 'lookup',
  name,
  indices,
  table,
  entries,
});

const t: Index = { name: 't', size: 3 };
const n: Index = { name: 'n', size: 5 };
const k: Index = { name: 'k', size: 4 };

/**
 * y = round((W E[ids] + b) / 2^4) with 8-bit digits, row sums under a causal mask, a zero relation with a merged dimension, a
 * gather, a slice and a public tensor: every form of tensor, coordinate, term, table and relation.
 */
export function exampleProgram(): Program {
  const gather: Coordinate = { kind: 'gather', index: 't', positions: [2, 0, 2] };
  const merged: Coordinate = {
    kind: 'affine',
    parts: [
      { index: 'h', stride: 2 },
      { index: 'c', stride: 1 },
    ],
    offset: 0,
  };
  const behind: Coordinate = { kind: 'affine', parts: [{ index: 'i', stride: 1 }], offset: 1 };
  const causal = { row: 't', column: 's', from: [0, 0, 1], to: [1, 2, 3] };
  return {
    tensors: [
      { kind: 'static', name: 'W', shape: [5, 4] },
      { kind: 'static', name: 'b', shape: [5], group: 1 },
      { kind: 'witness', name: 'x', shape: [3, 4], range: { min: -8, max: 7 } },
      { kind: 'witness', name: 'y', shape: [3, 5], range: { min: -128, max: 127 } },
      { kind: 'witness', name: 'z', shape: [3, 5] },
      { kind: 'public', name: 'scale', shape: [2, 2], values: [1, -3, 0, 2] },
    ],
    tables: [
      { name: 'rem4', rows: 16, columns: [{ kind: 'range', first: 0 }] },
      {
        name: 'square',
        rows: 3,
        columns: [
          { kind: 'range', first: 1 },
          { kind: 'dense', values: Uint32Array.from([1, 4, 9]) },
        ],
      },
      { name: 'nibble', rows: 16, columns: [{ kind: 'range', first: 0 }] },
      { name: 'byte', rows: 256, columns: [{ kind: 'range', first: 0 }] },
    ],
    virtuals: [
      {
        name: 'acc',
        indices: [t, n],
        range: 'residue',
        terms: [
          times(1, [read('W', 'n', 'k'), read('x', gather, 'k')], { sums: [k] }),
          times(1, [read('b', 'n')]),
          times(8),
        ],
      },
      {
        name: 'total',
        indices: [t],
        range: 'proven',
        terms: [times(1, [read('x', 's', 1)], { sums: [{ name: 's', size: 3 }], mask: causal })],
      },
    ],
    relations: [
      {
        kind: 'lookup',
        name: 'y/remainder',
        indices: [t, n],
        table: 'rem4',
        entries: [[times(1, [read('acc', 't', 'n')]), times(-16, [read('y', 't', 'n')])]],
      },
      {
        kind: 'lookup',
        name: 'y/range',
        indices: [t, n],
        table: 'byte',
        entries: [[times(1, [read('y', 't', 'n')]), times(128)]],
      },
      {
        kind: 'lookup',
        name: 'x/range',
        indices: [t, k],
        table: 'nibble',
        entries: [[times(8), times(1, [read('x', 't', 'k')])]],
      },
      {
        kind: 'lookup',
        name: 'squares',
        indices: [{ name: 'i', size: 2 }],
        table: 'square',
        entries: [[times(1, [read('z', 0, behind)])], [times(1, [read('z', 1, behind)])]],
      },
      {
        kind: 'zero',
        name: 'merged',
        indices: [{ name: 'h', size: 2 }],
        terms: [
          times(3, [read('x', 2, merged), read('scale', 'h', 'c')], { sums: [{ name: 'c', size: 2 }] }),
          times(-1, [read('z', 2, { kind: 'affine', parts: [{ index: 'h', stride: 1 }], offset: 3 })]),
        ],
      },
      {
        kind: 'zero',
        name: 'total',
        indices: [t],
        terms: [times(1, [read('total', 't')]), times(-1, [read('z', 't', 0)])],
      },
    ],
  };
}

/** Values that satisfy the example. */
export function exampleWitness(): Map<string, number[]> {
  const W = Array.from({ length: 20 }, (_, i) => ((i * 37) % 41) - 20);
  const b = [100, -7, 0, 63, -200];
  const x = [1, -8, 7, 0, 3, 2, -1, 5, -4, 6, 0, 7];
  const y: number[] = [];
  for (const row of [2, 0, 2]) {
    for (let n = 0; n < 5; n++) {
      let sum = (b[n] as number) + 8;
      for (let k = 0; k < 4; k++) sum += (W[4 * n + k] as number) * (x[4 * row + k] as number);
      y.push(Math.floor(sum / 16));
    }
  }
  const [first, second, third] = [x[1], x[5], x[9]] as [number, number, number];
  // scale: [[1, -3], [0, 2]]; the merged view reads x[2, 2 h + c].
  const merged = [3 * (1 * (x[8] as number) - 3 * (x[9] as number)), 3 * (2 * (x[11] as number))] as const;
  const z = new Array<number>(15).fill(0);
  z[0] = first;
  z[5] = first + second;
  z[10] = second + third;
  z[13] = merged[0];
  z[14] = merged[1];
  [z[1], z[2], z[6], z[7]] = [3, 1, 9, 1];
  return new Map([
    ['W', W],
    ['b', b],
    ['x', x],
    ['y', y],
    ['z', z],
  ]);
}
