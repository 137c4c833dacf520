/**
 * Writes a folder of random weights: tensor by tensor, in blocks, so that a model larger than memory can be made. The
 * folder appears under its name when it is complete; what fails leaves nothing behind.
 */
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { configReader } from '../../src/import/config.ts';
import { numberToHalf } from '../../src/import/dtype.ts';
import { FAMILIES, type FamilyRecord } from '../../src/import/families.ts';
import type { JsonObject } from '../../src/import/json.ts';
import type { Architecture, WeightName } from '../../src/import/model.ts';
import { placements } from '../../src/import/placements.ts';
import { generator, normal, spreadOf } from './random.ts';
import { byteTokenizer } from './tokenizer.ts';

/** How weights are stored. */
export type Dtype = 'F32' | 'F16' | 'BF16';

/** What to make. */
export interface RandomModel {
  readonly config: JsonObject;
  readonly seed: number;
  readonly dtype: Dtype;
  /** Shards: at most this many bytes of tensors each, but at least one tensor. `undefined`: one file. */
  readonly shardBytes: number | undefined;
  /** The bytes of a tokenizer.json; `undefined`: one token for each byte. */
  readonly tokenizer: Uint8Array | undefined;
}

interface Tensor {
  readonly tensor: string;
  readonly shape: readonly number[];
  /** A weight that lies in the tensor: decides its spread. */
  readonly name: WeightName;
  readonly fanIn: number;
}

/** Where files go; a test can hand in one that fails. */
export type Create = (path: string) => Promise<Pick<FileHandle, 'write' | 'close'>>;

const BLOCK = 2 ** 18; // elements written at once
const BYTES: Readonly<Record<Dtype, number>> = { F32: 4, F16: 2, BF16: 2 };

/**
 * @param folder must not exist yet
 * @returns the number of parameters
 * @throws Error of the file system; then nothing is left
 */
export async function writeRandomModel(
  folder: string,
  model: RandomModel,
  create: Create = (path) => open(path, 'wx'),
): Promise<number> {
  const record = FAMILIES.get(String(model.config['model_type'])) as FamilyRecord;
  const architecture = record.readArchitecture(configReader(model.config));
  const tensors = tensorsOf(record, architecture);
  if (existsSync(folder)) throw new Error(`folder: expected a new one, but ${folder} exists`);
  const partial = `${folder}.partial`;
  await mkdir(partial);
  try {
    await writeText(create, join(partial, 'config.json'), `${JSON.stringify(model.config, null, 2)}\n`);
    const tokenizer = model.tokenizer ?? byteTokenizer(architecture.vocab);
    await writeText(create, join(partial, 'tokenizer.json'), tokenizer);
    await writeWeights(partial, tensors, model, architecture.layers, create);
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
  return tensors.reduce((sum, { shape }) => sum + elements(shape), 0);
}

const elements = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

function tensorsOf(record: FamilyRecord, architecture: Architecture): Tensor[] {
  const tensors = new Map<string, Tensor>();
  for (const { name, tensor, shape, transposed } of placements(
    record,
    architecture,
    record.prefixes[0] as string,
  )) {
    const fanIn = (transposed ? shape[0] : shape[1]) ?? 1;
    if (!tensors.has(tensor)) tensors.set(tensor, { tensor, shape, name, fanIn });
  }
  return [...tensors.values()];
}

async function writeText(create: Create, path: string, content: string | Uint8Array): Promise<void> {
  const file = await create(path);
  try {
    await writeAll(file, typeof content === 'string' ? new TextEncoder().encode(content) : content);
  } finally {
    await file.close();
  }
}

async function writeAll(file: Pick<FileHandle, 'write'>, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at);
    at += bytesWritten;
  }
}

async function writeWeights(
  folder: string,
  tensors: readonly Tensor[],
  model: RandomModel,
  layers: number,
  create: Create,
): Promise<void> {
  const shards = shardsOf(tensors, model);
  const nameOf = (i: number): string => {
    const number = (n: number): string => String(n).padStart(5, '0');
    return model.shardBytes === undefined
      ? 'model.safetensors'
      : `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
  };
  for (const [i, shard] of shards.entries())
    await writeShard(join(folder, nameOf(i)), shard, model, layers, create);
  if (model.shardBytes === undefined) return;
  const total = tensors.reduce((sum, { shape }) => sum + elements(shape) * BYTES[model.dtype], 0);
  const weightMap = Object.fromEntries(
    shards.flatMap((shard, i) => shard.map(({ tensor }) => [tensor, nameOf(i)])),
  );
  const index = { metadata: { total_size: total }, weight_map: weightMap };
  await writeText(
    create,
    join(folder, 'model.safetensors.index.json'),
    `${JSON.stringify(index, null, 2)}\n`,
  );
}

function shardsOf(tensors: readonly Tensor[], { shardBytes, dtype }: RandomModel): Tensor[][] {
  const shards: Tensor[][] = [];
  let room = 0;
  for (const tensor of tensors) {
    const size = elements(tensor.shape) * BYTES[dtype];
    if (shards.length === 0 || size > room) {
      shards.push([]);
      room = shardBytes ?? Infinity;
    }
    (shards.at(-1) as Tensor[]).push(tensor);
    room -= size;
  }
  return shards;
}

async function writeShard(
  path: string,
  tensors: readonly Tensor[],
  model: RandomModel,
  layers: number,
  create: Create,
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let at = 0;
  for (const { tensor, shape } of tensors) {
    const end = at + elements(shape) * BYTES[model.dtype];
    header[tensor] = { dtype: model.dtype, shape, data_offsets: [at, end] };
    at = end;
  }
  const text = JSON.stringify(header);
  const json = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8)); // tensors are aligned to 8
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true);
  const file = await create(path);
  try {
    await writeAll(file, length);
    await writeAll(file, json);
    for (const tensor of tensors) await writeTensor(file, tensor, model, layers);
  } finally {
    await file.close();
  }
}

async function writeTensor(
  file: Pick<FileHandle, 'write'>,
  { tensor, shape, name, fanIn }: Tensor,
  { seed, dtype }: RandomModel,
  layers: number,
): Promise<void> {
  const { mean, deviation } = spreadOf(name, fanIn, layers);
  const next = generator(seed, tensor);
  const count = elements(shape);
  for (let at = 0; at < count; at += BLOCK) {
    const size = Math.min(BLOCK, count - at);
    const bytes = new Uint8Array(size * BYTES[dtype]);
    const put = putter(dtype, bytes);
    for (let i = 0; i < size; i++) put(i, mean + deviation * normal(next));
    await writeAll(file, bytes);
  }
}

function putter(dtype: Dtype, bytes: Uint8Array): (i: number, value: number) => void {
  const view = new DataView(bytes.buffer);
  switch (dtype) {
    case 'F32':
      return (i, value) => view.setFloat32(4 * i, value, true);
    case 'F16':
      return (i, value) => view.setUint16(2 * i, numberToHalf(value), true);
    case 'BF16': {
      // The upper half of the float32, rounded towards zero.
      const word = new DataView(new ArrayBuffer(4));
      return (i, value) => {
        word.setFloat32(0, value);
        view.setUint16(2 * i, word.getUint16(0), true);
      };
    }
  }
}
