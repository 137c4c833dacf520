/** Bad graphs, weights and rows are refused by name: one code for each kind of check, the node in the stage. */
import { describe, expect, test } from 'vitest';
import { ProofError } from '../../src/errors/proof-error.ts';
import {
  checkGraph,
  execute,
  graphBuilder,
  integerSession,
  type Graph,
  type GraphBuilder,
  type GraphNode,
  type TensorHandle,
  type WeightData,
} from '../../src/graph/index.ts';
import { refusal } from '../support/refusal.ts';
import { complete } from '../support/graphs.ts';
import { tinyGpt, tinyLlama } from '../support/tiny-models.ts';

const { graph, weights } = tinyLlama({ seed: 1 });

/** The graph with one part replaced, as plain data. */
function changed(change: (copy: any) => unknown): Graph {
  const copy = structuredClone(graph) as any;
  change(copy);
  return copy as Graph;
}
const node = (copy: any, name: string): any => copy.nodes.find((n: GraphNode) => n.name === name);

/** Refused with this code, at this stage. */
function expectRefused(bad: Graph, code: string, stage: RegExp): void {
  try {
    checkGraph(bad);
  } catch (error) {
    expect(error).toBeInstanceOf(ProofError);
    expect(`${(error as ProofError).code} at ${(error as ProofError).stage}`).toMatch(
      new RegExp(`^${code} at `),
    );
    expect((error as ProofError).stage).toMatch(stage);
    return;
  }
  throw new Error(`accepted; expected ${code}`);
}

type Liar = readonly [string, string, RegExp, (copy: any) => unknown];

describe('form', () => {
  const liars: readonly Liar[] = [
    ['another format', 'GRAPH_FORMAT', /format/, (g) => (g.format = 'zkdl-graph-2')],
    ['a missing key', 'GRAPH_FORMAT', /^graph$/, (g) => delete g.output],
    ['an unknown key', 'GRAPH_FORMAT', /^graph$/, (g) => (g.extra = 1)],
    ['an unknown key of a node', 'GRAPH_FORMAT', /nodes\/0/, (g) => (g.nodes[0].shift = 1)],
    ['a missing key of a node', 'GRAPH_FORMAT', /nodes\/1/, (g) => delete g.nodes[1].bits],
    [
      'an undefined value',
      'GRAPH_FORMAT',
      /nodes\/\d+\/window/,
      (g) => (node(g, 'l0.attn').window = undefined),
    ],
    ['an unknown operator', 'GRAPH_FORMAT', /nodes\/1/, (g) => (g.nodes[1].op = 'layernorm')],
    ['an operator of the prototype', 'GRAPH_FORMAT', /nodes\/1/, (g) => (g.nodes[1].op = 'constructor')],
    ['a fraction', 'GRAPH_FORMAT', /bits/, (g) => (node(g, 'l0.q').bits = 11.5)],
    ['minus zero', 'GRAPH_FORMAT', /guard/, (g) => (node(g, 'l0.q').guard = -0)],
    ['an unsafe integer', 'GRAPH_FORMAT', /epsilon/, (g) => (node(g, 'norm').epsilon = 2 ** 53)],
    ['a number as text', 'GRAPH_FORMAT', /shift/, (g) => (node(g, 'l0.q').shift = '15')],
    ['another level', 'GRAPH_FORMAT', /level/, (g) => (node(g, 'logits').level = 'assumed')],
    ['a name with a space', 'GRAPH_FORMAT', /name/, (g) => (g.nodes[0].name = 'h 0')],
    ['a name that is not ASCII', 'GRAPH_FORMAT', /name/, (g) => (g.nodes[0].name = 'hé')],
    [
      'a digest in capitals',
      'GRAPH_FORMAT',
      /digest/,
      (g) => (g.tables[0].digest = g.tables[0].digest.toUpperCase()),
    ],
    ['a list instead of an object', 'GRAPH_FORMAT', /weights\/0/, (g) => (g.weights[0] = [])],
    ['an object instead of a list', 'GRAPH_FORMAT', /nodes/, (g) => (g.nodes = { 0: g.nodes[0] })],
    ['too many nodes', 'GRAPH_FORMAT', /nodes/, (g) => (g.nodes = new Array(2 ** 17 + 1).fill(g.nodes[0]))],
    ['a bad certificate', 'GRAPH_FORMAT', /certificate/, (g) => (g.weights[0].certificate = { rowMax: 3 })],
  ];
  test.each(liars)('%s', (_name, code, stage, change) => expectRefused(changed(change), code, stage));
});

