/**
 * TRS-2: different sequences of entries never reach one state: 2,000 random pairs of near sequences (splits, joins,
 * zero padding, type swaps, label splits, reorderings) and a list of collisions that other systems shipped.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { statementDigest, domainDigest, type StatementLeaf } from '../../src/transcript/statement.ts';
import { createChain, TAG } from '../../src/transcript/chain.ts';
import type { Fe } from '../../src/field/field.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { extensionField } from '../../src/field/extension-field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { production, toys } from '../support/fields.ts';
import { anyScript, hex, prove, testDomain, type ScriptStep } from '../support/transcript.ts';

const END: ScriptStep = { do: 'challengeExts', label: 'end', count: 1 };

/** The state at the end; openings are not absorbed, so they are left out of the comparison. */
function finalState(field: typeof quintic, script: readonly ScriptStep[]): string {
  const { events } = prove(testDomain(field), [...script, END]);
  return hex(events[events.length - 1]!.state);
}

const bytes = (label: string, data: number[]): ScriptStep => ({ do: 'bytes', label, data });
const fes = (label: string, data: number[]): ScriptStep => ({ do: 'fes', label, data });
const exts = (label: string, data: number[]): ScriptStep => ({ do: 'exts', label, data });
const draw = (label: string, count: number): ScriptStep => ({ do: 'challengeExts', label, count });
const zeros = (n: number): number[] => new Array<number>(n).fill(0);

const HISTORIC: Record<string, readonly [ScriptStep[], ScriptStep[]]> = {
  'no length in the sponge (Plonky3 #1769)': [[fes('m', [5, 7])], [fes('m', [5, 7, 0, 0])]],
  'one message or two': [[fes('m', [5, 7])], [fes('m', [5]), fes('m', [7])]],
  'two types under one tag (Longfellow TOB-2)': [[bytes('m', [5, 0, 0, 0])], [fes('m', [5])]],
  'ambiguous length at the one-byte edge (Longfellow TOB-5)': [
    [bytes('m', zeros(256))],
    [bytes('m', []), bytes('m', zeros(255))],
  ],
  'a length that wraps at 2^16': [[bytes('m', zeros(65_536))], [bytes('m', [])]],
  'an empty message or none': [[bytes('m', [])], []],
  'an element of K or its limbs': [[exts('m', [1, 2, 3, 4, 5])], [fes('m', [1, 2, 3, 4, 5])]],
  'a digest or its bytes': [[{ do: 'digests', label: 'm', data: zeros(32) }], [bytes('m', zeros(32))]],
  'two digests or one of each': [
    [{ do: 'digests', label: 'm', data: zeros(64) }],
    [
      { do: 'digests', label: 'm', data: zeros(32) },
      { do: 'digests', label: 'm', data: zeros(32) },
    ],
  ],
  'a letter of the label or of the message': [[bytes('ab', [99])], [bytes('a', [98, 99])]],
  'labels swapped': [
    [bytes('a', [1]), bytes('b', [2])],
    [bytes('b', [1]), bytes('a', [2])],
  ],
  'public or sent': [[{ do: 'publicBytes', label: 'm', data: [1] }], [bytes('m', [1])]],
  'public elements or bytes': [
    [{ do: 'publicFes', label: 'm', data: [1] }],
    [{ do: 'publicBytes', label: 'm', data: [1, 0, 0, 0] }],
  ],
  'public digest or bytes': [
    [{ do: 'publicDigest', label: 'm', data: zeros(32) }],
    [{ do: 'publicBytes', label: 'm', data: zeros(32) }],
  ],
  'one challenge or two': [[draw('c', 2)], [draw('c', 1), draw('c', 1)]],
  'one challenge or none': [[draw('c', 0)], []],
  'a challenge in F or in K': [[{ do: 'challengeFes', label: 'c', count: 5 }], [draw('c', 1)]],
  'positions of another range': [
    [{ do: 'challengePositions', label: 'c', count: 1, logSize: 8 }],
    [{ do: 'challengePositions', label: 'c', count: 1, logSize: 9 }],
  ],
  'a message before or behind a challenge': [
    [bytes('m', [1]), draw('c', 1)],
    [draw('c', 1), bytes('m', [1])],
  ],
};

test.each(Object.entries(HISTORIC))('%s', (_, [a, b]) => {
  expect(finalState(quintic, a)).not.toBe(finalState(quintic, b));
});

