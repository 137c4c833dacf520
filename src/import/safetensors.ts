/**
 * The safetensors format: u64 length, a JSON header of that length, then the bytes of the tensors without a gap.
 * The whole header is validated before anything else is read or allocated.
 *
 * Source: github.com/huggingface/safetensors, README, "Format". Stricter here: 16 MiB of header instead of 100 MB, and
 * limits on count, rank and length of names.
 */
import { refuse } from '../errors/proof-error.ts';
import { decodeFloats, DTYPE_BYTES } from './dtype.ts';
import { describe, isObject, type Json, type JsonObject, parseJson, quote } from './json.ts';
import { type ModelFile, readBytes } from './resolver.ts';

export const MAX_HEADER_BYTES = 2 ** 24;
export const MAX_TENSORS = 2 ** 16;
export const MAX_TENSOR_NAME = 256;
export const MAX_RANK = 8;
const LENGTH_BYTES = 8;

/** A tensor of a file: where it lies and what it is. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Offset of the first byte in the file. */
  readonly offset: number;
  readonly byteLength: number;
}

/** An opened safetensors file; nothing but the header has been read. */
export interface SafetensorsFile {
  readonly fileName: string;
  readonly file: ModelFile;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/**
 * Reads and validates the header of a safetensors file.
 *
 * @param fileName named in errors
 * @throws ProofError `FILE_TRUNCATED`; `HEADER_LENGTH`, `HEADER_START`, `TENSOR_COUNT`, `TENSOR_NAME`, `TENSOR_FIELDS`,
 *   `TENSOR_DTYPE`, `TENSOR_SHAPE`, `TENSOR_OFFSETS`, `TENSOR_GAP`, `TENSOR_OVERLAP`, `TRAILING_BYTES`; of `parseJson`
 */
export async function openSafetensors(file: ModelFile, fileName: string): Promise<SafetensorsFile> {
  const prefix = await readBytes(file, fileName, 0, LENGTH_BYTES);
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length < 2n || length > BigInt(MAX_HEADER_BYTES)) {
    refuse('HEADER_LENGTH', fileName, `expected a header of 2 to ${MAX_HEADER_BYTES} bytes, got ${length}`);
  }
  const header = await readBytes(file, fileName, LENGTH_BYTES, Number(length));
  if (header[0] !== 0x7b) refuse('HEADER_START', fileName, 'expected a header that begins with "{"');
  const json = parseJson(header, fileName) as JsonObject;
  const dataStart = LENGTH_BYTES + Number(length);
  const entries = readEntries(json, fileName, dataStart);
  checkCover(entries, fileName, dataStart, file.size);
  return { fileName, file, tensors: new Map(entries.map((entry) => [entry.name, entry])) };
}

function readEntries(header: JsonObject, fileName: string, dataStart: number): TensorEntry[] {
  const names = Object.keys(header).filter((name) => name !== '__metadata__');
  checkMetadata(header['__metadata__'], fileName);
  if (names.length > MAX_TENSORS) {
    refuse('TENSOR_COUNT', fileName, `expected at most ${MAX_TENSORS} tensors, got ${names.length}`);
  }
  return names.map((name) => readEntry(name, header[name] as Json, fileName, dataStart));
}

function checkMetadata(metadata: Json | undefined, fileName: string): void {
  if (metadata === undefined) return;
  if (!isObject(metadata) || Object.values(metadata).some((value) => typeof value !== 'string')) {
    refuse('METADATA', fileName, 'expected __metadata__ to map strings to strings');
  }
}