describe('names', () => {
  const liars: readonly Liar[] = [
    ['a node that reads a later one', 'GRAPH_NAME', /l0\.h1/, (g) => (node(g, 'l0.h1').right = 'l1.o')],
    ['a node that reads itself', 'GRAPH_NAME', /l0\.h1/, (g) => (node(g, 'l0.h1').right = 'l0.h1')],
    ['a node that reads a weight', 'GRAPH_NAME', /l0\.h1/, (g) => (node(g, 'l0.h1').right = 'E')],
    ['two nodes of one name', 'GRAPH_NAME', /graph\/h/, (g) => (node(g, 'l0.norm1').name = 'h')],
    ['two weights of one name', 'GRAPH_NAME', /graph\/E/, (g) => g.weights.push(g.weights[0])],
    ['an undeclared weight', 'GRAPH_NAME', /graph\/E/, (g) => g.weights.shift()],
    ['an output that does not exist', 'GRAPH_NAME', /output/, (g) => (g.output = 'logit')],
    ['no nodes', 'GRAPH_UNUSED', /graph/, (g) => (g.nodes = [])],
    [
      'an unused weight',
      'GRAPH_UNUSED',
      /graph\/more/,
      (g) => g.weights.push({ name: 'more', shape: [1], bits: 8 }),
    ],
  ];
  test.each(liars)('%s', (_name, code, stage, change) => expectRefused(changed(change), code, stage));
});