/** A neighbour of a script: one of the changes that careless encodings cannot see. */
function neighbour(script: readonly ScriptStep[], kind: number, at: number): ScriptStep[] {
  const out = [...script];
  const i = at % Math.max(script.length, 1);
  const step = out[i];
  if (step === undefined) return [bytes('a', [])];
  if (kind === 0) return [...out.slice(0, i), step, ...out.slice(i)]; // repeated
  if (kind === 1) return out.filter((_, j) => j !== i); // dropped
  if (kind === 2) return [...out.slice(0, i), ...out.slice(i + 1), step]; // moved to the end
  if ('data' in step) {
    const size = step.do === 'publicDigest' || step.do === 'digests' ? 32 : step.do === 'exts' ? 5 : 1;
    if (kind === 3 && step.do !== 'publicDigest') out[i] = { ...step, data: [...step.data, ...zeros(size)] };
    if (kind === 4 && step.do !== 'publicDigest') {
      const half = size * Math.floor(step.data.length / size / 2);
      out.splice(i, 1, { ...step, data: step.data.slice(0, half) }, { ...step, data: step.data.slice(half) });
    }
    if (kind === 5 && step.do === 'exts') out[i] = fes(step.label, [...step.data]);
    if (kind === 5 && step.do === 'fes') out[i] = { ...step, do: 'publicFes' };
    if (kind === 5 && step.do === 'digests') out[i] = bytes(step.label, [...step.data]);
    if (kind === 6 && step.do === 'bytes') {
      const letter = step.label.charCodeAt(step.label.length - 1);
      const label = step.label.slice(0, -1) || 'a';
      out[i] = bytes(label, [letter, ...step.data]);
    }
    if (kind === 7) out[i] = { ...step, label: step.label + ' ' };
  } else {
    if (kind === 3) out[i] = { ...step, count: step.count + 1 };
    if (kind === 4) out.splice(i, 1, { ...step, count: 1 }, { ...step, count: Math.max(step.count - 1, 0) });
    if (kind === 5 && step.do === 'challengeExts') out[i] = { ...step, do: 'challengeFes' };
    if (kind === 7) out[i] = { ...step, label: step.label + ' ' };
  }
  return out;
}

/** What a script absorbs and draws, as one text: equal texts are equal sequences. */
function meaning(script: readonly ScriptStep[]): string {
  return JSON.stringify(script.filter((step) => step.do !== 'open'));
}

test('2,000 pairs of neighbours', () => {
  let different = 0;
  fc.assert(
    fc.property(anyScript(quintic, 5), fc.nat({ max: 7 }), fc.nat(), (script, kind, at) => {
      const other = neighbour(script, kind, at);
      const same = meaning(script) === meaning(other);
      if (!same) different++;
      expect(finalState(quintic, script) === finalState(quintic, other)).toBe(same);
    }),
    { numRuns: 4_500 },
  );
  expect(different).toBeGreaterThanOrEqual(2_000);
});

test('all 780 pairs of 40 scripts over a toy field', () => {
  const { field } = toys[0]!;
  const scripts = fc.sample(anyScript(field, 3), { numRuns: 40, seed: 7 });
  const byState = new Map(scripts.map((script) => [finalState(field, script), meaning(script)]));
  expect(byState.size).toBe(new Set(scripts.map(meaning)).size);
});

