/** What a key says about a model beside its graph: spec/model-format.md, "Information". */
import { ascii, equalBytes } from './bytes.ts';
import { canonical, nameOf, type Graph } from './graph-file.ts';
import { readJson, type Json } from './json.ts';
import { at } from './lists.ts';
import { require } from './refusal.ts';

type Form = (value: Json | undefined) => boolean;
type Record = ReadonlyMap<string, Json>;

const count: Form = (value) => Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
const text = (pattern: RegExp): Form => (value) => typeof value === 'string' && pattern.test(value); // prettier-ignore
const oneOf = (...words: readonly string[]): Form => (value) => words.includes(value as string); // prettier-ignore
const orNull = (form: Form): Form => (value) => value === null || form(value); // prettier-ignore
const listOf = (form: Form, most: number): Form => (value) => Array.isArray(value) && value.length <= most && value.every(form); // prettier-ignore
const record = (fields: Readonly<{ [key: string]: Form }>): Form => (value) => {
    if (!(value instanceof Map)) return false;
    const keys = Object.keys(fields);
    return value.size === keys.length && keys.every((key) => value.has(key) && fields[key]?.(value.get(key)));
  }; // prettier-ignore

const REPORT = record({
  source: oneOf('samples', 'text'),
  ...{ seed: count, sequences: count, tokens: count, klNano: count, agreed: count },
  ...{
    floatLossNano: count,
    integerLossNano: count,
    logitErrorNano: count,
    rounded: count,
    saturated: count,
  },
  ...{ wraps: count, nearEdge: count, peakCentibits: count, unprovable: count },
  target: record({ klNano: count, top1Millionths: count }),
  override: orNull(text(/^[ -~]{1,200}$/)),
});

const INFORMATION = record({
  profile: oneOf('P12', 'P14', 'P16'),
  family: oneOf('gpt2', 'llama', 'mistral', 'qwen2', 'opt', 'llama2.c'),
  vocab: count,
  bos: orNull(count),
  eos: listOf(count, 64),
  tokenizer: orNull(text(/^[0-9a-f]{64}$/)),
  report: REPORT,
});

/** Refuses with `JSON_*`, `MODEL_INFO`, `MODEL_GRAPH`, `ACCURACY`, in this order. */
export function checkInformation(bytes: Uint8Array, graph: Graph): void {
  const value = readJson(bytes);
  require(INFORMATION(value), 'MODEL_INFO', 'form');
  require(equalBytes(ascii(canonical(plain(value))), bytes), 'MODEL_INFO', 'canonical bytes');
  const info = value as Record;
  const output = graph.nodes.find(({ name }) => name === graph.output);
  const embedding = graph.nodes.find(({ op }) => op === 'embedding');
  require(output?.op === 'argmax' && embedding !== undefined, 'MODEL_GRAPH', 'from tokens to choices');
  const table = graph.weights.find(({ name }) => embedding !== undefined && name === nameOf(embedding, 'table')); // prettier-ignore
  const vocab = number(info, 'vocab');
  require(vocab === at(table?.shape ?? [], 0), 'MODEL_INFO', 'vocab');
  const ids = [...(info.get('eos') as readonly number[]), (info.get('bos') ?? -1) as number];
  require(ids.every((id) => id < vocab), 'MODEL_INFO', 'bos and eos'); // prettier-ignore
  checkReport(info.get('report') as Record);
}

/** The target is met or there is a reason, and not both. */
function checkReport(report: Record): void {
  const of = (key: string): number => number(report, key);
  require(of('agreed') <= of('tokens') && of('saturated') <= of('rounded'), 'MODEL_INFO', 'parts of wholes');
  const target = report.get('target') as Record;
  const agreed = BigInt(of('agreed')) * 1_000_000n >= BigInt(number(target, 'top1Millionths')) * BigInt(of('tokens')); // prettier-ignore
  const met =
    of('klNano') <= number(target, 'klNano') && agreed && of('tokens') > 0 && of('unprovable') === 0;
  const override = report.get('override') !== null;
  require(met || override, 'ACCURACY', 'the target is missed without an override');
  require(!met || !override, 'MODEL_INFO', 'an override of nothing');
}

function number(of: Record, key: string): number {
  return of.get(key) as number;
}

/** Maps as objects. */
function plain(value: Json): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, of]) => [key, plain(of)]));
  return Array.isArray(value) ? value.map(plain) : value;
}
