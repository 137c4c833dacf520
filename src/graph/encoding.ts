/** A graph as text: canonical bytes, their digest, and two readers. */
import { refuse } from '../errors/proof-error.ts';
import { blake3 } from '../hash/blake3.ts';
import { checkGraph } from './check.ts';
import type { Graph } from './graph.ts';

const DIGEST_CONTEXT = 'zkdl graph 1';

/** JSON with keys in ascending order and no space, of objects, lists, plain ASCII strings, integers and null alone. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const record = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(record).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalText(record[key])}`).join(',')}}`;
}

/**
 * The canonical bytes: equal graphs have equal bytes.
 *
 * @throws ProofError as `checkGraph`
 */
export function encodeGraph(graph: Graph): Uint8Array<ArrayBuffer> {
  checkGraph(graph);
  return Uint8Array.from(canonicalText(graph), (character) => character.charCodeAt(0)); // ASCII by `checkFormat`
}

/** 32 bytes that name the graph. @throws ProofError as `checkGraph` */
export function graphDigest(graph: Graph): Uint8Array<ArrayBuffer> {
  return blake3(encodeGraph(graph), { context: DIGEST_CONTEXT });
}

/**
 * A graph from JSON text in any key order and spacing, as people write it.
 *
 * @throws ProofError `GRAPH_FORMAT` for text that is no JSON, else as `checkGraph`
 */
export function parseGraph(text: string): Graph {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('GRAPH_FORMAT', 'graph', 'expected JSON');
  }
  checkGraph(value as Graph);
  return value as Graph;
}

/**
 * A graph from its canonical bytes, as keys carry it: no other bytes are accepted, so duplicate keys, spaces and other
 * spellings of one graph are refused.
 *
 * @throws ProofError `GRAPH_FORMAT` for other bytes, else as `checkGraph`
 */
export function decodeGraph(bytes: Uint8Array): Graph {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i] as number);
  const graph = parseGraph(text);
  if (canonicalText(graph) !== text) refuse('GRAPH_FORMAT', 'graph', 'expected canonical bytes');
  return graph;
}