describe('soundness', () => {
  const liars: readonly Liar[] = [
    ['quotient and remainder of 31 bits', 'GRAPH_SHIFT', /l0\.q/, (g) => (node(g, 'l0.q').guard += 1)],
    [
      'a shift of 23',
      'GRAPH_SHIFT',
      /l0\.q/,
      (g) => Object.assign(node(g, 'l0.q'), { shift: 23, bits: 5, guard: 0 }),
    ],
    ['a shift of 0', 'GRAPH_SHIFT', /l0\.q/, (g) => (node(g, 'l0.q').shift = 0)],
    ['a width of 1 bit', 'GRAPH_SHIFT', /l0\.q/, (g) => (node(g, 'l0.q').bits = 1)],
    ['a negative guard', 'GRAPH_SHIFT', /l0\.q/, (g) => (node(g, 'l0.q').guard = -1)],
    [
      'quotients wider than a table',
      'GRAPH_SHIFT',
      /l0\.q/,
      (g) => Object.assign(node(g, 'l0.q'), { shift: 1, guard: 9 }),
    ],
    ['a rotation whose rounding has 31 bits', 'GRAPH_SHIFT', /l0\.qr/, (g) => (node(g, 'l0.qr').guard = 5)],
    ['a context of 16,385', 'GRAPH_CONTEXT', /context/, (g) => (g.context = 16385)],
    ['a context of 0', 'GRAPH_CONTEXT', /context/, (g) => (g.context = 0)],
    ['an attention shift of 11', 'GRAPH_DIGITS', /l0\.attn/, (g) => (node(g, 'l0.attn').shift = 11)],
    ['an attention shift of 0', 'GRAPH_DIGITS', /l0\.attn/, (g) => (node(g, 'l0.attn').shift = 0)],
    [
      'values of 16 bits',
      'GRAPH_RANGE',
      /l0\.attn/,
      (g) => Object.assign(node(g, 'l0.v'), { bits: 16, guard: 1 }),
    ],
    [
      'queries and keys of 15 bits',
      'GRAPH_RANGE',
      /l0\.attn/,
      (g) => {
        for (const name of ['l0.qr', 'l0.kr']) Object.assign(node(g, name), { bits: 15, guard: 1 });
        for (const name of ['l0.q', 'l0.k']) Object.assign(node(g, name), { shift: 10, bits: 15, guard: 1 });
      },
    ],
    ['a norm without epsilon', 'GRAPH_RANGE', /l0\.norm1/, (g) => (node(g, 'l0.norm1').epsilon = 0)],
    ['a norm of 18-bit inputs', 'GRAPH_RANGE', /l0\.norm1/, (g) => (node(g, 'l0.norm1').bits = 18)],
    [
      'a norm whose squares leave 2^52',
      'GRAPH_RANGE',
      /l0\.norm1/,
      (g) => (node(g, 'l0.norm1').epsilon = 2 ** 52),
    ],
    [
      'a product of residues',
      'GRAPH_RANGE',
      /l0\.gated\.acc/,
      (g) => (node(g, 'l0.gated.acc').right = 'l0.up.acc'),
    ],
    [
      'a linear layer of residues',
      'GRAPH_RANGE',
      /l0\.o\.acc/,
      (g) => (node(g, 'l0.o.acc').input = 'l0.q.acc'),
    ],
    [
      'a mean of residues',
      'GRAPH_RANGE',
      /x/,
      (g) => g.nodes.push({ name: 'x', op: 'centre', input: 'l0.q.acc' }),
    ],
    ['a rotation of residues', 'GRAPH_RANGE', /l0\.qr/, (g) => (node(g, 'l0.qr').input = 'l0.q.acc')],
    [
      'a range claimed without certificate',
      'GRAPH_LEVEL',
      /l0\.q\.acc/,
      (g) => (node(g, 'l0.q.acc').level = 'proven'),
    ],
    [
      'an embedding claimed without certificate',
      'GRAPH_LEVEL',
      /graph\/h/,
      (g) => (node(g, 'h').level = 'proven'),
    ],
    ['matrix entries of 17 bits', 'GRAPH_RANGE', /graph\/E/, (g) => (g.weights[0].bits = 17)],
    [
      'a certificate beyond the field',
      'GRAPH_RANGE',
      /graph\/E/,
      (g) => (g.weights[0].certificate = { rowSum: 2 ** 30 }),
    ],
    [
      'a negative certificate of sums',
      'GRAPH_RANGE',
      /graph\/E/,
      (g) => (g.weights[0].certificate = { rowSum: -1 }),
    ],
    [
      'a negative certificate of squares',
      'GRAPH_RANGE',
      /graph\/E/,
      (g) => (g.weights[0].certificate = { rowSquares: -1 }),
    ],
    ['noise beyond 2^24 steps', 'GRAPH_RANGE', /choice/, (g) => (node(g, 'choice').unit = 2 ** 24 + 1)],
  ];
  test.each(liars)('%s', (_name, code, stage, change) => expectRefused(changed(change), code, stage));
});

