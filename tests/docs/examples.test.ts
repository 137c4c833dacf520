/** Examples in docstrings and in the guide are programs: they run, and the values in their comments are right. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as tensor from '../../src/tensor/index.ts';
import { examplesOf, programOf, runExample } from './extract.ts';

const FOLDER = join(import.meta.dirname, '../../src/tensor');
/** Files whose functions are methods, or the entry: each of these needs an example. */
const PUBLIC = [
  'context',
  'convert',
  'create',
  'einsum',
  'elementwise',
  'eq',
  'integers',
  'join',
  'matmul',
  'multilinear',
  'reduce',
  'select',
  'views',
];

let t: tensor.Tensors;
beforeAll(async () => {
  t = await tensor.createTensors();
});
afterAll(() => t.close());

describe.each(PUBLIC)('src/tensor/%s.ts', (file) => {
  const examples = examplesOf(join(FOLDER, `${file}.ts`));
  test('exports functions', () => expect(examples.length).toBeGreaterThan(0));
  test.each(examples)('$name', async ({ code }) => {
    expect(code, 'expected an @example').toBeDefined();
    expect(await runExample(code as string, { ...tensor, t })).toBeGreaterThan(0);
  });
});

test('the list above is what the entry exports', () => {
  const functions = PUBLIC.flatMap((file) => examplesOf(join(FOLDER, `${file}.ts`)).map(({ name }) => name));
  const others = ['extensionField', 'primeField', 'referenceKernels', 'wasmKernels'];
  const exported = Object.entries(tensor).filter(([, value]) => typeof value === 'function');
  expect(exported.map(([name]) => name).sort()).toEqual([...functions, ...others].sort());
  expect(readdirSync(FOLDER)).toEqual(expect.arrayContaining(PUBLIC.map((file) => `${file}.ts`)));
});

test('docs/tensor.md', async () => {
  const guide = join(import.meta.dirname, '../../docs/tensor.md');
  expect(existsSync(guide)).toBe(true);
  expect(await runExample(programOf(guide), { ...tensor })).toBeGreaterThan(20);
});

describe('the extractor refuses', () => {
  test('a wrong value', async () => {
    await expect(runExample('1 + 1; // 3', {})).rejects.toThrow();
  });
  test('a missing, a wrong and an unstated error', async () => {
    await expect(runExample('1 + 1; // throws RangeError: x', {})).rejects.toThrow();
    await expect(runExample("throw new RangeError('y'); // throws RangeError: x", {})).rejects.toThrow();
    await expect(runExample("throw new RangeError('y');", {})).rejects.toThrow('y');
  });
});
