/** Operators of the way back, each small enough that all witnesses can be searched. */
import type { ActivationNode } from '../../src/ops/activation/shape.ts';
import { attentionBlocks } from '../../src/ops/attention/blocks.ts';
import type { AttentionNode } from '../../src/ops/attention/shape.ts';
import { attentionBack, type Attended } from '../../src/training/backward/attention/eval.ts';
import { attentionBackRelations } from '../../src/training/backward/attention/relations.ts';
import type { AttentionPlaces } from '../../src/training/backward/attention/shape.ts';
import type { LinearNode } from '../../src/ops/linear/shape.ts';
import type { RmsnormNode } from '../../src/ops/rmsnorm/shape.ts';
import { rmsnormBack } from '../../src/training/backward/rmsnorm/eval.ts';
import { rmsnormBackRelations } from '../../src/training/backward/rmsnorm/relations.ts';
import type { NormPlaces } from '../../src/training/backward/rmsnorm/shape.ts';
import type { ProductNode } from '../../src/ops/product/shape.ts';
import { activationBack } from '../../src/training/backward/activation/eval.ts';
import { activationBackRelations } from '../../src/training/backward/activation/relations.ts';
import { slopesOf } from '../../src/training/backward/activation/slope-table.ts';
import { linearBack } from '../../src/training/backward/linear/eval.ts';
import { linearBackRelations } from '../../src/training/backward/linear/relations.ts';
import { productBack } from '../../src/training/backward/product/eval.ts';
import { productBackRelations } from '../../src/training/backward/product/relations.ts';
import type { GradientBits, Values } from '../../src/training/backward/rounding.ts';
import { BITS, FORMAT, type BackOperator, type Run } from './back-case.ts';

const changed = (cells: Int32Array, at: number, by: number): Int32Array =>
  cells.map((x, i) => (i === at ? x + by : x));

const activationValues = (run: Run, x: Int32Array, gradient: Int32Array, table?: string): Values => {
  const node = run.node as ActivationNode;
  const slopes = slopesOf(table === undefined ? node : { ...node, table });
  return activationBack('test', x, gradient, slopes, { width: 4, bits: BITS });
};

function activationCase(table: string): BackOperator {
  return {
    name: `activation ${table}`,
    rows: 1,
    inputs: { x: [-32, 31, -7, 0] },
    gradient: [16383, -16384, -1001, 777],
    build: (g) => g.activation('y', g.input('x', { width: 4, bits: 6 }), table),
    relations: (b, node, gradient) =>
      activationBackRelations(b, node as ActivationNode, gradient, { bits: BITS + 1 }),
    values: (run) => ({
      ...activationBack('test', run.result('x'), run.gradient, slopesOf(run.node as ActivationNode), {
        width: 4,
        bits: BITS + 1,
      }),
    }),
    lies: [
      [
        'the slope of the next key',
        (run) => activationValues(run, changed(run.result('x'), 2, 1), half(run)),
      ],
      ['another gradient', (run) => activationValues(run, run.result('x'), changed(half(run), 1, 1))],
      ['no gradient', (run) => activationValues(run, run.result('x'), new Int32Array(4))],
      ['slopes of another function', (run) => activationValues(run, run.result('x'), half(run), 'relu-6')],
      [
        'the gradient itself',
        (run) => ({ ...activationValues(run, run.result('x'), half(run)), input: half(run) }),
      ],
    ],
  };
}

/** Gradients that have room. */
const half = ({ gradient }: Run): Int32Array => gradient.map((g) => g >> 1);

export const matrixOf = (run: Run, fraction: number) => ({
  data: run.weights['w']!,
  outputs: 2,
  inputs: 3,
  fraction,
});

export const LINEAR: BackOperator = {
  name: 'linear',
  rows: 2,
  inputs: { x: [5, -7, 100, 0, 1, -128] },
  weights: { w: Int16Array.from([1000, -2000, 77, 4095, -4096, 3]) },
  gradient: [1000, -300, 7, 8191],
  build: (g) => g.linear('y', g.input('x', { width: 3, bits: 8 }), g.weight('w', [2, 3], { bits: 13 })),
  relations: (b, node, gradient) => linearBackRelations(b, node as LinearNode, gradient, 12, FORMAT),
  values: (run) => linearBack('test', matrixOf(run, 12), run.gradient, FORMAT),
  lies: [
    ['another shift', (run) => linearBack('test', matrixOf(run, 13), run.gradient, FORMAT)],
    ['another gradient', (run) => linearBack('test', matrixOf(run, 12), changed(run.gradient, 0, 9), FORMAT)],
    [
      'another weight',
      (run) =>
        linearBack(
          'test',
          { ...matrixOf(run, 12), data: [1010, -2000, 77, 4095, -4096, 3] },
          run.gradient,
          FORMAT,
        ),
    ],
    ['rounded down', (run) => floored(run)],
    [
      'the rows exchanged',
      (run) =>
        linearBack(
          'test',
          matrixOf(run, 12),
          run.gradient.map((_, i, g) => g[(i + 2) % 4]!),
          FORMAT,
        ),
    ],
    ['none', (run) => linearBack('test', matrixOf(run, 12), new Int32Array(4), FORMAT)],
  ],
};

