/**
 * ZKP-10: what a proof leaves in the kernel memory: nothing. The memory is marked first, so that every byte that the proof touched is
 * known from the mark; all of them must be zero behind it. The same search finds masks and pads behind a prover without the
 * wiping, so it can see them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { uniformWords } from '../../src/hash/stream.ts';
import { wasmKernels, referenceKernels, type Kernels } from '../../src/kernels/index.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { linkInstance } from '../../src/params/instance.ts';
import { S128 } from '../../src/params/profile.ts';
import { commitGroup } from '../../src/pcs/group-prove.ts';
import { proveLinear } from '../../src/pcs/linear-prove.ts';
import { proveLink } from '../../src/pcs/link-prove.ts';
import { MASK_CELLS, MASK_PADS } from '../../src/pcs/masks-prove.ts';
import { codeOf, linearFixture, staticIdentity, testSource } from '../support/linear.ts';

const M = 10;
const COLUMNS = 5;
const SEED = 77;
/** A byte of the mark: no word of F has it four times, nor does zero. */
const MARK = 0xa5;

let kernels: Kernels;
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 2, memoryBytes: 1 << 25 });
});
afterAll(() => kernels.close());

/** All bytes from the first scratch region on. */
function memoryOf(k: Kernels): Uint8Array {
  return new Uint8Array(k.memory.u8(0).buffer).subarray(65_536);
}

/** Key words as `testSource` has them. */
const KEY = Uint8Array.from({ length: 32 }, (_, i) => (SEED * 37 + i) & 255);

/** The first words of the streams of the mask, two neighbours at a time, as bytes. */
function patterns(): Buffer[] {
  return [MASK_CELLS, MASK_PADS].flatMap((label) => {
    const words = Uint32Array.from(uniformWords(quintic.base, { key: KEY, label, id: 0 }, 0, 16));
    return [0, 4, 8].map((at) => Buffer.from(words.slice(at, at + 2).buffer));
  });
}

function touched(memory: Uint8Array): { zeros: number; others: number; found: number } {
  let [zeros, others] = [0, 0];
  for (const byte of memory) {
    if (byte === 0) zeros++;
    else if (byte !== MARK) others++;
  }
  const bytes = Buffer.from(memory.buffer, memory.byteOffset, memory.length);
  const found = patterns().filter((pattern) => bytes.indexOf(pattern) >= 0).length;
  return { zeros, others, found };
}

function linear(k: Kernels): void {
  const { statement, groups } = linearFixture(kernels, S128, codeOf(S128, M, 1024), COLUMNS);
  memoryOf(k).fill(MARK);
  proveLinear(k, statement, groups, testSource(quintic, SEED));
}

function link(k: Kernels): void {
  const code = codeOf(S128, M, 1024);
  const { groups, cells, statement } = linearFixture(kernels, S128, code, COLUMNS);
  const identity = { ...staticIdentity(COLUMNS), epoch: 1 };
  const read = (first: number, count: number) => cells.subarray(first * 2 ** M, (first + count) * 2 ** M);
  const newer = commitGroup(kernels, testSource(quintic, 9), statement.parameters, identity, read, 0);
  const parameters = completeInstance(linkInstance(COLUMNS), code, S128)!.parameters;
  const older = groups[0]!;
  const linkStatement = {
    parameters,
    older: { ...older.identity, cap: older.cap },
    newer: { ...identity, cap: newer.cap },
    context: new Uint8Array(0),
  };
  memoryOf(k).fill(MARK);
  proveLink(k, linkStatement, [older, newer], testSource(quintic, SEED));
}

describe.each([
  ['linear', linear],
  ['link', link],
])('%s', (_, prove) => {
  test('every byte that a proof touched is zero when it is made', () => {
    prove(kernels);
    const { zeros, others, found } = touched(memoryOf(kernels));
    expect(zeros).toBeGreaterThan(5 << 19); // two scratch regions, and more than the liar below leaves
    expect([others, found]).toEqual([0, 0]);
  });

  test('without the wiping, masks stay', () => {
    const { memory } = kernels;
    const careless: Kernels = {
      ...kernels,
      memory: Object.create(memory, { secretScope: { value: memory.scope } }) as Kernels['memory'],
    };
    prove(careless);
    const { others, found } = touched(memoryOf(kernels));
    expect(others).toBeGreaterThan(1 << 19);
    expect(found).toBeGreaterThan(0);
  });
});

test('a proof that fails leaves nothing either', () => {
  const { statement, groups } = linearFixture(kernels, S128, codeOf(S128, M, 1024), COLUMNS);
  const claims = statement.claims.map((claim) => ({
    ...claim,
    value: quintic.add(claim.value, quintic.one),
  }));
  memoryOf(kernels).fill(MARK);
  expect(() => proveLinear(kernels, { ...statement, claims }, groups, testSource(quintic, SEED))).toThrow(
    'SELF_CHECK',
  );
  expect(touched(memoryOf(kernels))).toMatchObject({ others: 0, found: 0 });
});

describe('secret scopes', () => {
  const each = (run: (k: Kernels) => void) => () => {
    run(kernels);
    run(referenceKernels(quintic));
  };

  test('wipe what they and scopes within them made, and nothing else', () => {
    for (const k of [kernels, referenceKernels(quintic)]) {
      k.memory.scope(() => {
        const before = k.memory.u32(100).fill(1);
        const inside: Uint32Array[] = [];
        const value = k.memory.secretScope(() => {
          inside.push(k.memory.u32(100).fill(2));
          k.memory.scope(() => inside.push(k.memory.u32(50_000).fill(3)));
          k.memory.secretScope(() => inside.push(k.memory.u32(70_000).fill(4)));
          inside.push(k.memory.u32(10).fill(5));
          return 6;
        });
        expect(value).toBe(6);
        expect(inside.map((words) => words.every((word) => word === 0))).toEqual([true, true, true, true]);
        expect(before.every((word) => word === 1)).toBe(true);
      });
    }
  });

  test(
    'a scope around one wipes what came before it in time, too',
    each((k) => {
      let early: Uint32Array = new Uint32Array(0);
      k.memory.secretScope(() => {
        k.memory.scope(() => (early = k.memory.u32(1 << 16).fill(7)));
        k.memory.secretScope(() => k.memory.u32(4));
      });
      expect(early.every((word) => word === 0)).toBe(true);
    }),
  );

  test(
    'when their body throws',
    each((k) => {
      let secret: Uint32Array = new Uint32Array(0);
      const used = k.memory.usedBytes;
      expect(() =>
        k.memory.secretScope(() => {
          secret = k.memory.u32(64).fill(7);
          throw new Error('stop');
        }),
      ).toThrow('stop');
      expect(secret.every((word) => word === 0)).toBe(true);
      expect(k.memory.usedBytes).toBe(used);
    }),
  );

  test(
    'asynchronous bodies are refused',
    each((k) => {
      const used = k.memory.usedBytes;
      for (const scope of ['scope', 'secretScope'] as const) {
        expect(() => k.memory[scope](async () => Promise.resolve(1))).toThrow(
          'expected a synchronous function, got a promise',
        );
        expect(k.memory[scope](() => null)).toBe(null);
      }
      expect(k.memory.usedBytes).toBe(used);
    }),
  );
});
