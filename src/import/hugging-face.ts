/**
 * A Hugging Face folder as a `FloatModel`: `config.json` says what the model is, the safetensors files hold it. The
 * description and the stored tensors must agree exactly, one by one, before the first weight is read.
 */
import { refuse } from '../errors/proof-error.ts';
import { CONFIG_FILE, configReader, HARMLESS_KEYS, MAX_CONFIG_BYTES } from './config.ts';
import { FAMILIES, type FamilyRecord } from './families.ts';
import { describe, isObject, type JsonObject, quote } from './json.ts';
import {
  type Architecture,
  checkFinite,
  checkRows,
  type FloatModel,
  rowsAndColumns,
  type WeightName,
  weightShapes,
} from './model.ts';
import { HEAD_TENSOR, placements } from './placements.ts';
import { openFile, readJson, type Resolver } from './resolver.ts';
import { readElements, shapeText, stageOf } from './safetensors.ts';
import { openWeights, type StoredTensor, type TensorStore } from './shards.ts';

/** Options of `importHuggingFace`. */
export interface ImportOptions {
  /** Keys of `config.json` that the caller knows to be without effect on the logits. */
  readonly ignoreKeys?: readonly string[];
}

/** Where the rows of one weight come from. */
interface Source {
  readonly stored: StoredTensor;
  readonly transposed: boolean;
  /** First row of the stored tensor (first column of a transposed one). */
  readonly first: number;
}

/**
 * Imports a GPT-2, LLaMA, Mistral, Qwen2 or OPT model. Reads the configuration and the headers; weights are read by
 * `rows`. A tensor that is stored transposed is read whole for any of its rows, and the last one read is kept.
 *
 * @param resolve finds `config.json`, `model.safetensors` or the index and its shards
 * @throws ProofError `FILE_MISSING`, `FILE_NAME`; `CONFIG_*`, `ROPE_SCALING`; `TENSOR_MISSING`, `TENSOR_UNKNOWN`,
 *   `TENSOR_SHAPE`, `TENSOR_DTYPE`, `HEAD_DIFFERS`; what `openWeights` throws
 * @example
 * const model = await importHuggingFace(folderResolver('./models/zkdl-3m').resolve);
 * const row = await model.rows('layers.0.query.weight', 0, 1);
 */
export async function importHuggingFace(resolve: Resolver, options: ImportOptions = {}): Promise<FloatModel> {
  const json = await readJson(
    await openFile(resolve, CONFIG_FILE, CONFIG_FILE),
    CONFIG_FILE,
    MAX_CONFIG_BYTES,
  );
  if (!isObject(json))
    return refuse('CONFIG_VALUE', CONFIG_FILE, `expected an object, got ${describe(json)}`);
  const record = familyOf(json);
  const config = configReader(json);
  const architecture = record.readArchitecture(config);
  for (const key of ['model_type', 'architectures']) config.raw(key);
  config.must('is_encoder_decoder', false);
  config.must('add_cross_attention', false);
  config.finish(new Set([...HARMLESS_KEYS, ...(options.ignoreKeys ?? [])]));

  const store = await openWeights(resolve);
  const sources = placeWeights(record, architecture, store);
  const weights = weightShapes(architecture);
  const model: FloatModel = { architecture, weights, rows: rowReader(weights, sources) };
  await checkTiedHead(model, store);
  return model;
}

/** @throws ProofError `CONFIG_UNSUPPORTED` with the list of what is supported */
function familyOf(json: JsonObject): FamilyRecord {
  const type = json['model_type'];
  const record = typeof type === 'string' ? FAMILIES.get(type) : undefined;
  if (record === undefined) {
    const list = [...FAMILIES.keys()].join(', ');
    const detail = `expected one of ${list}, got ${describe(type)}`;
    return refuse('CONFIG_UNSUPPORTED', `${CONFIG_FILE}: model_type`, detail);
  }
  const classes = json['architectures'] ?? null;
  if (
    classes !== null &&
    !(Array.isArray(classes) && classes.length === 1 && classes[0] === record.className)
  ) {
    const got = Array.isArray(classes) ? JSON.stringify(classes).slice(0, 80) : describe(classes);
    refuse(
      'CONFIG_UNSUPPORTED',
      `${CONFIG_FILE}: architectures`,
      `expected ["${record.className}"], got ${got}`,
    );
  }
  return record;
}

