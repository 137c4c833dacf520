/** Programs for tests: one for every kind of relation and view, with witnesses that satisfy them. */
import type { Program, Virtual } from '../../src/relation/program.ts';
import { at, fixed, range, term, view, type ProgramCase } from './programs.ts';
import { generator } from './words.ts';

export interface NamedCase {
  readonly name: string;
  make(): ProgramCase;
}

const next = generator(99);
const ints = (count: number, bound: number): Int16Array =>
  Int16Array.from({ length: count }, () => (next() % (2 * bound + 1)) - bound);

/** y = floor((x W + 2^(s-1)) / 2^s), digits and remainder looked up. */
function linear(T: number, K: number, O: number): ProgramCase {
  const s = 6;
  const x = ints(T * K, 127);
  const w = ints(O * K, 127);
  const y = new Int32Array(T * O);
  for (let t = 0; t < T; t++) {
    for (let o = 0; o < O; o++) {
      let sum = 2 ** (s - 1);
      for (let k = 0; k < K; k++) sum += x[t * K + k]! * w[o * K + k]!;
      y[t * O + o] = Math.floor(sum / 2 ** s);
    }
  }
  const [t, o, k] = [
    { name: 't', size: T },
    { name: 'o', size: O },
    { name: 'k', size: K },
  ];
  const acc: Virtual = {
    name: 'acc',
    indices: [t, o],
    terms: [term(1, [view('x', 't', 'k'), view('w', 'o', 'k')], [k]), term(2 ** (s - 1))],
    range: 'residue',
  };
  const program: Program = {
    tensors: [
      { kind: 'static', name: 'w', shape: [O, K] },
      { kind: 'witness', name: 'x', shape: [T, K], range: { min: -128, max: 127 } },
      { kind: 'witness', name: 'y', shape: [T, O], range: { min: -(2 ** 14), max: 2 ** 14 - 1 } },
    ],
    tables: [range('byte', 256), range('rest', 2 ** s), range('wide', 2 ** 15)],
    virtuals: [acc],
    relations: [
      {
        kind: 'lookup',
        name: 'x',
        indices: [t, k],
        table: 'byte',
        entries: [[term(1, [view('x', 't', 'k')]), term(128)]],
      },
      {
        kind: 'lookup',
        name: 'y',
        indices: [t, o],
        table: 'wide',
        entries: [[term(1, [view('y', 't', 'o')]), term(2 ** 14)]],
      },
      {
        kind: 'lookup',
        name: 'r',
        indices: [t, o],
        table: 'rest',
        entries: [[term(1, [view('acc', 't', 'o')]), term(-(2 ** s), [view('y', 't', 'o')])]],
      },
    ],
  };
  return {
    program,
    statics: new Map([['w', w]]),
    witness: {
      tensors: new Map<string, Int16Array | Int32Array>([
        ['x', x],
        ['y', y],
      ]),
    },
  };
}

