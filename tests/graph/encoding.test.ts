/** A graph has one digest, whatever the order of its keys; other bytes are refused. */
import { describe, expect, test } from 'vitest';
import { blake3 } from '../../src/hash/blake3.ts';
import { decodeGraph, encodeGraph, graphDigest, parseGraph, type Graph } from '../../src/graph/index.ts';
import { refusal } from '../support/refusal.ts';
import { tinyGpt, tinyLlama } from '../support/tiny-models.ts';

const { graph } = tinyLlama({ seed: 1 });
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const bytesOf = (s: string): Uint8Array => Uint8Array.from(Buffer.from(s, 'latin1'));

/** The same value with the keys of every object in reverse order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([k, v]) => [k, reversed(v)]),
  );
}

test('key order and spacing do not matter', () => {
  const other = parseGraph(JSON.stringify(reversed(graph), null, 3));
  expect(hex(graphDigest(other))).toBe(hex(graphDigest(graph)));
  expect(hex(encodeGraph(other))).toBe(hex(encodeGraph(graph)));
});

test('the digest is BLAKE3 of the canonical text in its context', () => {
  const canonical = JSON.stringify(graph, (_key, v: unknown) =>
    typeof v === 'object' && v !== null && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  );
  expect(text(encodeGraph(graph))).toBe(canonical);
  expect(hex(graphDigest(graph))).toBe(hex(blake3(bytesOf(canonical), { context: 'zkdl graph 1' })));
});

test('bytes round-trip', () => {
  for (const g of [graph, tinyGpt({ seed: 2 }).graph]) expect(decodeGraph(encodeGraph(g))).toEqual(g);
});

test('every single change of a node changes the digest, or is refused', () => {
  const digest = hex(graphDigest(graph));
  let accepted = 0;
  graph.nodes.forEach((node, i) => {
    for (const [key, value] of Object.entries(node)) {
      if (typeof value !== 'number') continue;
      const copy = structuredClone(graph) as unknown as { nodes: Record<string, number>[] };
      (copy.nodes[i] as Record<string, number>)[key] = value - 1;
      try {
        expect(hex(graphDigest(copy as unknown as Graph))).not.toBe(digest);
        accepted++;
      } catch (error) {
        expect(error).toHaveProperty('code');
      }
    }
  });
  expect(accepted).toBeGreaterThan(20);
});

describe('decoders', () => {
  const canonical = text(encodeGraph(graph));
  const liars: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['no JSON', canonical.slice(0, -1)],
    ['trailing bytes', `${canonical}x`],
    ['a trailing space', `${canonical} `],
    ['a space', canonical.replace(',', ', ')],
    ['another key order', JSON.stringify(reversed(graph))],
    ['a key twice, the first one a lie', canonical.replace('"context":48', '"context":16,"context":48')],
    ['an escaped letter', canonical.replace('"context"', '"\\u0063ontext"')],
    ['a number in another spelling', canonical.replace('"context":48', '"context":4.8e1')],
    ['a byte above ASCII', canonical.replace('"h"', '"\xe9"')],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '7'],
    ['a node that is nothing', JSON.stringify({ ...JSON.parse(canonical), nodes: [null] })],
    ['a node that is a name', JSON.stringify({ ...JSON.parse(canonical), nodes: ['linear'] })],
    ['a node without an operator', JSON.stringify({ ...JSON.parse(canonical), nodes: [{ name: 'h' }] })],
  ];
  test.each(liars)('canonical bytes: %s', (_name, s) => {
    expect(refusal(() => decodeGraph(bytesOf(s)))).toBe('GRAPH_FORMAT');
  });
  test('text that is no JSON', () => {
    for (const s of ['', '{', 'graph', '{"a":}']) expect(refusal(() => parseGraph(s))).toBe('GRAPH_FORMAT');
  });
  test('any mutated byte is refused or names another graph', () => {
    const digest = hex(graphDigest(graph));
    const bytes = encodeGraph(graph);
    for (let i = 0; i < bytes.length; i += 37) {
      const copy = bytes.slice();
      copy[i] = (copy[i] as number) ^ (1 << (i % 7));
      try {
        expect(hex(graphDigest(decodeGraph(copy)))).not.toBe(digest);
      } catch (error) {
        expect(String((error as { code?: string }).code)).toMatch(/^GRAPH_/);
      }
    }
  });
});
