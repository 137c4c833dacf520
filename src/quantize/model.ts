/** A quantised model: an integer program with its weights, and what is public about it beside the graph. */
import { refuse } from '../errors/proof-error.ts';
import { canonicalText } from '../graph/encoding.ts';
import type { Graph } from '../graph/index.ts';
import { describe, isObject, type Json, type JsonObject, parseJson } from '../import/json.ts';
import type { Family } from '../import/model.ts';
import { PROFILES, type ProfileName } from './profile.ts';
import { MAX_REASON, misses, type Report } from './report.ts';

/** Public, like the graph. */
export interface ModelInfo {
  readonly profile: ProfileName;
  readonly family: Family;
  readonly vocab: number;
  /** The token that begins a text; null where there is none. */
  readonly bos: number | null;
  readonly eos: readonly number[];
  /** Digest of the tokenizer, in hexadecimal; null where the model is bound to none. */
  readonly tokenizer: string | null;
  readonly report: Report;
}

/** Room for so many bytes, from a multiple of four on. */
export type Room = (bytes: number) => Uint8Array<ArrayBuffer>;

/** The integers of a program, in memory or in a file. */
export interface ModelWeights {
  /**
   * Matrices in int16, row by row [out][in]; vectors in int32. Private.
   *
   * @param room where weights of a file are wanted, which are new arrays without it: then they are valid as long as that room is
   */
  get(name: string, room?: Room): Int16Array | Int32Array | undefined;
  /** Every array is held against its declaration whenever it is read. */
  readonly checked?: true;
}

/** An integer program and the integers that it names. */
export interface QuantizedModel {
  readonly graph: Graph;
  readonly weights: ModelWeights;
  readonly info: ModelInfo;
}

/** One whose weights are in memory. */
export interface HeldModel extends QuantizedModel {
  readonly weights: ReadonlyMap<string, Int16Array | Int32Array>;
}

const STAGE = 'model info';
const FAMILIES: readonly string[] = [
  'gpt2',
  'llama',
  'mistral',
  'qwen2',
  'opt',
  'llama2.c',
] satisfies Family[];

/** How a field must look. */
type Check = (name: string, value: Json) => void;

function bad(name: string, expected: string, value: Json): never {
  return refuse('MODEL_INFO', `${STAGE}: ${name}`, `expected ${expected}, got ${describe(value)}`);
}

const integer: Check = (name, value) => {
  const fits = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  if (!fits || Object.is(value, -0)) bad(name, 'an integer in [0, 2^53)', value);
};
const text =
  (form: RegExp): Check =>
  (name, value) => {
    if (typeof value !== 'string' || !form.test(value)) bad(name, `text of the form ${form.source}`, value);
  };
const oneOf =
  (list: readonly string[]): Check =>
  (name, value) => {
    if (typeof value !== 'string' || !list.includes(value)) bad(name, `one of ${list.join(', ')}`, value);
  };
const orNull =
  (check: Check): Check =>
  (name, value) => {
    if (value !== null) check(name, value);
  };

/** Exactly these fields. */
const record =
  (fields: Readonly<Record<string, Check>>): Check =>
  (name, value) => {
    if (!isObject(value)) return bad(name, 'an object', value);
    const object: JsonObject = value;
    const unknown = Object.keys(object).find((key) => !Object.hasOwn(fields, key));
    if (unknown !== undefined) refuse('MODEL_INFO', `${STAGE}: ${name}`, 'expected no other key');
    for (const [key, check] of Object.entries(fields)) {
      if (!Object.hasOwn(object, key)) refuse('MODEL_INFO', `${STAGE}: ${name}`, `expected the key ${key}`);
      check(`${name}.${key}`, object[key] as Json);
    }
  };
const list: Check = (name, value) => {
  if (!Array.isArray(value) || value.length > 64) return bad(name, 'a list of at most 64', value);
  (value as readonly Json[]).forEach((item, i) => integer(`${name}.${i}`, item));
};

const checkInfo = record({
  profile: oneOf(Object.keys(PROFILES)),
  family: oneOf(FAMILIES),
  vocab: integer,
  bos: orNull(integer),
  eos: list,
  tokenizer: orNull(text(/^[0-9a-f]{64}$/)),
  report: record({
    source: oneOf(['samples', 'text']),
    seed: integer,
    sequences: integer,
    tokens: integer,
    klNano: integer,
    agreed: integer,
    floatLossNano: integer,
    integerLossNano: integer,
    logitErrorNano: integer,
    rounded: integer,
    saturated: integer,
    wraps: integer,
    nearEdge: integer,
    peakCentibits: integer,
    unprovable: integer,
    target: record({ klNano: integer, top1Millionths: integer }),
    override: orNull(text(new RegExp(`^[ -~]{1,${MAX_REASON}}$`))),
  }),
});

/** Vocabulary of the program, and that its report was publishable. */
function checkMeaning(info: ModelInfo, graph: Graph): void {
  const { report, vocab, bos, eos } = info;
  const output = graph.nodes.find(({ name }) => name === graph.output);
  const embedding = graph.nodes.find(({ op }) => op === 'embedding');
  const table = embedding?.op === 'embedding' ? embedding.table : undefined;
  const rows = graph.weights.find(({ name }) => name === table)?.shape[0];
  if (output?.op !== 'argmax' || rows === undefined) {
    refuse('MODEL_GRAPH', 'model', 'expected a program from tokens to choices');
  }
  if (rows !== vocab) refuse('MODEL_INFO', `${STAGE}: vocab`, `expected ${rows} tokens, got ${vocab}`);
  for (const id of [...eos, ...(bos === null ? [] : [bos])]) {
    if (id >= vocab) refuse('MODEL_INFO', `${STAGE}: eos, bos`, `expected ids below ${vocab}, got ${id}`);
  }
  if (report.agreed > report.tokens || report.saturated > report.rounded) {
    refuse('MODEL_INFO', `${STAGE}: report`, 'expected parts no greater than their wholes');
  }
  const missed = misses(report);
  if (missed.length > 0 && report.override === null) {
    refuse('ACCURACY', `${STAGE}: report`, `${missed.join('; ')}, without an override`);
  }
  if (missed.length === 0 && report.override !== null) {
    refuse('MODEL_INFO', `${STAGE}: report`, 'expected no override where the target is met');
  }
}

/**
 * The canonical bytes of the information: JSON with ascending keys, without spaces, in ASCII.
 *
 * @throws ProofError as `decodeInfo`
 */
export function encodeInfo(info: ModelInfo, graph: Graph): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(canonicalText(info), (character) => character.charCodeAt(0));
  decodeInfo(bytes, graph);
  return bytes;
}

/**
 * The information from its canonical bytes; no others are accepted. The report must meet its target or say why it need not.
 *
 * @param graph checked
 * @throws ProofError `MODEL_INFO`, `MODEL_GRAPH`, `ACCURACY`, `JSON_UTF8`, `JSON_SYNTAX`, `JSON_DUPLICATE_KEY`, `JSON_DEPTH`
 */
export function decodeInfo(bytes: Uint8Array, graph: Graph): ModelInfo {
  const value = parseJson(bytes, STAGE);
  checkInfo('info', value);
  const canonical = canonicalText(value);
  if (canonical.length !== bytes.length || bytes.some((byte, i) => canonical.charCodeAt(i) !== byte)) {
    refuse('MODEL_INFO', STAGE, 'expected canonical bytes');
  }
  const info = JSON.parse(canonical) as ModelInfo; // objects with their usual prototype
  checkMeaning(info, graph);
  return info;
}
