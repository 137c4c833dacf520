/** The form of a graph: exactly the known keys, with values of the right type. What they mean is `check.ts`. */
import { refuse } from '../errors/proof-error.ts';
import type { Field } from '../ops/operator.ts';
import { GRAPH_FORMAT, type Graph } from './graph.ts';
import { OPERATORS } from './operators.ts';

type Keys = Readonly<Record<string, 'required' | 'optional'>>;

const GRAPH_KEYS: Keys = {
  format: 'required',
  context: 'required',
  weights: 'required',
  tables: 'required',
  nodes: 'required',
  output: 'required',
};
const WEIGHT_KEYS: Keys = { name: 'required', shape: 'required', bits: 'required' };
const TABLE_KEYS: Keys = { id: 'required', digest: 'required' };

/** Names of nodes and weights: they appear in labels and messages. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Lists beyond this are refused before they are looked at. */
const MAX_ITEMS = 2 ** 17;

function record(stage: string, value: unknown, keys: Keys): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse('GRAPH_FORMAT', stage, 'expected an object');
  }
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(keys, key))
      refuse('GRAPH_FORMAT', stage, `unknown key ${JSON.stringify(key.slice(0, 64))}`);
  }
  for (const [key, need] of Object.entries(keys)) {
    if (!Object.hasOwn(value, key) && need === 'required')
      refuse('GRAPH_FORMAT', stage, `missing key ${key}`);
  }
  return value as Record<string, unknown>;
}

function list(stage: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return refuse('GRAPH_FORMAT', stage, 'expected a list');
  if (value.length > MAX_ITEMS) return refuse('GRAPH_FORMAT', stage, `expected at most ${MAX_ITEMS} items`);
  return value;
}

function integer(stage: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || Object.is(value, -0))
    refuse('GRAPH_FORMAT', stage, 'expected an integer');
  return value as number;
}

function text(stage: string, value: unknown, form: RegExp): string {
  if (typeof value !== 'string' || !form.test(value)) {
    refuse('GRAPH_FORMAT', stage, `expected a string of the form ${form.source}`);
  }
  return value as string;
}

function checkField(stage: string, field: Field, value: unknown): void {
  if (field.kind === 'integer') integer(stage, value);
  else if (typeof field.kind === 'string') text(stage, value, NAME);
  else if (!field.kind.includes(value as string)) {
    refuse('GRAPH_FORMAT', stage, `expected one of ${field.kind.join(', ')}`);
  }
}

function checkNode(stage: string, value: unknown): void {
  const op = typeof value === 'object' && value !== null ? (value as { op?: unknown }).op : undefined;
  const operator = typeof op === 'string' ? OPERATORS.get(op) : undefined;
  if (operator === undefined) {
    return refuse('GRAPH_FORMAT', stage, `op: expected one of ${[...OPERATORS.keys()].join(', ')}`);
  }
  const fields = Object.entries(operator.fields);
  const keys = Object.fromEntries(
    fields.map(([key, f]) => [key, f.optional ? 'optional' : 'required'] as const),
  );
  const node = record(stage, value, { name: 'required', op: 'required', ...keys });
  text(`${stage}/name`, node['name'], NAME);
  for (const [key, field] of fields) {
    if (node[key] === undefined && field.optional && !Object.hasOwn(node, key)) continue;
    checkField(`${stage}/${key}`, field, node[key]);
  }
}

function checkWeight(stage: string, value: unknown): void {
  const weight = record(stage, value, WEIGHT_KEYS);
  text(`${stage}/name`, weight['name'], NAME);
  list(`${stage}/shape`, weight['shape']).forEach((n, i) => integer(`${stage}/shape/${i}`, n));
  integer(`${stage}/bits`, weight['bits']);
}

/**
 * That a value has the form of a graph. Key order does not matter; unknown keys, keys with the value undefined, fractions
 * and minus zero are refused.
 *
 * @throws ProofError `GRAPH_FORMAT` naming the part
 */
export function checkFormat(value: unknown): asserts value is Graph {
  const graph = record('graph', value, GRAPH_KEYS);
  if (graph['format'] !== GRAPH_FORMAT) refuse('GRAPH_FORMAT', 'graph/format', `expected ${GRAPH_FORMAT}`);
  integer('graph/context', graph['context']);
  list('graph/weights', graph['weights']).forEach((w, i) => checkWeight(`graph/weights/${i}`, w));
  list('graph/tables', graph['tables']).forEach((item, i) => {
    const table = record(`graph/tables/${i}`, item, TABLE_KEYS);
    text(`graph/tables/${i}/id`, table['id'], NAME);
    text(`graph/tables/${i}/digest`, table['digest'], /^[0-9a-f]{64}$/);
  });
  list('graph/nodes', graph['nodes']).forEach((node, i) => checkNode(`graph/nodes/${i}`, node));
  text('graph/output', graph['output'], NAME);
}
