/**
 * The weights of a folder: `model.safetensors`, or shards named by `model.safetensors.index.json`. The index and the
 * shards must agree exactly: each tensor stands in the shard that the index names, and no shard holds another.
 */
import { refuse } from '../errors/proof-error.ts';
import { describe, isObject, type Json } from './json.ts';
import { openFile, readJson, type Resolver } from './resolver.ts';
import { openSafetensors, type SafetensorsFile, stageOf, type TensorEntry } from './safetensors.ts';

export const WEIGHTS_FILE = 'model.safetensors';
export const INDEX_FILE = 'model.safetensors.index.json';
export const MAX_INDEX_BYTES = 2 ** 24;
export const MAX_SHARDS = 1024;

/** A tensor and the file that holds it. */
export interface StoredTensor {
  readonly source: SafetensorsFile;
  readonly entry: TensorEntry;
}

/** Every tensor of the folder by name. */
export type TensorStore = ReadonlyMap<string, StoredTensor>;

/**
 * Opens the weights of a folder; reads headers only. A folder with both files means `model.safetensors`.
 *
 * @throws ProofError `FILE_MISSING`, `FILE_NAME`, `INDEX_FIELDS`, `SHARD_COUNT`, `SHARD_TENSOR` (index and shard differ),
 *   of `openSafetensors` and `parseJson`
 */
export async function openWeights(resolve: Resolver): Promise<TensorStore> {
  const single = await resolve(WEIGHTS_FILE);
  if (single !== undefined) return storeOf([await openSafetensors(single, WEIGHTS_FILE)]);
  const index = await resolve(INDEX_FILE);
  if (index === undefined) {
    const detail = `expected it or ${INDEX_FILE}, got neither (pickled weights, *.bin, are not read)`;
    return refuse('FILE_MISSING', WEIGHTS_FILE, detail);
  }
  const byShard = readIndex(await readJson(index, INDEX_FILE, MAX_INDEX_BYTES));
  const shards: SafetensorsFile[] = [];
  for (const [name, expected] of byShard) {
    const shard = await openSafetensors(await openFile(resolve, name, INDEX_FILE), name);
    checkShard(shard, expected);
    shards.push(shard);
  }
  return storeOf(shards);
}

/** Names of tensors by shard. */
function readIndex(json: Json): ReadonlyMap<string, ReadonlySet<string>> {
  const map = isObject(json) ? json['weight_map'] : undefined;
  if (!isObject(map)) return refuse('INDEX_FIELDS', INDEX_FILE, 'expected an object weight_map');
  const byShard = new Map<string, Set<string>>();
  for (const [tensor, shard] of Object.entries(map)) {
    if (typeof shard !== 'string') {
      return refuse('INDEX_FIELDS', stageOf(INDEX_FILE, tensor), `expected a file, got ${describe(shard)}`);
    }
    const tensors = byShard.get(shard) ?? new Set();
    byShard.set(shard, tensors.add(tensor));
  }
  if (byShard.size === 0 || byShard.size > MAX_SHARDS) {
    refuse('SHARD_COUNT', INDEX_FILE, `expected 1 to ${MAX_SHARDS} shards, got ${byShard.size}`);
  }
  return byShard;
}

function checkShard(shard: SafetensorsFile, expected: ReadonlySet<string>): void {
  for (const name of expected) {
    if (!shard.tensors.has(name)) {
      refuse('SHARD_TENSOR', stageOf(shard.fileName, name), `expected the tensor that ${INDEX_FILE} names`);
    }
  }
  for (const name of shard.tensors.keys()) {
    if (!expected.has(name)) {
      refuse('SHARD_TENSOR', stageOf(shard.fileName, name), `expected only tensors that ${INDEX_FILE} names`);
    }
  }
}

/** Names are unique: within a file by its header, across shards because the index names one shard for each. */
function storeOf(sources: readonly SafetensorsFile[]): TensorStore {
  return new Map(
    sources.flatMap((source) =>
      [...source.tensors].map(([name, entry]) => [name, { source, entry }] as const),
    ),
  );
}
