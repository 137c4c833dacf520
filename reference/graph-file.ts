/** Graphs as data: their form and their bytes. spec/integer-semantics.md section 7. One code, `GRAPH_FORMAT`. */
import { ascii, equalBytes } from './bytes.ts';
import { refuse, require } from './refusal.ts';

export interface Weight {
  readonly name: string;
  /** [rows, columns] or [entries]. */
  readonly shape: readonly number[];
  readonly bits: number;
}

/** A node as it stands in the text: the fields of its operator beside name and op. */
export interface Node {
  readonly name: string;
  readonly op: string;
  readonly [field: string]: string | number;
}

export interface Graph {
  readonly format: string;
  readonly context: number;
  readonly weights: readonly Weight[];
  readonly tables: readonly { readonly id: string; readonly digest: string }[];
  readonly nodes: readonly Node[];
  readonly output: string;
}

type FieldKind = 'tensor' | 'weight' | 'table' | 'integer' | 'level' | 'order';

/** The fields of every operator, in order; a question mark: may be absent. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, FieldKind>>>> = {
  input: { width: 'integer', bits: 'integer' },
  embedding: { table: 'weight', 'positions?': 'weight', width: 'integer', level: 'level' },
  linear: { input: 'tensor', weight: 'weight', 'bias?': 'weight', level: 'level' },
  requantise: { input: 'tensor', shift: 'integer', bits: 'integer', guard: 'integer' },
  add: { left: 'tensor', right: 'tensor' },
  product: { left: 'tensor', right: 'tensor' },
  concat: { left: 'tensor', right: 'tensor' },
  centre: { input: 'tensor' },
  scale: { input: 'tensor', power: 'integer' },
  emit: { input: 'tensor' },
  rmsnorm: { input: 'tensor', bits: 'integer', epsilon: 'integer' },
  rope: { input: 'tensor', table: 'table', order: 'order', bits: 'integer', guard: 'integer' },
  attention: {
    ...{ query: 'tensor', key: 'tensor', value: 'tensor' },
    ...{ heads: 'integer', kvHeads: 'integer', headDim: 'integer', shift: 'integer', 'window?': 'integer' },
  },
  activation: { input: 'tensor', table: 'table' },
  argmax: { input: 'tensor', unit: 'integer' },
};

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const CHOICES = { level: ['residue'], order: ['half', 'interleaved'] };
const MOST_ITEMS = 2 ** 17;

/** The names that a node's fields of one kind hold, in order. */
export function namesIn(node: Node, kind: 'tensor' | 'weight' | 'table'): string[] {
  const fields = Object.entries(FIELDS[node.op] as Readonly<Record<string, FieldKind>>);
  return fields.flatMap(([key, of]) => {
    const value = node[key.replace('?', '')];
    return of === kind && value !== undefined ? [String(value)] : [];
  });
}

/** An integer field of a checked node. */
export function integerOf(node: Node, field: string): number {
  return node[field] as number;
}

/** A name in a field of a checked node. */
export function nameOf(node: Node, field: string): string {
  return node[field] as string;
}

/** A graph from any text of its form; what it means is checked by reference/graph-checks.ts. */
export function parseGraph(bytes: Uint8Array): Graph {
  let value: unknown;
  try {
    value = JSON.parse(letters(bytes));
  } catch {
    refuse('GRAPH_FORMAT', 'no JSON');
  }
  checkForm(value);
  return value as Graph;
}

/** Whether bytes are the canonical ones of a value. */
export function isCanonical(value: unknown, bytes: Uint8Array): boolean {
  return equalBytes(ascii(canonical(value)), bytes);
}

/** Keys of every object in ascending order, no space. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, of]) => `${JSON.stringify(key)}:${canonical(of)}`).join(',')}}`;
}

function letters(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

function checkForm(value: unknown): void {
  const graph = object(value, ['format', 'context', 'weights', 'tables', 'nodes', 'output']);
  form(graph['format'] === 'zkdl-graph-1', 'format');
  integer(graph['context']);
  for (const item of list(graph['weights'])) {
    const weight = object(item, ['name', 'shape', 'bits']);
    text(weight['name'], NAME);
    list(weight['shape']).forEach(integer);
    integer(weight['bits']);
  }
  for (const item of list(graph['tables'])) {
    const table = object(item, ['id', 'digest']);
    text(table['id'], NAME);
    text(table['digest'], /^[0-9a-f]{64}$/);
  }
  list(graph['nodes']).forEach(checkNode);
  text(graph['output'], NAME);
}

function checkNode(value: unknown): void {
  const op = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)['op'] : '';
  form(typeof op === 'string' && Object.hasOwn(FIELDS, op), 'operator');
  const fields = FIELDS[op as string] as Readonly<Record<string, FieldKind>>;
  const node = object(value, ['name', 'op', ...Object.keys(fields)]);
  text(node['name'], NAME);
  for (const [key, kind] of Object.entries(fields)) {
    const name = key.replace('?', '');
    if (!Object.hasOwn(node, name)) continue;
    const of = node[name];
    if (kind === 'integer') integer(of);
    else if (kind === 'level' || kind === 'order') form(CHOICES[kind].includes(of as string), name);
    else text(of, NAME);
  }
}

/** An object with exactly these keys; those with a question mark may be absent. */
function object(value: unknown, keys: readonly string[]): Readonly<Record<string, unknown>> {
  form(typeof value === 'object' && value !== null && !Array.isArray(value), 'an object');
  const of = value as Readonly<Record<string, unknown>>;
  const known = keys.map((key) => key.replace('?', ''));
  form(
    Object.keys(of).every((key) => known.includes(key)),
    'an unknown key',
  );
  form(keys.every((key) => key.endsWith('?') || Object.hasOwn(of, key)), 'a missing key'); // prettier-ignore
  return of;
}

function list(value: unknown): readonly unknown[] {
  form(Array.isArray(value) && value.length <= MOST_ITEMS, 'a list');
  return value as readonly unknown[];
}

function integer(value: unknown): void {
  form(Number.isSafeInteger(value) && !Object.is(value, -0), 'an integer');
}

function text(value: unknown, of: RegExp): void {
  form(typeof value === 'string' && of.test(value), 'a text');
}

function form(holds: boolean, what: string): void {
  require(holds, 'GRAPH_FORMAT', what);
}