/** One zero relation a view: products, gathers, slices, merged dimensions, windows, masks, sums. */
function views(): ProgramCase {
  const [T, H, C, V] = [6, 3, 4, 10];
  const e = ints(V * H * C, 50);
  const ids = [3, 9, 0, 3, 7, 1];
  const x = new Int32Array(T * H * C);
  const bias = Array.from({ length: H * C }, (_, i) => i - 5);
  for (let t = 0; t < T; t++) {
    for (let j = 0; j < H * C; j++) x[t * H * C + j] = e[ids[t]! * H * C + j]! + bias[j]!;
  }
  const at3 = (t: number, h: number, c: number): number => x[(t * H + h) * C + c]!;
  const from = [0, 0, 0, 2, 2, 2];
  const to = [1, 2, 3, 4, 5, 6];
  const z = new Int32Array(H * T * T);
  const square = new Int32Array(T * H * C);
  const sums = new Int32Array(T);
  const window = new Int32Array(4 * H * C);
  const k = Int32Array.from({ length: T }, (_, i) => 2 * i + 1);
  for (let h = 0; h < H; h++) {
    for (let i = 0; i < T; i++) {
      for (let j = from[i]!; j < to[i]!; j++) {
        let sum = 5 * k[i]!;
        for (let c = 0; c < C; c++) sum -= at3(i, h, c) * at3(j, h, c);
        z[(h * T + i) * T + j] = sum;
      }
    }
  }
  for (let i = 0; i < square.length; i++) square[i] = x[i]! * x[i]!;
  for (let t = 0; t < T; t++) for (let j = 0; j < H * C; j++) sums[t] = sums[t]! + x[t * H * C + j]! * k[t]!;
  for (let t = 0; t < 4; t++) {
    for (let j = 0; j < H * C; j++)
      for (let d = 0; d < 3; d++) window[t * H * C + j] = window[t * H * C + j]! + x[(t + d) * H * C + j]!;
  }
  const last = Int32Array.from(x.subarray((T - 1) * H * C));
  const I = {
    t: { name: 't', size: T },
    h: { name: 'h', size: H },
    c: { name: 'c', size: C },
    j: { name: 'j', size: H * C },
  };
  const [i, q] = [
    { name: 'i', size: T },
    { name: 'q', size: T },
  ];
  const [d, w4] = [
    { name: 'd', size: 3 },
    { name: 'w', size: 4 },
  ];
  const merged = {
    kind: 'affine',
    parts: [
      { index: 'h', stride: C },
      { index: 'c', stride: 1 },
    ],
    offset: 0,
  } as const;
  const slid = {
    kind: 'affine',
    parts: [
      { index: 'w', stride: 1 },
      { index: 'd', stride: 1 },
    ],
    offset: 0,
  } as const;
  const program: Program = {
    tensors: [
      { kind: 'static', name: 'e', shape: [V, H * C] },
      { kind: 'public', name: 'bias', shape: [H * C], values: bias },
      { kind: 'witness', name: 'x', shape: [T, H * C] },
      { kind: 'witness', name: 'z', shape: [H, T, T] },
      { kind: 'witness', name: 'square', shape: [T, H * C] },
      { kind: 'witness', name: 'k', shape: [T] },
      { kind: 'witness', name: 'sums', shape: [T] },
      { kind: 'witness', name: 'window', shape: [4, H * C] },
      { kind: 'public', name: 'last', shape: [H * C], values: last },
    ],
    tables: [],
    virtuals: [],
    relations: [
      {
        kind: 'zero',
        name: 'embed',
        indices: [I.t, I.j],
        terms: [
          term(1, [view('x', 't', 'j')]),
          term(-1, [view('e', { kind: 'gather', index: 't', positions: ids }, 'j')]),
          term(-1, [view('bias', 'j')]),
        ],
      },
      // Before what reads k: it makes some of its cells.
      {
        kind: 'zero',
        name: 'slice',
        indices: [{ name: 's', size: 3 }],
        terms: [
          term(1, [view('k', at('s', 1, 2))]),
          term(-2, [view('sums', 's')]),
          term(2, [view('sums', 's')]),
          term(-2, [view('index', 's')]),
          term(-5),
        ],
      },
      {
        kind: 'zero',
        name: 'scores',
        indices: [I.h, i, q],
        terms: [
          term(1, [view('z', 'h', 'i', 'q')]),
          { ...term(-5, [view('k', 'i')]), mask: { row: 'i', column: 'q', from, to } },
          {
            ...term(1, [view('x', 'i', merged), view('x', 'q', merged)], [I.c]),
            mask: { row: 'i', column: 'q', from, to },
          },
        ],
      },
      {
        kind: 'zero',
        name: 'square',
        indices: [I.t, I.j],
        terms: [term(-1, [view('square', 't', 'j')]), term(1, [view('x', 't', 'j'), view('x', 't', 'j')])],
      },
      {
        kind: 'zero',
        name: 'sums',
        indices: [I.t],
        terms: [term(1, [view('sums', 't')]), term(-1, [view('x', 't', 'j'), view('k', 't')], [I.j])],
      },
      {
        kind: 'zero',
        name: 'window',
        indices: [w4, I.j],
        terms: [term(1, [view('window', 'w', 'j')]), term(-1, [view('x', slid, 'j')], [d])],
      },
      {
        kind: 'zero',
        name: 'last',
        indices: [I.j],
        terms: [term(1, [view('x', fixed(T - 1), 'j')]), term(-1, [view('last', 'j')])],
      },
    ],
  };
  const index = { kind: 'public', name: 'index', shape: [3], values: [0, 1, 2] } as const;
  return {
    program: { ...program, tensors: [...program.tensors, index] },
    statics: new Map([['e', e]]),
    witness: {
      tensors: new Map([
        ['x', x],
        ['z', z],
        ['square', square],
        ['k', k],
        ['sums', sums],
        ['window', window],
      ]),
    },
  };
}

export function allCases(): NamedCase[] {
  return [
    { name: 'a linear layer, powers of two', make: () => linear(4, 16, 8) },
    { name: 'a linear layer of odd sizes', make: () => linear(5, 13, 7) },
    { name: 'every view', make: views },
  ];
}