describe('the domain and the statement', () => {
  const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
  const base = testDomain(production.field);

  test('every part of the domain changes the first state', () => {
    const F_13 = primeField(13);
    const domains = [
      base,
      { ...base, protocol: 'zkdl2' },
      { ...base, kind: 'refresh' },
      { ...base, protocol: 'zkdltest', kind: ' ' },
      { ...base, formatVersion: 2 },
      { ...base, parametersDigest: digest(3) },
      { ...base, statementDigest: digest(3) },
      { ...base, parametersDigest: base.statementDigest, statementDigest: base.parametersDigest },
      { ...base, field: toys[0]!.field },
      { ...base, field: toys[1]!.field },
      { ...base, field: extensionField(F_13, [-2, 0]) },
      { ...base, field: extensionField(F_13, [2, 1]) },
      {
        ...base,
        field: extensionField(F_13, [-5, 0]),
      },
    ];
    const states = domains.map((domain) => hex(domainDigest(domain)));
    expect(new Set(states).size).toBe(domains.length);
  });

  test('bad parts are named', () => {
    expect(() => domainDigest({ ...base, formatVersion: -1 })).toThrow(/formatVersion: expected an integer/);
    expect(() => domainDigest({ ...base, kind: 'caf\u00e9' })).toThrow(/kind: expected printable ASCII/);
    expect(() => domainDigest({ ...base, statementDigest: new Uint8Array(31) })).toThrow(
      /statement: payload: expected 32 bytes, got 31/,
    );
  });

  test('every leaf of a statement changes its digest, and so do types, labels and order', () => {
    const leaves: StatementLeaf[] = [
      { label: 'key', type: 'digest', value: digest(1) },
      { label: 'epoch', type: 'integer', value: 3 },
      { label: 'context', type: 'bytes', value: Uint8Array.of(1, 2) },
      { label: 'model', type: 'text', value: 'gpt2' },
      { label: 'outputs', type: 'fes', value: quintic.fromLimbs([1, 2, 3, 4, 5]) },
    ];
    const others: StatementLeaf[] = [
      { label: 'key', type: 'digest', value: digest(2) },
      { label: 'epoch', type: 'integer', value: -3 },
      { label: 'context', type: 'bytes', value: Uint8Array.of(1, 2, 0) },
      { label: 'model', type: 'bytes', value: Uint8Array.from(Buffer.from('gpt2')) },
      { label: 'outputs', type: 'fes', value: quintic.fromLimbs([1, 2, 3, 4, 6]) },
    ];
    const variants = [leaves, [...leaves].reverse(), leaves.slice(1), [...leaves.slice(0, 4)]];
    others.forEach((leaf, i) => variants.push(leaves.map((old, j) => (i === j ? leaf : old))));
    leaves.forEach((leaf, i) =>
      variants.push(leaves.map((old, j) => (i === j ? { ...leaf, label: `${leaf.label}2` } : old))),
    );
    const digests = variants.map((variant) => hex(statementDigest(variant)));
    expect(new Set(digests).size).toBe(variants.length);
    expect(digests).not.toContain(hex(statementDigest([])));
    expect(() => statementDigest([leaves[0]!, leaves[0]!])).toThrow(/distinct labels, got 'key' twice/);
    expect(() => statementDigest([{ label: 'n', type: 'integer', value: 2 ** 53 }])).toThrow(/safe integer/);
  });

  test('chains of different contexts are apart', () => {
    const header = { tag: TAG.bytes, label: 'm', itemBytes: 1, count: 0 } as const;
    const states = ['a', 'b', ''].map((context) => {
      const chain = createChain(context);
      chain.absorb(header, new Uint8Array(0));
      return hex(chain.state());
    });
    expect(new Set(states).size).toBe(3);
  });
});

test('public values that would lose digits on the way to bytes', () => {
  for (const bad of [-1, 2 ** 32 + 5, 2 ** 31, 0.5, NaN]) {
    const leaf: StatementLeaf = { label: 'x', type: 'fes', value: [bad as Fe] };
    expect(() => statementDigest([leaf])).toThrow(/^x\[0\]: expected an integer in \[0, 2\^31\)/);
  }
  for (const wide of [Uint32Array.of(256), [0]]) {
    const leaf: StatementLeaf = { label: 'x', type: 'bytes', value: wide as unknown as Uint8Array };
    expect(() => statementDigest([leaf])).toThrow('absorb x: payload: expected bytes');
  }
});

test('labels, counts and payloads that no entry can hold', () => {
  const chain = createChain('test');
  const header = { tag: TAG.bytes, label: 'm', itemBytes: 1, count: 0 } as const;
  const none = new Uint8Array(0);
  for (const label of ['', 'x'.repeat(256), 'caf\u00e9', 'a\nb']) {
    expect(() => chain.absorb({ ...header, label }, none)).toThrow(/label: expected 1 to 255 printable/);
  }
  for (const count of [-1, 2 ** 32, 0.5, NaN]) {
    expect(() => chain.squeeze({ ...header, tag: TAG.challengeFes, count })).toThrow(/m: count: expected/);
  }
  expect(() => chain.squeeze({ ...header, tag: TAG.challengeExts, itemBytes: 2 ** 16 })).toThrow(/itemBytes/);
  expect(() => chain.absorb(header, new Uint8Array(1))).toThrow('absorb m: payload: expected 0 bytes, got 1');
});
