/** KRN-3: arrays of other types and partial overlaps are refused by every kernel, once a call, before anything is written. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { SIGNATURES, type KernelName } from '../../src/kernels/contract/types.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';

const implementations: Kernels[] = [referenceKernels(quintic)];
beforeAll(async () => {
  implementations.push(await wasmKernels({ threads: 2, memoryBytes: 1 << 25 }));
});
afterAll(async () => {
  for (const kernels of implementations) await kernels.close();
});

type Call = (...args: unknown[]) => unknown;
const NAMES = Object.keys(SIGNATURES) as KernelName[];
const words = (): Uint32Array => new Uint32Array(40);

/** An argument of the right types, whatever its sizes. */
const GOOD: Record<string, () => unknown> = {
  words,
  'words?': () => null,
  ints: () => new Int16Array(40),
  int32: () => new Int32Array(40),
  message: words,
  list: () => [words()],
  in: () => ({ words: words(), live: 8, numVars: 3 }),
  'in?': () => undefined,
  pairs: () => [[{ words: words() }, { words: words() }]],
  fractions: () => ({ p: words(), q: words(), live: 8, numVars: 3 }),
};
/** Arguments with one array of another type, and no array at all. */
const BAD: Record<string, readonly unknown[]> = {
  words: [new Int32Array(40), new Uint8Array(160), new Float64Array(40), [1, 2], 'text', undefined, null],
  'words?': [new Int32Array(40), 5],
  ints: [words(), new Uint8Array(40), [1]],
  int32: [words(), new Int16Array(40)],
  message: [
    new Uint8Array(40),
    [1],
    null,
    { data: new Uint8Array(4), pad: words() },
    { data: words(), pad: new Int32Array(4) },
  ],
  list: [words(), [new Int32Array(4)], undefined],
  in: [words(), { words: new Int32Array(40) }, undefined, 7],
  'in?': [{ words: new Int32Array(40) }, 7],
  pairs: [[[{ words: new Int32Array(40) }, { words: words() }]], [words()], undefined],
  fractions: [{ p: words() }, { p: words(), q: new Float32Array(4) }, undefined],
};

const kinds = (name: KernelName): string[] =>
  SIGNATURES[name].split(' ').map((text) => (text === '-' ? '-' : (text.split(':')[1] ?? 'words')));

test('every function of the kernels has a signature', () => {
  for (const kernels of implementations) {
    const functions = Object.entries(kernels).filter(([, value]) => typeof value === 'function');
    expect(functions.map(([name]) => name).sort()).toEqual([...NAMES, 'close'].sort());
  }
});

test.each(NAMES)('%s refuses other types, argument by argument', (name) => {
  for (const kernels of implementations) {
    const call = kernels[name] as Call;
    kinds(name).forEach((kind, at) => {
      for (const bad of BAD[kind] ?? []) {
        const args = kinds(name).map((other, i) => (i === at ? bad : (GOOD[other]?.() ?? 0)));
        expect(() => call(...args)).toThrow(TypeError);
        expect(() => call(...args)).toThrow(/expected .*, got (an? )?[A-Z]\w+/);
      }
    });
  }
});

test('messages name the argument and never a value', () => {
  const [k] = implementations as [Kernels];
  const secret = Int32Array.of(123456789);
  expect(() => k.add(words(), secret as unknown as Uint32Array, words())).toThrow(
    new TypeError('a: expected Uint32Array, got Int32Array'),
  );
  expect(() => k.sum('123456789' as unknown as Uint32Array)).toThrow(/got String$/);
});

test('partial overlaps are refused, in either direction; one array and neighbours are not', () => {
  for (const k of implementations) {
    const all = k.memory.u32(64).fill(1);
    const part = (at: number, length = 16): Uint32Array => all.subarray(at, at + length);
    for (const shift of [1, 4, 15]) {
      for (const [out, a] of [
        [part(16), part(16 + shift)],
        [part(16 + shift), part(16)],
      ] as const) {
        expect(() => k.add(out, a, words().subarray(0, 16))).toThrow('got a partial overlap');
        expect(() => k.add(out, words().subarray(0, 16), a)).toThrow(
          'out: expected b itself or memory apart',
        );
        expect(() => k.toMontgomery(out, a)).toThrow(RangeError);
      }
    }
    expect(() => k.hashParents(part(8, 8), part(0, 16))).toThrow('got a partial overlap');
    expect(() => k.bind(part(2, 20), { words: part(0, 40), live: 8, numVars: 3 }, quintic.one)).toThrow(
      'a.words itself or memory apart',
    );
    expect([...all]).toEqual(new Array(64).fill(1)); // before anything is written
    k.add(part(0), part(0), part(16));
    expect([...part(0)]).toEqual(new Array(16).fill(2));
    k.add(part(32), part(16), part(48));
    expect([...part(32)]).toEqual(new Array(16).fill(2));
  }
});