describe('shapes', () => {
  const liars: readonly Liar[] = [
    [
      'a weight of other columns',
      'GRAPH_SHAPE',
      /l0\.q\.acc/,
      (g) => (g.weights.find((w: any) => w.name === 'l0.q.w').shape = [16, 17]),
    ],
    ['a weight of three dimensions', 'GRAPH_SHAPE', /graph\/E/, (g) => (g.weights[0].shape = [2, 2, 2])],
    ['a weight of no rows', 'GRAPH_SHAPE', /graph\/E/, (g) => (g.weights[0].shape = [0, 16])],
    ['an embedding wider than its table', 'GRAPH_SHAPE', /graph\/h/, (g) => (node(g, 'h').width = 17)],
    [
      'a sum of tokens and emitted rows',
      'GRAPH_SHAPE',
      /x/,
      (g) => g.nodes.push({ name: 'x', op: 'add', left: 'last', right: 'h' }),
    ],
    ['a second emit', 'GRAPH_SHAPE', /x/, (g) => g.nodes.push({ name: 'x', op: 'emit', input: 'last' })],
    ['heads that keys do not divide', 'GRAPH_SHAPE', /l0\.attn/, (g) => (node(g, 'l0.attn').kvHeads = 3)],
    ['no heads', 'GRAPH_SHAPE', /l0\.attn/, (g) => (node(g, 'l0.attn').heads = 0)],
    ['a window beyond the context', 'GRAPH_SHAPE', /l0\.attn/, (g) => (node(g, 'l0.attn').window = 49)],
    ['a window of nothing', 'GRAPH_SHAPE', /l0\.attn/, (g) => (node(g, 'l0.attn').window = 0)],
    [
      'attention over emitted rows',
      'GRAPH_SHAPE',
      /x/,
      (g) =>
        g.nodes.push(
          { name: 'y', op: 'emit', input: 'l0.qr' },
          { ...node(g, 'l0.attn'), name: 'x', query: 'y' },
        ),
    ],
    [
      'a product of unequal widths',
      'GRAPH_SHAPE',
      /l0\.gated\.acc/,
      (g) => (node(g, 'l0.gated.acc').right = 'l0.q'),
    ],
  ];
  test.each(liars)('%s', (_name, code, stage, change) => expectRefused(changed(change), code, stage));

  /** A graph of its own, for shapes that no single change of the model reaches. */
  const build = (make: (g: GraphBuilder) => TensorHandle) => () => {
    const g = graphBuilder({ context: 4 });
    return g.build(make(g));
  };
  const attended = (heads: number, kvHeads: number, headDim: number, query: number, other: number) =>
    build((g) => {
      const of = (name: string, width: number) => g.input(name, { width, bits: 8 });
      const inputs = { query: of('q', query), key: of('k', other), value: of('v', other) };
      return g.attention('y', inputs, { heads, kvHeads, headDim, shift: 3 });
    });
  test('heads whose widths fit but whose numbers do not', () => {
    expect(attended(4, 2, 4, 16, 8)().nodes.length).toBe(4);
    expect(refusal(attended(3, 2, 4, 12, 8))).toBe('GRAPH_SHAPE');
    expect(refusal(attended(-4, -2, -4, 16, 8))).toBe('GRAPH_SHAPE');
    expect(refusal(attended(4, 0, 4, 16, 8))).toBe('GRAPH_SHAPE');
    expect(refusal(attended(4, -2, 4, 16, 8))).toBe('GRAPH_SHAPE');
    expect(refusal(attended(2, 4, 4, 8, 16))).toBe('GRAPH_SHAPE');
  });
  test('inputs and embeddings of no width or of too many bits, rows too wide', () => {
    const input = (width: number, bits: number) => build((g) => g.input('x', { width, bits }));
    expect(input(1, 2)().nodes.length).toBe(1);
    expect(refusal(input(0, 8))).toBe('GRAPH_SHAPE');
    expect(refusal(input(-1, 8))).toBe('GRAPH_SHAPE');
    expect(refusal(input(2 ** 20 + 1, 8))).toBe('GRAPH_SHAPE');
    expect(refusal(input(1, 1))).toBe('GRAPH_RANGE');
    expect(refusal(input(1, 21))).toBe('GRAPH_RANGE');
    const embedded = (width: number) =>
      build((g) => g.embedding('h', g.weight('E', [3, 4], { bits: 8 }), { width }));
    expect(embedded(4)().nodes.length).toBe(1);
    expect(refusal(embedded(0))).toBe('GRAPH_SHAPE');
    expect(refusal(embedded(-2))).toBe('GRAPH_SHAPE');
    const chosen = (vocabulary: number) =>
      build((g) => {
        const x = g.input('x', { width: 1, bits: 8 });
        return g.argmax('y', g.linear('l', x, g.weight('w', [vocabulary, 1], { bits: 8 })));
      });
    expect(chosen(2 ** 20)().nodes.length).toBe(3);
    expect(refusal(chosen(2 ** 20 + 1))).toBe('GRAPH_SHAPE');
    const summed = (width: number) =>
      build((g) => {
        const x = g.concat('c', g.input('x', { width: 2 ** 16, bits: 8 }), g.input('z', { width, bits: 8 }));
        return g.linear('y', x, g.weight('w', [1, 2 ** 16 + width], { bits: 8 }));
      });
    expect(summed(2 ** 16)().nodes.length).toBe(4);
    expect(refusal(summed(2 ** 16 + 1))).toBe('GRAPH_SHAPE');
    const normed = (width: number) =>
      build((g) => g.rmsnorm('y', g.input('x', { width, bits: 8 }), { bits: 16, epsilon: 1 }));
    expect(normed(2 ** 14)().nodes.length).toBe(2);
    expect(refusal(normed(2 ** 14 + 1))).toBe('GRAPH_SHAPE');
  });
  test('biases of another length, rotations of cut heads or of emitted rows, scales out of range', () => {
    const x = (g: GraphBuilder, width = 6) => g.input('x', { width, bits: 8 });
    const biased = (shape: number[]) =>
      build((g) =>
        g.linear('y', x(g), g.weight('w', [3, 6], { bits: 8 }), { bias: g.weight('b', shape, { bits: 8 }) }),
      );
    expect(biased([3])().nodes.length).toBe(2);
    for (const shape of [[2], [4], [3, 1], [1, 3]]) expect(refusal(biased(shape))).toBe('GRAPH_SHAPE');
    const rotated = (of: (g: GraphBuilder) => TensorHandle) =>
      build((g) => g.rope('y', of(g), { table: 'rope-100-4-4', order: 'half', bits: 10, guard: 0 }));
    expect(rotated((g) => x(g, 8))().nodes.length).toBe(2);
    expect(refusal(rotated((g) => x(g, 6)))).toBe('GRAPH_SHAPE');
    expect(refusal(rotated((g) => g.emit('e', x(g, 8))))).toBe('GRAPH_SHAPE');
    const scaled = (power: number) => build((g) => g.scale('y', x(g), power));
    expect(scaled(20)().nodes.length).toBe(2);
    for (const power of [0, -1, 21]) expect(refusal(scaled(power))).toBe('GRAPH_SHIFT');
  });
  test('positions for fewer tokens than the context', () => {
    const gpt = structuredClone(tinyGpt({ seed: 1 }).graph) as any;
    gpt.context = 33;
    expectRefused(gpt, 'GRAPH_SHAPE', /graph\/h/);
  });
});

