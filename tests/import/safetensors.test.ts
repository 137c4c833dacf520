/** The safetensors reader: limits (IMP-1), malformed headers (IMP-4), exact values (IMP-6). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFloats, halfToNumber, numberToHalf } from '../../src/import/dtype.ts';
import { fileOfBytes, type ModelFile } from '../../src/import/resolver.ts';
import {
  MAX_HEADER_BYTES,
  MAX_RANK,
  MAX_TENSOR_NAME,
  MAX_TENSORS,
  openSafetensors,
  readElements,
  type SafetensorsFile,
} from '../../src/import/safetensors.ts';
import { asyncRefusal, safetensorsOf } from '../support/models.ts';

const open = (bytes: Uint8Array): Promise<SafetensorsFile> =>
  openSafetensors(fileOfBytes(bytes), 'a.safetensors');
const codeOf = async (bytes: Uint8Array): Promise<string> => (await asyncRefusal(open(bytes))).code;
const tensor = (dtype: string, shape: readonly unknown[], start: unknown, end: unknown): string =>
  JSON.stringify({ dtype, shape, data_offsets: [start, end] });
const one = (text: string, data = 0): Uint8Array => safetensorsOf(`{"t":${text}}`, new Uint8Array(data));

describe('accepted', () => {
  test('tensors in any order, scalars, empty tensors, metadata, padding', async () => {
    const header = `{"__metadata__":{"format":"pt"},"b":${tensor('F32', [2, 2], 4, 20)},"a":${tensor('F32', [], 0, 4)},"e":${tensor('U8', [3, 0], 20, 20)}}   `;
    const data = new Uint8Array(Float32Array.of(7, 1, 2, 3, 4).buffer);
    const file = await open(safetensorsOf(header, data));
    expect([...file.tensors.keys()].sort()).toEqual(['a', 'b', 'e']);
    const b = file.tensors.get('b');
    expect(b && (await readElements(file, b, 1, 2))).toEqual(Float64Array.of(2, 3));
    await expect(readElements(file, b as never, 3, 2)).rejects.toThrow(RangeError);
  });
});

describe('limits: at the limit and one beyond (IMP-1)', () => {
  test('bytes of the header', async () => {
    const header = (length: number): Uint8Array => safetensorsOf('{}'.padEnd(length));
    expect((await open(header(MAX_HEADER_BYTES))).tensors.size).toBe(0);
    expect(await codeOf(header(MAX_HEADER_BYTES + 1))).toBe('HEADER_LENGTH');
    expect((await open(header(2))).tensors.size).toBe(0);
    for (const length of [0n, 1n, 2n ** 31n, 2n ** 53n, 2n ** 64n - 1n]) {
      const bytes = new Uint8Array(16);
      new DataView(bytes.buffer).setBigUint64(0, length, true);
      expect(await codeOf(bytes)).toBe('HEADER_LENGTH');
    }
  });

  test('rank, names, number of tensors, nesting', async () => {
    const rank = (r: number): Uint8Array => one(tensor('U8', new Array(r).fill(1), 0, 1), 1);
    expect((await open(rank(MAX_RANK))).tensors.size).toBe(1);
    expect(await codeOf(rank(MAX_RANK + 1))).toBe('TENSOR_SHAPE');
    const name = (length: number): Uint8Array =>
      safetensorsOf(`{"${'n'.repeat(length)}":${tensor('U8', [0], 0, 0)}}`);
    expect((await open(name(MAX_TENSOR_NAME))).tensors.size).toBe(1);
    expect(await codeOf(name(MAX_TENSOR_NAME + 1))).toBe('TENSOR_NAME');
    expect(await codeOf(name(0))).toBe('TENSOR_NAME');
    const many = (count: number): Uint8Array =>
      safetensorsOf(
        `{${Array.from({ length: count }, (_, i) => `"${i}":${tensor('U8', [0], 0, 0)}`).join()}}`,
      );
    expect((await open(many(MAX_TENSORS))).tensors.size).toBe(MAX_TENSORS);
    expect(await codeOf(many(MAX_TENSORS + 1))).toBe('TENSOR_COUNT');
    expect(await codeOf(safetensorsOf(`{"t":${'['.repeat(10_000)}`))).toBe('JSON_DEPTH');
  });

  test('elements below 2^53, zeros hiding nothing', async () => {
    // 6361 * 69431 * 20394401 = 2^53 - 1
    const largest = [6361, 69431, 20394401];
    expect(largest.reduce((a, b) => a * b)).toBe(Number.MAX_SAFE_INTEGER);
    const shape = (dims: readonly unknown[], end = 0): Promise<string> =>
      codeOf(one(tensor('U8', dims, 0, end)));
    // Fits the number of elements, and the file is too short for it.
    expect(await shape(largest, Number.MAX_SAFE_INTEGER)).toBe('FILE_TRUNCATED');
    expect(await shape([2 ** 26, 2 ** 27])).toBe('TENSOR_SHAPE');
    expect(await shape([0, 2 ** 26, 2 ** 27])).toBe('TENSOR_SHAPE');
    expect(await shape([2 ** 53])).toBe('TENSOR_SHAPE');
    for (const dim of [-1, 1.5, '1', null, true, [1]]) expect(await shape([dim])).toBe('TENSOR_SHAPE');
    expect(await codeOf(safetensorsOf('{"t":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}'))).toBe(
      'TENSOR_SHAPE',
    );
    expect(await codeOf(safetensorsOf('{"t":{"dtype":"U8","shape":[1e400],"data_offsets":[0,0]}}'))).toBe(
      'TENSOR_SHAPE',
    );
  });
});

describe('refused (IMP-4), each by one check', () => {
  const F = (start: number, end: number, n: number): string => tensor('U8', [n], start, end);
  const cases: readonly (readonly [string, string, Uint8Array])[] = [
    ['an empty file', 'FILE_TRUNCATED', new Uint8Array(0)],
    ['seven bytes', 'FILE_TRUNCATED', new Uint8Array(7)],
    ['a header beyond the end', 'FILE_TRUNCATED', safetensorsOf('{}').subarray(0, 9)],
    ['space before the header', 'HEADER_START', safetensorsOf(' {}')],
    ['an array', 'HEADER_START', safetensorsOf('[]')],
    ['two headers', 'JSON_SYNTAX', safetensorsOf('{}{}')],
    ['invalid UTF-8', 'JSON_UTF8', safetensorsOf('{"a":1}').map((byte) => (byte === 0x61 ? 0xff : byte))],
    [
      'a name twice',
      'JSON_DUPLICATE_KEY',
      safetensorsOf(`{"t":${F(0, 1, 1)},"t":${F(0, 1, 1)}}`, new Uint8Array(1)),
    ],
    [
      'a name twice, once escaped',
      'JSON_DUPLICATE_KEY',
      safetensorsOf(`{"t":${F(0, 1, 1)},"\\u0074":${F(0, 1, 1)}}`, new Uint8Array(1)),
    ],
    [
      'a key twice in a tensor',
      'JSON_DUPLICATE_KEY',
      one('{"dtype":"U8","dtype":"I8","shape":[0],"data_offsets":[0,0]}'),
    ],
    ['metadata of numbers', 'METADATA', safetensorsOf('{"__metadata__":{"a":1}}')],
    ['metadata that is a list', 'METADATA', safetensorsOf('{"__metadata__":["a"]}')],
    ['a missing field', 'TENSOR_FIELDS', one('{"dtype":"U8","shape":[0]}')],
    ['a field too many', 'TENSOR_FIELDS', one('{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}')],
    ['a tensor that is a number', 'TENSOR_FIELDS', one('5')],
    ['an unknown type', 'TENSOR_DTYPE', one(tensor('F4', [0], 0, 0))],
    ['a type that is a number', 'TENSOR_DTYPE', one('{"dtype":5,"shape":[0],"data_offsets":[0,0]}')],
    ['a type named as a method', 'TENSOR_DTYPE', one(tensor('constructor', [0], 0, 0))],
    ['offsets that end before they start', 'TENSOR_OFFSETS', one(tensor('U8', [1], 1, 0), 1)],
    ['three offsets', 'TENSOR_OFFSETS', one('{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}')],
    ['a negative offset', 'TENSOR_OFFSETS', one(tensor('U8', [1], -1, 0), 1)],
    ['an offset beyond 2^53', 'TENSOR_OFFSETS', one(tensor('U8', [1], 0, 2 ** 60), 1)],
    ['too few bytes for the shape', 'TENSOR_OFFSETS', one(tensor('F32', [2], 0, 4), 4)],
    ['a gap at the start', 'TENSOR_GAP', one(F(1, 2, 1), 2)],
    [
      'a gap between',
      'TENSOR_GAP',
      safetensorsOf(`{"a":${F(0, 1, 1)},"b":${F(2, 3, 1)}}`, new Uint8Array(3)),
    ],
    [
      'an overlap',
      'TENSOR_OVERLAP',
      safetensorsOf(`{"a":${F(0, 2, 2)},"b":${F(1, 3, 2)}}`, new Uint8Array(3)),
    ],
    [
      'one place for two',
      'TENSOR_OVERLAP',
      safetensorsOf(`{"a":${F(0, 2, 2)},"b":${F(0, 2, 2)}}`, new Uint8Array(2)),
    ],
    ['missing bytes', 'FILE_TRUNCATED', one(F(0, 2, 2), 1)],
    ['trailing bytes', 'TRAILING_BYTES', one(F(0, 2, 2), 3)],
    ['trailing bytes after nothing', 'TRAILING_BYTES', safetensorsOf('{}', new Uint8Array(1))],
  ];
  test.each(cases)('%s: %s', async (_, code, bytes) => {
    const refused = await asyncRefusal(open(bytes));
    expect(refused.code).toBe(code);
    expect(refused.stage).toMatch(/^a\.safetensors/);
  });

  test('a prototype is no tensor and a tensor is no prototype', async () => {
    const file = await open(
      safetensorsOf(`{"__proto__":${F(0, 1, 1)},"constructor":${F(1, 2, 1)}}`, new Uint8Array(2)),
    );
    expect([...file.tensors.keys()]).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['dtype']).toBeUndefined();
  });

  test('a resolver that returns fewer bytes than it promised', async () => {
    const bytes = one(F(0, 2, 2), 2);
    const liar: ModelFile = {
      size: bytes.length,
      read: (at, n) => Promise.resolve(bytes.subarray(at, at + n - 1)),
    };
    expect((await asyncRefusal(openSafetensors(liar, 'x'))).code).toBe('FILE_TRUNCATED');
  });
});

describe('values are exact (IMP-6)', () => {
  test('every f16: known values, and there and back', () => {
    const known: readonly (readonly [number, number])[] = [
      [0x0000, 0],
      [0x8000, -0],
      [0x0001, 2 ** -24],
      [0x83ff, -(2 ** -14) + 2 ** -24],
      [0x0400, 2 ** -14],
      [0x3555, 0.333251953125],
      [0x3c00, 1],
      [0xc000, -2],
      [0x7bff, 65504],
      [0x7c00, Infinity],
      [0xfc00, -Infinity],
      [0x7e00, NaN],
    ];
    for (const [bits, value] of known) expect(halfToNumber(bits)).toBe(value);
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = halfToNumber(bits);
      if (!Number.isNaN(value)) expect(numberToHalf(value)).toBe(bits);
    }
  });

  test('rounding to f16 is to the nearest, ties to even', () => {
    const finite = Array.from({ length: 0x7c00 }, (_, bits) => bits);
    fc.assert(
      fc.property(
        fc.constantFrom(...finite.slice(0, -1)),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (bits, t) => {
          const [low, high] = [halfToNumber(bits), halfToNumber(bits + 1)];
          const value = low + (high - low) * t;
          const [down, up] = [value - low, high - value];
          const nearest = down < up ? bits : down > up ? bits + 1 : bits + (bits & 1);
          expect(numberToHalf(value)).toBe(nearest);
          expect(numberToHalf(-value)).toBe(nearest | 0x8000);
        },
      ),
      { seed: 5, numRuns: 5000 },
    );
    expect(numberToHalf(65519.9)).toBe(0x7bff);
    expect(numberToHalf(65520)).toBe(0x7c00);
    expect(numberToHalf(2 ** -25)).toBe(0);
  });

  test('bf16, f32, f64 keep -0, subnormals, infinities and NaN', () => {
    const words = (bits: readonly number[], width: 2 | 4): Uint8Array => {
      const view = new DataView(new ArrayBuffer(bits.length * width));
      bits.forEach((word, i) =>
        width === 2 ? view.setUint16(2 * i, word, true) : view.setUint32(4 * i, word, true),
      );
      return new Uint8Array(view.buffer);
    };
    expect(decodeFloats('BF16', words([0x3f80, 0x8000, 0x0001, 0x7f80, 0x7fc0, 0xc2f7], 2), 's')).toEqual(
      Float64Array.of(1, -0, 2 ** -133, Infinity, NaN, -123.5),
    );
    expect(decodeFloats('F32', words([0x80000000, 0x00000001, 0xff800000, 0x7fc00000], 4), 's')).toEqual(
      Float64Array.of(-0, 2 ** -149, -Infinity, NaN),
    );
    const doubles = Float64Array.of(-0, 5e-324, 0.1, Infinity, NaN);
    expect(decodeFloats('F64', new Uint8Array(doubles.buffer), 's')).toEqual(doubles);
  });

  test('types that are no floats are refused by name when they are read', async () => {
    for (const dtype of ['U8', 'I8', 'BOOL', 'F8_E4M3', 'F8_E5M2']) {
      const file = await open(one(tensor(dtype, [4], 0, 4), 4));
      const refused = await asyncRefusal(readElements(file, file.tensors.get('t') as never, 0, 4));
      expect(refused.code).toBe('TENSOR_DTYPE');
      expect(refused.message).toContain(dtype);
    }
  });
});