function readEntry(name: string, value: Json, fileName: string, dataStart: number): TensorEntry {
  if (name.length === 0 || name.length > MAX_TENSOR_NAME) {
    refuse(
      'TENSOR_NAME',
      fileName,
      `expected a name of 1 to ${MAX_TENSOR_NAME} characters, got ${name.length}`,
    );
  }
  const stage = stageOf(fileName, name);
  if (!isObject(value) || Object.keys(value).sort().join() !== 'data_offsets,dtype,shape') {
    return refuse('TENSOR_FIELDS', stage, 'expected exactly dtype, shape and data_offsets');
  }
  const dtype = value['dtype'];
  const width = typeof dtype === 'string' ? DTYPE_BYTES.get(dtype) : undefined;
  if (width === undefined) {
    const known = [...DTYPE_BYTES.keys()].join(', ');
    return refuse('TENSOR_DTYPE', stage, `expected one of ${known}, got ${describe(dtype)}`);
  }
  const shape = readShape(value['shape'], stage);
  const [start, end] = readOffsets(value['data_offsets'], stage);
  const byteLength = end - start;
  // The product is below 2^53 by `readShape`; times 8 it is still exact as an integer below 2^56 times a power of two.
  const expected = shape.reduce((product, dim) => product * dim, 1) * width;
  if (byteLength !== expected) {
    const what = `${dtype as string} ${shapeText(shape)}`;
    refuse('TENSOR_OFFSETS', stage, `expected ${expected} bytes for ${what}, got ${byteLength}`);
  }
  return { name, dtype: dtype as string, shape, offset: dataStart + start, byteLength };
}

/** Dimensions whose product, and every product on the way, is an integer below 2^53. */
function readShape(value: Json | undefined, stage: string): readonly number[] {
  if (!Array.isArray(value) || value.length > MAX_RANK) {
    return refuse('TENSOR_SHAPE', stage, `expected an array of at most ${MAX_RANK} dimensions`);
  }
  let product = 1;
  for (const dim of value as readonly Json[]) {
    if (!isCount(dim)) return refuse('TENSOR_SHAPE', stage, `expected dimensions, got ${describe(dim)}`);
    // A zero must not hide what the other dimensions would overflow.
    product *= Math.max(dim, 1);
    if (!Number.isSafeInteger(product)) {
      refuse('TENSOR_SHAPE', stage, 'expected fewer than 2^53 elements, got more');
    }
  }
  return value as readonly number[];
}

function readOffsets(value: Json | undefined, stage: string): readonly [number, number] {
  const [start, end] = (Array.isArray(value) ? value : []) as readonly Json[];
  if (!Array.isArray(value) || value.length !== 2 || !isCount(start) || !isCount(end) || start > end) {
    return refuse('TENSOR_OFFSETS', stage, 'expected data_offsets [start, end] with start <= end');
  }
  return [start, end];
}

/** The tensors tile the bytes after the header: in order of their offsets each begins where the last one ended. */
function checkCover(entries: readonly TensorEntry[], fileName: string, start: number, size: number): void {
  const sorted = [...entries].sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  let at = start;
  for (const { name, offset, byteLength } of sorted) {
    const stage = stageOf(fileName, name);
    if (offset > at) refuse('TENSOR_GAP', stage, `expected offset ${at - start}, got ${offset - start}`);
    if (offset < at) refuse('TENSOR_OVERLAP', stage, `expected offset ${at - start}, got ${offset - start}`);
    at += byteLength;
  }
  if (at > size) refuse('FILE_TRUNCATED', fileName, `expected ${at} bytes, got ${size}`);
  if (at < size) refuse('TRAILING_BYTES', fileName, `expected ${at} bytes, got ${size}`);
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}

/** `file: tensor`, the stage of errors about a tensor. */
export function stageOf(fileName: string, tensor: string): string {
  return `${fileName}: ${tensor.length <= 120 ? tensor : quote(tensor)}`;
}

/** A shape in an error message. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/**
 * Elements [first, first + count) of a tensor in row-major order, exactly.
 * @throws ProofError `TENSOR_DTYPE` for a tensor that holds no floats, `FILE_TRUNCATED`
 */
export async function readElements(
  source: SafetensorsFile,
  entry: TensorEntry,
  first: number,
  count: number,
): Promise<Float64Array> {
  const width = DTYPE_BYTES.get(entry.dtype) as number;
  if (first < 0 || count < 0 || (first + count) * width > entry.byteLength) {
    throw new RangeError(`first, count: expected a range of ${entry.name}, got ${first}, ${count}`);
  }
  const bytes = await readBytes(source.file, source.fileName, entry.offset + first * width, count * width);
  return decodeFloats(entry.dtype, bytes, stageOf(source.fileName, entry.name));
}