describe('tables', () => {
  const flip = (hex: string): string => (hex[0] === '0' ? '1' : '0') + hex.slice(1);
  const liars: readonly Liar[] = [
    ['another digest', 'GRAPH_TABLE', /tables/, (g) => (g.tables[1].digest = flip(g.tables[1].digest))],
    ['a table too few', 'GRAPH_TABLE', /tables/, (g) => g.tables.pop()],
    ['a table too many', 'GRAPH_TABLE', /tables/, (g) => g.tables.push({ ...g.tables[0], id: 'silu-12-r4' })],
    ['another order', 'GRAPH_TABLE', /tables/, (g) => g.tables.reverse()],
    ['a table twice', 'GRAPH_TABLE', /tables/, (g) => g.tables.push(g.tables.at(-1))],
    [
      'a table that does not exist',
      'GRAPH_TABLE',
      /l0\.act/,
      (g) => (node(g, 'l0.act').table = 'silu-14-r99'),
    ],
    [
      'an activation by a rotary table',
      'GRAPH_TABLE',
      /l0\.act/,
      (g) => (node(g, 'l0.act').table = 'rope-10000-4-48'),
    ],
    [
      'a rotation by an activation table',
      'GRAPH_TABLE',
      /l0\.qr/,
      (g) => (node(g, 'l0.qr').table = 'silu-14-r4'),
    ],
    [
      'a rotary table shorter than the context',
      'GRAPH_TABLE',
      /l0\.qr/,
      (g) => (node(g, 'l0.qr').table = 'rope-10000-4-47'),
    ],
  ];
  test.each(liars)('%s', (_name, code, stage, change) => expectRefused(changed(change), code, stage));
});

