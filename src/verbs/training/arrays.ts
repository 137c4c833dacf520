/**
 * Arrays of bytes as people have them: `.npy` files of uint8 (NumPy), and IDX files of unsigned bytes (the format of MNIST). Strict: a file
 * is exactly what its header says.
 */
import { refuse } from '../../errors/proof-error.ts';
import { readInput } from '../files.ts';

export interface ByteArray {
  /** One size or more, all positive. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Uint8Array;
}

/** NumPy itself refuses headers beyond 10,000 bytes. */
const MAX_HEADER = 10_000;
const MAX_DIMENSIONS = 8;
const MAX_CELLS = 2 ** 31;

/**
 * Reads an array.
 *
 * @throws ProofError `FILE_*`; `ARRAY` naming path and cause for a file that is none, or is cut short
 * @example
 * const { shape, data } = readArray('train-images-idx3-ubyte'); // [60000, 28, 28]
 */
export function readArray(path: string): ByteArray {
  return decodeArray(path, readInput(path));
}

/** Types of the cells of `.npy` files by what their headers say, with their names and bytes. */
export type ItemTypes = Readonly<Record<string, { readonly name: string; readonly bytes: number }>>;
const BYTES: ItemTypes = { '|u1': { name: 'uint8', bytes: 1 } };

/** @param path for errors, @throws ProofError `ARRAY` */
export function decodeArray(path: string, bytes: Uint8Array): ByteArray {
  if (bytes[0] === 0x93) {
    const { shape, data } = readNpy(path, bytes, BYTES);
    return { shape, data };
  }
  if (bytes[0] === 0 && bytes[1] === 0) return readIdx(path, bytes);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) wrong(path, 'expected an array, got a gzip file: unpack it');
  return wrong(path, 'expected a .npy file of uint8 or an IDX file of unsigned bytes, got another file');
}

/** 0, 0, 8 for unsigned bytes, number of dimensions; sizes as u32, big-endian; bytes. */
function readIdx(path: string, bytes: Uint8Array): ByteArray {
  const [type, dimensions] = [bytes[2], bytes[3]];
  if (dimensions === undefined)
    wrong(path, `expected 4 bytes at least, got ${bytes.length}: it is cut short`);
  if (type !== 8) wrong(path, `expected unsigned bytes, type 8, got type ${type}`);
  checkDimensions(path, dimensions);
  const head = 4 + 4 * dimensions;
  if (bytes.length < head)
    wrong(path, `expected a header of ${head} bytes, got ${bytes.length}: it is cut short`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const shape = Array.from({ length: dimensions }, (_, d) => view.getUint32(4 + 4 * d));
  return { shape, data: bodyOf(path, shape, bytes.subarray(head)) };
}

/**
 * Magic, version, length of a header that is a Python literal; bytes. Format: NumPy Enhancement Proposal 1.
 *
 * @param types that are read
 * @returns cells as the bytes of the file have them
 * @throws ProofError `ARRAY`
 */
export function readNpy(
  path: string,
  bytes: Uint8Array,
  types: ItemTypes,
): ByteArray & { readonly itemBytes: number } {
  const magic = String.fromCharCode(...bytes.subarray(1, 6));
  const [major, minor] = [bytes[6], bytes[7]];
  if (magic !== 'NUMPY') wrong(path, 'expected the magic of a .npy file, got another');
  if (major === undefined || major < 1 || major > 3 || minor !== 0) {
    wrong(path, `expected version 1.0, 2.0 or 3.0, got ${major}.${minor}`);
  }
  const start = major === 1 ? 10 : 12;
  if (bytes.length < start)
    wrong(path, `expected ${start} bytes at least, got ${bytes.length}: it is cut short`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER) wrong(path, `expected a header of at most ${MAX_HEADER} bytes, got ${length}`);
  if (bytes.length < start + length) {
    wrong(path, `expected a header of ${length} bytes, got ${bytes.length - start}: it is cut short`);
  }
  const header = String.fromCharCode(...bytes.subarray(start, start + length));
  const { shape, itemBytes } = npyShape(path, header, types);
  return { shape, itemBytes, data: bodyOf(path, shape, bytes.subarray(start + length), itemBytes) };
}

/** The three keys that every header has, in any order, and nothing else. */
function npyShape(
  path: string,
  header: string,
  types: ItemTypes,
): { readonly shape: number[]; readonly itemBytes: number } {
  const fields = new Map<string, string>();
  const inner =
    /^\{(.*)\} *\n?$/s.exec(header)?.[1] ?? wrong(path, 'expected a header in braces, got another');
  const field = /\s*'(descr|fortran_order|shape)'\s*:\s*('[^']*'|True|False|\([\d\s,]*\))\s*(?:,|$)/y;
  for (field.lastIndex = 0; field.lastIndex < inner.length && inner.slice(field.lastIndex).trim() !== '';) {
    const [, name, value] =
      field.exec(inner) ?? wrong(path, 'expected descr, fortran_order and shape in its header');
    if (fields.has(name as string)) wrong(path, `expected ${name} once in its header, got it twice`);
    fields.set(name as string, value as string);
  }
  const [type, order, shape] = ['descr', 'fortran_order', 'shape'].map((name) => fields.get(name));
  const known = type === undefined ? '' : type.slice(1, -1);
  const { bytes: itemBytes } =
    (Object.hasOwn(types, known) ? types[known] : undefined) ?? otherType(path, type, types);
  if (order !== 'False') wrong(path, 'expected rows one behind the other, got another order of cells');
  const sizes = /^\(\s*(\d{1,10}(?:\s*,\s*\d{1,10})*)\s*,?\s*\)$/.exec(shape ?? '')?.[1];
  if (sizes === undefined) return wrong(path, 'expected a shape of one dimension or more in its header');
  const list = sizes.split(',').map(Number);
  checkDimensions(path, list.length);
  return { shape: list, itemBytes };
}

function otherType(path: string, type: string | undefined, types: ItemTypes): never {
  const expected = Object.entries(types).map(([known, { name }]) => `${name}, '${known}'`);
  const [last] = Object.values(types).slice(-1) as [ItemTypes[string]];
  const hint = `convert it with .astype('${last.name}')`;
  return wrong(path, `expected ${expected.join(', or ')}, got ${type?.slice(0, 16)}: ${hint}`);
}

function checkDimensions(path: string, count: number): void {
  if (count < 1 || count > MAX_DIMENSIONS) {
    wrong(path, `expected 1 to ${MAX_DIMENSIONS} dimensions, got ${count}`);
  }
}

function bodyOf(path: string, shape: readonly number[], data: Uint8Array, itemBytes = 1): Uint8Array {
  const zero = shape.findIndex((size) => size < 1);
  if (zero >= 0) wrong(path, `dimension ${zero}: expected a positive size, got ${shape[zero]}`);
  const cells = shape.reduce((product, size) => product * size, 1);
  if (cells >= MAX_CELLS) wrong(path, `expected below 2^31 cells, got ${cells}`);
  const expected = itemBytes * cells;
  if (data.length !== expected) {
    const why = data.length < expected ? ': it is cut short' : '';
    wrong(path, `expected ${expected} bytes of shape [${shape.join(', ')}], got ${data.length}${why}`);
  }
  return data;
}

function wrong(path: string, detail: string): never {
  return refuse('ARRAY', path, detail);
}
