/**
 * KRN-1 for the base-field kernels: WebAssembly equals the TypeScript definition bit for bit, in place and
 * through windows, for one thread and two, on lengths around every loop boundary.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { koalaBear, P } from '../../src/field/koalabear.ts';
import type { Fe } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { expectSame, words } from '../support/words.ts';

const LENGTHS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 10_000, 16_383, 16_384, 16_385, 65_535, 65_537];
const reference = referenceKernels(quintic);
let implementations: Kernels[] = [];

beforeAll(async () => {
  implementations = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(implementations.map((k) => k.close()));
});

type Run = (k: Kernels, out: Uint32Array, a: Uint32Array, b: Uint32Array) => void;
const CASES: Record<string, Run> = {
  add: (k, out, a, b) => k.add(out, a, b),
  sub: (k, out, a, b) => k.sub(out, a, b),
  mul: (k, out, a, b) => k.mul(out, a, b),
  scale: (k, out, a) => k.scale(out, a, 1234567890 as Fe),
  'scale by -1': (k, out, a) => k.scale(out, a, (P - 1) as Fe),
  addScaled: (k, out, a, b) => k.addScaled(out, a, 987654321 as Fe, b),
  toMontgomery: (k, out, a) => k.toMontgomery(out, a),
  fromMontgomery: (k, out, a) => k.fromMontgomery(out, a),
  sum: (k, out, a) => out.fill(k.sum(a)),
  'in place': (k, out, a, b) => {
    out.set(a);
    k.mul(out, out, b);
  },
};

describe.each(Object.entries(CASES))('%s', (_, run) => {
  test.each(LENGTHS)('length %i', (n) => {
    const a = words(n, P, n + 1);
    const b = words(n, P, n + 2);
    const expected = new Uint32Array(n);
    run(reference, expected, a, b);
    for (const k of implementations) {
      const outside = new Uint32Array(n);
      run(k, outside, a, b);
      expectSame(outside, expected, k.name);
      k.memory.scope(() => {
        const [out, x, y] = [k.memory.u32(n), k.memory.u32(n), k.memory.u32(n)];
        x.set(a);
        y.set(b);
        run(k, out, x, y);
        expectSame(out, expected, k.name);
      });
    }
  });
});

test.each([
  ['int8', Int8Array.from({ length: 259 }, (_, i) => i - 128)],
  ['int16', Int16Array.from({ length: 70_001 }, (_, i) => i - 32_768)],
  ['int32', Int32Array.of(0, 1, -1, P, -P, P - 1, 1 - P, 2 ** 31 - 1, -(2 ** 31), P + 1, -P - 1)],
])('fromIntegers %s', (_, integers) => {
  const expected = Uint32Array.from(integers, (x) => koalaBear.fromInt(x));
  for (const c of [undefined, 0, 1, 2 ** 15, P - 1] as (Fe | undefined)[]) {
    const shifted = expected.map((x) => koalaBear.add(x as Fe, c ?? koalaBear.zero));
    for (const k of [reference, ...implementations]) {
      const out = new Uint32Array(integers.length);
      k.fromIntegers(out, integers, c);
      expectSame(out, shifted, `${k.name}, plus ${c}`);
    }
  }
});

test.each(LENGTHS)('toHalves, length %i', (n) => {
  const edges = [0, 1, P - 1, (P - 1) / 2, (P + 1) / 2, 2 ** 15 - 1, 2 ** 15, P - 2 ** 15, P - 2 ** 15 - 1];
  const cases = [words(n, P, n + 3), words(n, 2 ** 15, n + 4)];
  cases.push(cases[0]!.map((_, i) => edges[i % edges.length] as number));
  // One high half alone, in the last word.
  cases.push(cases[1]!.map((word, i) => (i === n - 1 ? 2 ** 15 : word)));
  for (const a of cases) {
    const expected = [new Int16Array(n), new Int16Array(n)] as const;
    const any = reference.toHalves(...expected, a);
    a.forEach((word, i) => {
      const x = reference.ext.base.toBalanced(word as Fe);
      if (expected[0][i]! + 2 ** 16 * expected[1][i]! !== x) throw new Error(`${word} is not its halves`);
    });
    for (const k of implementations) {
      const outside = [new Int16Array(n), new Int16Array(n)] as const;
      expect(k.toHalves(...outside, a)).toBe(any);
      k.memory.scope(() => {
        const inside = k.memory.u32(n);
        inside.set(a);
        expect(k.toHalves(...outside, inside)).toBe(any);
      });
      for (const [part, own] of expected.entries()) expectSame(outside[part]!, own, k.name);
    }
  }
});