describe('ranges by certificates: the edge of the field', () => {
  const half = 1065353216;
  const build = (use: (g: GraphBuilder, x: TensorHandle) => TensorHandle) => () => {
    const g = graphBuilder({ context: 4 });
    return g.build(use(g, g.input('x', { width: 4, bits: 16 })));
  };
  const certified = (rowSum: number, biasSum: number) =>
    build((g, x) => {
      const w = g.weight('w', [2, 4], { bits: 16, certificate: { rowSum } });
      const bias = g.weight('b', [2], { bits: 31, certificate: { rowSum: biasSum } });
      return g.linear('y', x, w, { bias, level: 'proven' });
    });
  test('row sums: 32,511 x 2^15 and a bias that fills the rest', () => {
    const rest = half - 32511 * 32768;
    expect(checkGraph(certified(32511, rest)()).tensors.get('y')).toMatchObject({
      level: 'proven',
      max: half,
    });
    expect(refusal(certified(32511, rest + 1))).toBe('GRAPH_RANGE');
    expect(refusal(certified(32513, 0))).toBe('GRAPH_RANGE');
  });
  test('embeddings: the bounds of both tables add up', () => {
    const embedded = (rowSum: number) => () => {
      const g = graphBuilder({ context: 4 });
      const table = (name: string, sum: number) =>
        g.weight(name, [4, 4], { bits: 16, certificate: { rowSum: sum } });
      return g.build(
        g.embedding('h', table('E', half - 5), { width: 4, positions: table('P', rowSum), level: 'proven' }),
      );
    };
    expect(checkGraph(embedded(5)()).tensors.get('h')).toMatchObject({ level: 'proven', max: half });
    expect(refusal(embedded(6))).toBe('GRAPH_RANGE');
  });
  test('a certificate for the weight alone does not bound the bias', () => {
    const biased = (certificate?: { rowSum: number }) =>
      build((g, x) => {
        const w = g.weight('w', [2, 4], { bits: 16, certificate: { rowSum: 9 } });
        const bias = g.weight('b', [2], { bits: 31, ...(certificate && { certificate }) });
        return g.linear('y', x, w, { bias, level: 'proven' });
      });
    expect(biased({ rowSum: 7 })().nodes.length).toBe(2);
    expect(refusal(biased())).toBe('GRAPH_LEVEL');
  });
  test('row squares after a norm', () => {
    const normed = (rowSquares: number) =>
      build((g, x) => {
        const w = g.weight('w', [2, 4], { bits: 16, certificate: { rowSquares } });
        return g.linear('y', g.rmsnorm('n', x, { bits: 16, epsilon: 1 }), w, { level: 'proven' });
      });
    expect(checkGraph(normed(32500 ** 2)()).tensors.get('y')?.level).toBe('proven');
    expect(refusal(normed(32512 ** 2))).toBe('GRAPH_RANGE');
    const unnormed = build((g, x) =>
      g.linear('y', x, g.weight('w', [2, 4], { bits: 16, certificate: { rowSquares: 1 } }), {
        level: 'proven',
      }),
    );
    expect(refusal(unnormed)).toBe('GRAPH_LEVEL');
  });
  test('means: 2 d (max + 1) at (p-1)/2', () => {
    const mean = (width: number) => () => {
      const g = graphBuilder({ context: 4 });
      return g.build(g.centre('y', g.input('x', { width, bits: 16 })));
    };
    expect(mean(16255)().nodes.length).toBe(2); // 2 * 16255 * 32769 = 1,065,320,190
    expect(refusal(mean(16256))).toBe('GRAPH_RANGE');
  });
  test('sums, products and scales at (p-1)/2', () => {
    const scaled = (power: number) => build((g, x) => g.scale('y', x, power));
    expect(scaled(14)().nodes.length).toBe(2); // 2^15 2^14 = 2^29
    expect(refusal(scaled(15))).toBe('GRAPH_RANGE');
    const product = (bits: number) => build((g, x) => g.product('y', x, g.input('z', { width: 4, bits })));
    expect(product(15)().nodes.length).toBe(3);
    expect(refusal(product(16))).toBe('GRAPH_RANGE');
    const sum = (power: number) =>
      build((g, x) =>
        g.add('y', g.scale('a', x, 14), g.scale('b', g.input('z', { width: 4, bits: 16 }), power)),
      );
    expect(sum(13)().nodes.length).toBe(5);
    expect(refusal(sum(14))).toBe('GRAPH_RANGE');
  });
});

