/** STM-1 for programs: every leaf changes the digest, and nothing else does. */
import { describe, expect, test } from 'vitest';
import { primeField } from '../../src/field/prime-field.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { byteWriter } from '../../src/relation/byte-writer.ts';
import { programDigest } from '../../src/relation/digest.ts';
import type { Program } from '../../src/relation/program.ts';
import { exampleProgram } from '../support/example-programs.ts';
import { valueMutants } from '../support/value-mutants.ts';
import { hex } from '../support/transcript.ts';

const digest = (program: Program): string => hex(programDigest(koalaBear, program));

describe('the digest of a program', () => {
  test('changes with every number, name, list and choice', () => {
    const seen = new Map([[digest(exampleProgram()), 'the example']]);
    let count = 0;
    for (const [path, mutant] of valueMutants(exampleProgram(), 'program')) {
      const own = digest(mutant as Program);
      expect(`${path}: ${seen.get(own)}`).toBe(`${path}: undefined`);
      seen.set(own, path);
      count++;
    }
    expect(count).toBeGreaterThan(500);
  });

  test('changes with every kind', () => {
    const one = exampleProgram();
    const [statics, , witness] = one.tensors;
    const values = Array.from({ length: 20 }, () => 0);
    const tensors = [
      statics!,
      { kind: 'witness', name: 'W', shape: [5, 4] } as const,
      { kind: 'public', name: 'W', shape: [5, 4], values } as const,
    ].map((tensor) => digest({ ...one, tensors: [tensor, witness!] }));
    const column = { kind: 'dense', values: Uint32Array.from([0]) } as const;
    const columns = [column, { kind: 'range', first: 0 } as const].map((own) =>
      digest({ ...one, tables: [{ name: 'a', rows: 1, columns: [own] }] }),
    );
    const terms = [{ coefficient: 1, views: [], sums: [] }];
    const relations = [
      { kind: 'zero', name: 'r', indices: [], terms } as const,
      { kind: 'lookup', name: 'r', indices: [], table: 'a', entries: [terms] } as const,
      { kind: 'lookup', name: 'r', indices: [], table: 'a', entries: [terms, []] } as const,
      { kind: 'lookup', name: 'r', indices: [], table: 'a', entries: [[], terms] } as const,
    ].map((relation) => digest({ ...one, relations: [relation] }));
    const coordinates = [
      { kind: 'affine', parts: [{ index: 't', stride: 1 }], offset: 0 } as const,
      { kind: 'gather', index: 't', positions: [0, 1, 2] } as const,
    ].map((coordinate) => {
      const views = [{ tensor: 'b', coordinates: [coordinate] }];
      const indices = [{ name: 't', size: 3 }];
      const term = { coefficient: 1, views, sums: [] };
      return digest({ ...one, relations: [{ kind: 'zero', name: 'r', indices, terms: [term] }] });
    });
    const all = [...tensors, ...columns, ...relations, ...coordinates];
    expect(new Set(all).size).toBe(all.length);
  });

  test('of public values that are named by their source: the source, whatever the values', () => {
    const one = exampleProgram();
    const named = (shape: readonly number[], source: Uint8Array, value = 0): string => {
      const values = new Array<number>(shape.reduce((a, x) => a * x, 1)).fill(value);
      const tensor = { kind: 'public', name: 'seeded', shape, values, source } as const;
      return digest({ ...one, tensors: [...one.tensors, tensor] });
    };
    const source = new Uint8Array(32).fill(1);
    const other = source.slice();
    other[31] = 2;
    expect(named([4, 2], source, 5)).toBe(named([4, 2], source));
    const all = [named([4, 2], source), named([2, 4], source), named([4, 2], other)];
    // The words of the source as values.
    const values = Array.from({ length: 8 }, () => 0x01010101);
    const written = { kind: 'public', name: 'seeded', shape: [4, 2], values } as const;
    all.push(digest({ ...one, tensors: [...one.tensors, written] }));
    expect(new Set(all).size).toBe(all.length);
  });

  test('is the same however a program was built', () => {
    const reversed = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(reversed)
        : typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([key, own]) => [key, reversed(own)]),
            )
          : value;
    const one = exampleProgram();
    const other = reversed(exampleProgram()) as Program;
    const typed: Program = {
      ...other,
      tensors: other.tensors.map((tensor) =>
        tensor.kind === 'public'
          ? { ...tensor, values: Int32Array.from(tensor.values) }
          : tensor.kind === 'static'
            ? { ...tensor, group: tensor.group ?? 0 }
            : tensor,
      ),
    };
    expect(Object.keys(typed)).not.toEqual(Object.keys(one));
    expect(digest(typed)).toBe(digest(one));
  });

  test('binds the field, and holds integers as they are', () => {
    const one = exampleProgram();
    expect(hex(programDigest(primeField(97), one))).not.toBe(digest(one));
    const withValue = (value: number): string =>
      digest({ ...one, tensors: [{ kind: 'public', name: 'v', shape: [1], values: [value] }] });
    expect(withValue(-1)).not.toBe(withValue(koalaBear.modulus - 1));
    expect(() => withValue(2 ** 31)).toThrow(RangeError);
    expect(() => withValue(0.5)).toThrow(RangeError);
  });
});

test('the writer grows, and writes what it says', () => {
  const writer = byteWriter();
  writer.text('ab'.repeat(150));
  writer.integer(-2);
  writer.signedWords([-1, 1]);
  writer.byte(7);
  const bytes = writer.bytes();
  expect(bytes.length).toBe(4 + 300 + 8 + 4 + 8 + 1);
  expect(Array.from(bytes.subarray(0, 6))).toEqual([44, 1, 0, 0, 97, 98]);
  expect(hex(bytes.subarray(304))).toBe('feffffffffffffff' + '02000000' + 'ffffffff' + '01000000' + '07');
  expect(() => writer.byte(256)).toThrow(RangeError);
  expect(() => writer.word(-1)).toThrow(RangeError);
  expect(() => writer.integer(2 ** 53)).toThrow(RangeError);
  expect(() => writer.text('é')).toThrow(RangeError);
});