/** Finds every weight of the architecture among the stored tensors, and a use for every stored tensor. */
function placeWeights(
  record: FamilyRecord,
  architecture: Architecture,
  store: TensorStore,
): ReadonlyMap<WeightName, Source> {
  const prefix = prefixOf(record, store);
  const used = new Set<string>([HEAD_TENSOR]);
  const sources = new Map<WeightName, Source>();
  for (const placement of placements(record, architecture, prefix)) {
    const { name, tensor, shape, transposed, first } = placement;
    const stored = store.get(tensor);
    if (stored === undefined) {
      return refuse('TENSOR_MISSING', tensor, `expected the tensor for ${name}, got none`);
    }
    used.add(tensor);
    checkStored(stored, shape);
    sources.set(name, { stored, transposed, first });
  }
  for (const [name, { source }] of store) {
    const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    if (!used.has(name) && !record.constants.test(bare)) {
      refuse(
        'TENSOR_UNKNOWN',
        stageOf(source.fileName, name),
        `expected tensors of ${record.className} only`,
      );
    }
  }
  return sources;
}

function prefixOf(record: FamilyRecord, store: TensorStore): string {
  const name = record.globals.embedding?.from as string;
  const prefix = record.prefixes.find((candidate) => store.has(candidate + name));
  if (prefix !== undefined) return prefix;
  const list = record.prefixes.map((candidate) => candidate + name).join(' or ');
  const some = [...store.keys()].slice(0, 3).map(quote).join(', ');
  return refuse(
    'TENSOR_MISSING',
    record.className,
    `expected ${list}, got ${some === '' ? 'no tensor' : some}`,
  );
}

function checkStored({ source, entry }: StoredTensor, expected: readonly number[]): void {
  if (shapeText(entry.shape) !== shapeText(expected)) {
    const detail = `expected ${shapeText(expected)} as ${CONFIG_FILE} says, got ${shapeText(entry.shape)}`;
    refuse('TENSOR_SHAPE', stageOf(source.fileName, entry.name), detail);
  }
  if (!/^(?:F16|BF16|F32|F64)$/.test(entry.dtype)) {
    const detail = `expected F16, BF16, F32 or F64, got ${entry.dtype}`;
    refuse('TENSOR_DTYPE', stageOf(source.fileName, entry.name), detail);
  }
}

type Rows = FloatModel['rows'];

function rowReader(weights: FloatModel['weights'], sources: ReadonlyMap<WeightName, Source>): Rows {
  let kept: { readonly stored: StoredTensor; readonly values: Promise<Float64Array> } | undefined;
  const whole = (stored: StoredTensor): Promise<Float64Array> => {
    if (kept?.stored !== stored) {
      const elements = stored.entry.shape.reduce((product, dim) => product * dim, 1);
      kept = { stored, values: readElements(stored.source, stored.entry, 0, elements) };
    }
    return kept.values;
  };
  return async (name, first, count) => {
    const [, columns] = rowsAndColumns(checkRows(weights, name, first, count));
    const { stored, transposed, first: offset } = sources.get(name) as Source;
    const { source, entry } = stored;
    const row = offset + first;
    const values = transposed
      ? columnsOf(await whole(stored), entry.shape[1] as number, row, count)
      : await readElements(source, entry, row * columns, count * columns);
    checkFinite(values, columns, first, `${stageOf(source.fileName, entry.name)} (${name})`);
    return values;
  };
}

/** Columns [first, first + count) of a row-major matrix, as rows. */
function columnsOf(matrix: Float64Array, stride: number, first: number, count: number): Float64Array {
  const length = matrix.length / stride;
  const values = new Float64Array(count * length);
  for (let j = 0; j < count; j++) {
    for (let i = 0; i < length; i++) values[j * length + i] = matrix[i * stride + first + j] as number;
  }
  return values;
}

/** A tied model may store its head a second time; then it must be the embedding. @throws ProofError `HEAD_DIFFERS` */
async function checkTiedHead(model: FloatModel, store: TensorStore): Promise<void> {
  const head = store.get(HEAD_TENSOR);
  if (!model.architecture.tied || head === undefined) return;
  const { vocab, width } = model.architecture;
  checkStored(head, [vocab, width]);
  const step = Math.max(1, Math.floor(2 ** 20 / width));
  for (let row = 0; row < vocab; row += step) {
    const count = Math.min(step, vocab - row);
    const stored = await readElements(head.source, head.entry, row * width, count * width);
    const embedding = await model.rows('embedding', row, count);
    const at = stored.findIndex((value, i) => value !== embedding[i]);
    if (at >= 0) {
      const detail = `expected the embedding (tie_word_embeddings), got another row ${row + Math.floor(at / width)}`;
      refuse('HEAD_DIFFERS', stageOf(head.source.fileName, HEAD_TENSOR), detail);
    }
  }
}