describe('a lookup that checks a whole tensor proves its range for others; on emitted rows alone it does not', () => {
  const residual = (wholeTensor: boolean) => () => {
    const g = graphBuilder({ context: 4 });
    const h = g.embedding('h', g.weight('E', [5, 4], { bits: 16 }), { width: 4 });
    g.rmsnorm('n', wholeTensor ? h : g.emit('e', h), { bits: 16, epsilon: 1 });
    return g.build(g.product('y', h, g.input('x', { width: 4, bits: 8 })));
  };
  test('whole', () =>
    expect(checkGraph(residual(true)()).tensors.get('h')).toMatchObject({ level: 'proven', max: 32767 }));
  test('emitted', () => expect(refusal(residual(false))).toBe('GRAPH_RANGE'));
  test('rows beyond the check have no witness, whichever node sees them first', () => {
    const graph = residual(true)();
    const wide = Int16Array.from({ length: 20 }, () => 32767);
    const rows = { tokens: [1], inputs: { x: [127, 127, 127, 127] } };
    expect(execute(graph, () => wide, rows).output.data[0]).toBe(32767 * 127);
    const g = graphBuilder({ context: 4 });
    const h = g.embedding('h', g.weight('E', [5, 4], { bits: 16 }), {
      width: 4,
      positions: g.weight('P', [4, 4], { bits: 16 }),
    });
    const y = g.product('y', h, h);
    g.activation('check', h, 'relu-12');
    const weightsOf = (name: string) => (name === 'E' ? wide : wide.subarray(4));
    expect(refusal(() => execute(g.build(y), weightsOf, { tokens: [1] }))).toBe('UNPROVABLE');
  });
});

describe('weights and rows', () => {
  const of = (name: string) => weights[name] as WeightData;
  test('weights of another length, missing, or wider than declared', () => {
    const session = (change: (name: string) => WeightData | undefined) => () =>
      integerSession(graph, (name) => (change(name) ?? of(name)) as WeightData);
    expect(refusal(session((n) => (n === 'l1.v.w' ? new Int16Array(3) : undefined)))).toBe('WEIGHT');
    const wide = Int16Array.from(of('E'));
    wide[7] = 8192;
    expect(refusal(session((n) => (n === 'E' ? wide : undefined)))).toBe('WEIGHT');
    expect(session((n) => (n === 'E' ? wide : undefined))).toThrow('WEIGHT at E: entry 7: expected 14 bits');
    expect(refusal(() => integerSession(graph, () => undefined as unknown as WeightData))).toBe('WEIGHT');
  });
  test('refusals of values never tell the value', () => {
    const g = graphBuilder({ context: 4 });
    const built = g.build(
      g.requantise('y', g.input('x', { width: 2, bits: 20 }), { shift: 1, bits: 8, guard: 0 }),
    );
    const run = () => execute(built, () => new Int8Array(0), { inputs: { x: [1, 4242] } });
    expect(run).toThrow('UNPROVABLE at y: row 0, column 1: expected a quotient of 8 bits');
  });
  test('rows that do not fit the inputs are a mistake of the caller', () => {
    const g = graphBuilder({ context: 4 });
    const built = g.build(
      g.add('y', g.input('a', { width: 2, bits: 8 }), g.input('b', { width: 2, bits: 8 })),
    );
    const run = (inputs: Record<string, number[]>) => () =>
      execute(built, () => new Int8Array(0), { inputs });
    expect(run({ a: [1, 2] })).toThrow(RangeError);
    expect(run({ a: [1, 2], b: [1, 2, 3, 4] })).toThrow(RangeError);
    expect(run({ a: [1, 2, 3], b: [1, 2, 3] })).toThrow(RangeError);
    expect(run({ a: [1, 1.5], b: [1, 2] })).toThrow(RangeError);
    expect(run({ a: [1, 2 ** 32], b: [1, 2] })).toThrow(RangeError);
    expect(run({ a: [NaN, 1], b: [1, 2] })).toThrow(RangeError);
    expect(refusal(run({ a: [1, 128], b: [1, 2] }))).toBe('UNPROVABLE');
  });
});

test('complete lists what nodes use', () => {
  const again = complete(graph.context, graph.nodes, graph.weights);
  expect(again).toEqual(graph);
});
