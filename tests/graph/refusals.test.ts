/** Bad graphs are refused by name: one code for each kind of check, the node in the stage. */
import { describe, expect, test } from 'vitest';
import { checkGraph as twinCheck } from '../../reference/graph-checks.ts';
import { parseGraph as twinParse } from '../../reference/graph-file.ts';
import { verdictOf as twinVerdict } from '../../reference/refusal.ts';
import { canonicalText } from '../../src/graph/encoding.ts';
import { parseGraph } from '../../src/graph/index.ts';
import { expectLiar, graph, node, type Liar } from '../support/graph-liars.ts';
import { complete } from '../support/graphs.ts';
import { proofError } from '../support/refusal.ts';

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
    [
      'a bound of a weight, which no proof shows',
      'GRAPH_FORMAT',
      /graph\/weights\/0/,
      (g) => (g.weights[0].certificate = { rowSum: 3 }),
    ],
  ];
  test.each(liars)('%s', (_name, code, stage, change) => expectLiar(code, stage, change));
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
  test.each(liars)('%s', (_name, code, stage, change) => expectLiar(code, stage, change));
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
      'sums of weights that are said to be proven',
      'GRAPH_FORMAT',
      /level/,
      (g) => (node(g, 'l0.q.acc').level = 'proven'),
    ],
    [
      'rows of a table that are said to be proven',
      'GRAPH_FORMAT',
      /level/,
      (g) => (node(g, 'h').level = 'proven'),
    ],
    ['matrix entries of 17 bits', 'GRAPH_RANGE', /graph\/E/, (g) => (g.weights[0].bits = 17)],
    ['noise beyond 2^24 steps', 'GRAPH_RANGE', /choice/, (g) => (node(g, 'choice').unit = 2 ** 24 + 1)],
  ];
  test.each(liars)('%s', (_name, code, stage, change) => expectLiar(code, stage, change));
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
  test.each(liars)('%s', (_name, code, stage, change) => expectLiar(code, stage, change));

  /** Rotations of a wide input by two tables of 2^23 rows and, for a position, one of 2^9. */
  const rotations = (positions: number): string => {
    const ids = [`rope-2-1024-16384`, `rope-3-1024-16384`, `rope-5-1024-${positions}`].slice(
      0,
      positions + 2,
    );
    const turned = ids.map((table, i) => ({ name: `r${i}`, op: 'rope', input: 'x', table, order: 'half', bits: 12, guard: 2 })); // prettier-ignore
    const nodes = [{ name: 'x', op: 'input', width: 1024, bits: 11 }, ...turned];
    const tables = ids.map((id) => ({ id, digest: '0'.repeat(64) }));
    return canonicalText({ ...graph, context: 1, weights: [], nodes, tables, output: 'r1' });
  };
  test('of more rows than a reader makes, before one is made', () => {
    expect(proofError(() => parseGraph(rotations(1)))).toMatchObject({
      code: 'GRAPH_TABLE',
      detail: 'expected at most 16777216 rows in all, got 16777728',
    });
    expect(
      twinVerdict(() => void twinCheck(twinParse(new TextEncoder().encode(rotations(1))))),
    ).toMatchObject({ code: 'GRAPH_TABLE' });
    // As many as that are made: the first digest is wrong.
    expect(proofError(() => parseGraph(rotations(0))).detail).toContain('rope-2-1024-16384: expected ');
  });
});

test('complete lists what nodes use', () => {
  const again = complete(graph.context, graph.nodes, graph.weights);
  expect(again).toEqual(graph);
});