/** Without the half: down instead of to the nearest. */
function floored(run: Run): Values {
  const { data, outputs, inputs } = matrixOf(run, 12);
  const input = new Int32Array(2 * inputs).map((_, i) => {
    const [t, k] = [Math.floor(i / inputs), i % inputs];
    let sum = 0;
    for (let o = 0; o < outputs; o++) sum += run.gradient[t * outputs + o]! * data[o * inputs + k]!;
    return sum >> 12;
  });
  return { input };
}

const productOf = (run: Run, places: { left: number; right: number }, gradient = run.gradient): Values =>
  productBack('test', { left: run.result('a'), right: run.result('b') }, gradient, places, {
    width: 3,
    bits: BITS,
  });
const PLACES = { left: 5, right: 7 };

const PRODUCT: BackOperator = {
  name: 'product',
  rows: 1,
  inputs: { a: [5, -7, 31], b: [100, 1, -128] },
  gradient: [1000, -300, 7],
  build: (g) => g.product('y', g.input('a', { width: 3, bits: 6 }), g.input('b', { width: 3, bits: 8 })),
  relations: (b, node, gradient) =>
    void productBackRelations(b, node as ProductNode, gradient, PLACES, FORMAT),
  values: (run) => productOf(run, PLACES),
  lies: [
    ['other places', (run) => productOf(run, { left: 6, right: 7 })],
    ['another gradient', (run) => productOf(run, PLACES, changed(run.gradient, 1, 40))],
    [
      'the factors exchanged',
      (run) => ({ left: productOf(run, PLACES)['right']!, right: productOf(run, PLACES)['left']! }),
    ],
    ['none', (run) => productOf(run, PLACES, new Int32Array(3))],
  ],
};

export const NORM_PLACES = { input: 8, result: 11 };

/** Places with which a root below 2^14 is a slope of zero. */
export const FLAT = { input: 0, result: 13 };

export const normOf = (
  run: Run,
  change: Partial<{
    result: Int32Array;
    root: Int32Array;
    gradient: Int32Array;
    places: NormPlaces;
    format: GradientBits;
  }> = {},
): Values => {
  const {
    result = run.result('y'),
    root = run.auxiliary('root'),
    gradient = run.gradient,
    places = NORM_PLACES,
    format = FORMAT,
  } = change;
  return rmsnormBack('test', { width: 3, result, root }, gradient, places, format);
};

export const NORM: BackOperator = {
  name: 'rmsnorm',
  rows: 2,
  inputs: { x: [3000, -20000, 700, 12345, 1, -9999] },
  gradient: [1000, -3000, 7, 8191, -2, 4000],
  build: (g) => g.rmsnorm('y', g.input('x', { width: 3, bits: 16 }), { bits: 16, epsilon: 100 }),
  relations: (b, node, gradient) =>
    void rmsnormBackRelations(b, node as RmsnormNode, gradient, NORM_PLACES, FORMAT),
  values: (run) => normOf(run),
  // A row of zeros, a row with a slope of zero, and a row with a gradient of zero.
  bare: {
    rows: 3,
    inputs: { x: [0, 0, 0, 30000, -30000, 20000, 700, -9999, 5] },
    gradient: [1000, -3000, 7, 800, 20, -400, 0, 0, 0],
    relations: (b, node, gradient) =>
      void rmsnormBackRelations(b, node as RmsnormNode, gradient, FLAT, FORMAT),
    values: (run) => normOf(run, { places: FLAT }),
  },
  lies: [
    ['other places', (run) => normOf(run, { places: { input: 7, result: 11 } })],
    ['another gradient', (run) => normOf(run, { gradient: changed(run.gradient, 1, 64) })],
    ['another root', (run) => normOf(run, { root: changed(run.auxiliary('root'), 0, 300) })],
    ['the roots exchanged', (run) => normOf(run, { root: run.auxiliary('root').slice().reverse() })],
    ['the row itself, not its norm', (run) => normOf(run, { result: run.result('x') })],
    ['nothing taken along the row', (run) => ({ ...normOf(run), ...straight(run) })],
    ['none', (run) => normOf(run, { gradient: new Int32Array(6) })],
  ],
};

/** As if a norm were a factor alone. */
function straight(run: Run): Values {
  const across = run.gradient;
  const { slope, along } = normOf(run);
  const input = across.map((u, i) => (u * slope![Math.floor(i / 3)]! + 2 ** 11) >> 12);
  return { along: along!.map(() => 0), across, input };
}

export const ATTENTION_PLACES = { query: 5, key: 6, value: 14 };

export const attentionOf = (
  run: Run,
  change: Partial<Attended> = {},
  gradient = run.gradient,
  places: AttentionPlaces = ATTENTION_PLACES,
  format: GradientBits = FORMAT,
): Values => {
  const node = run.node as AttentionNode;
  const firstVisible = [...run.auxiliary('firstVisible')];
  const blocks = attentionBlocks(firstVisible);
  const own: Attended = {
    query: run.result(node.query),
    key: run.result(node.key),
    value: run.result(node.value),
    result: run.result(node.name),
    sum: run.auxiliary('sum'),
    blocks,
    numerators: blocks.map((_, b) => run.committed(`${node.name}:numerator-${b}`)),
    firstVisible,
    ...change,
  };
  return attentionBack('test', node, own, gradient, places, format);
};

/** The greatest quotient that a division modulo p has. */
const wrapped = (sum: Int32Array, whole: number): number[] =>
  Array.from(sum, (s) => Math.floor((whole + 2130706433) / s));

export const ATTENTION: BackOperator = {
  name: 'attention',
  rows: 3,
  starts: [0, 2],
  inputs: { q: [50, -60, 20, 100, -3, 9], k: [70, -30, 5], v: [3000, -8000, 900] },
  gradient: [1000, -3000, 7, 4095, -2, 900],
  build: (g) =>
    g.attention(
      'y',
      {
        query: g.input('q', { width: 2, bits: 8 }),
        key: g.input('k', { width: 1, bits: 8 }),
        value: g.input('v', { width: 1, bits: 14 }),
      },
      { heads: 2, kvHeads: 1, headDim: 1, shift: 4 },
    ),
  relations: (b, node, gradient) =>
    void attentionBackRelations(b, node as AttentionNode, gradient, ATTENTION_PLACES, FORMAT),
  values: (run) => attentionOf(run),
  // Scores of zero: the first row of a sequence has the sum 2^14. Rows without a gradient.
  bare: {
    inputs: { q: [0, 0, 0, 0, 0, 0], k: [0, 0, 0], v: [3000, -8000, 900] },
    gradient: [0, 0, 300, -200, 0, 0],
    guesses: (run) => ({
      reciprocal: wrapped(run.auxiliary('sum'), 2 ** 28),
      'octave-reciprocal': wrapped(run.auxiliary('sum'), 186065279),
    }),
  },
  lies: [
    ['other values', (run) => attentionOf(run, { value: run.result('v').map((x) => -x) })],
    ['other keys', (run) => attentionOf(run, { key: changed(run.result('k'), 0, 20) })],
    ['queries of another row', (run) => attentionOf(run, { query: run.result('q').slice().reverse() })],
    ['another gradient', (run) => attentionOf(run, {}, changed(run.gradient, 1, 64))],
    ['another sum', (run) => attentionOf(run, { sum: changed(run.auxiliary('sum'), 3, 90) })],
    ['a row that sees the next sequence', (run) => attentionOf(run, { firstVisible: [0, 0, 1] })],
    [
      'weights as if fixed',
      (run) => ({ ...attentionOf(run), query: new Int32Array(6), key: new Int32Array(3) }),
    ],
    ['no mean taken away', (run) => attentionOf(run, { result: new Int32Array(6) })],
    ['other places', (run) => attentionOf(run, {}, run.gradient, { query: 4, key: 6, value: 14 })],
  ],
};

export const CASES: readonly BackOperator[] = [
  activationCase('silu-6-r2'),
  activationCase('gelu-tanh-6-r3'),
  activationCase('relu-6'),
  LINEAR,
  PRODUCT,
  NORM,
  ATTENTION,
];
