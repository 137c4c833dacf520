/** FMT-1..3 for key files: canonical, total, bound byte by byte. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeKey, encodeKey, keyDigest, type GroupKey } from '../../src/pcs/key.ts';
import { encodeParameters } from '../../src/params/encoding.ts';
import { S128, unsafeToyProfile } from '../../src/params/profile.ts';
import { codeOf, toyChoice } from '../support/params.ts';
import { smallKey, smallParameters } from '../support/store.ts';

const parameters = smallParameters(3, 2);
const key = smallKey({}, parameters);
const bytes = encodeKey(key);

function edit(change: (copy: Uint8Array, view: DataView) => void, from = bytes): Uint8Array {
  const copy = from.slice();
  change(copy, new DataView(copy.buffer));
  return copy;
}
const word = (at: number, value: number) => edit((_, view) => view.setUint32(at, value, true));

test('fixed layout: a change needs another version', () => {
  expect(new TextDecoder().decode(bytes.slice(0, 8))).toBe('zkdl-key');
  const view = new DataView(bytes.buffer);
  expect([8, 12, 32, 36, 40, 44, 48, 52].map((at) => view.getUint32(at, true))).toEqual([
    1, 1, 0, 0, 1, 3, 1, 1,
  ]);
  expect([...bytes.slice(16, 24)]).toEqual([0x57, 0, 0, 0, 0, 0, 0, 0]);
  expect([...bytes.slice(24, 32)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect([...bytes.slice(56, 88)]).toEqual(Array(32).fill(7));
  expect(bytes.slice(88, 152)).toEqual(key.group.cap);
  expect(bytes.slice(152)).toEqual(encodeParameters(parameters));
});

const keys = fc.record({
  label: fc.string({ unit: fc.constantFrom('A', 'z', '!', '~', '0'), minLength: 1, maxLength: 8 }),
  group: fc.uint8Array({ minLength: 8, maxLength: 8 }).filter((g) => g.some((b) => b > 0)),
  epoch: fc.maxSafeNat(),
  columns: fc.integer({ min: 1, max: 2 ** 24 }),
  uses: fc.integer({ min: 1, max: 5 }),
  carried: fc.boolean(),
  logCap: fc.integer({ min: 0, max: 4 }),
  layout: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  fill: fc.integer({ min: 0, max: 255 }),
});

test('FMT-2: what is encoded decodes to the same, and bytes and digests are canonical', () => {
  fc.assert(
    fc.property(keys, ({ logCap, fill, layout, carried, uses: some, ...named }) => {
      const lifetime = carried ? ('carried' as const) : ('static' as const);
      const rest = { ...named, uses: carried ? some : 1 };
      const cap = new Uint8Array(32 * 2 ** logCap).fill(fill);
      const made: GroupKey = { parameters, group: { ...rest, lifetime, cap }, layout };
      const encoded = encodeKey(made);
      const decoded = decodeKey(encoded);
      expect(decoded).toEqual(made);
      expect(encodeKey(decoded)).toEqual(encoded);
    }),
    { seed: 31, numRuns: 200 },
  );
});

test('FMT-1: cut at every byte, and continued', () => {
  for (let length = 0; length < bytes.length; length++) {
    expect(codeOf(() => decodeKey(bytes.slice(0, length)))).toMatch(/^(KEY_LENGTH|LENGTH)$/);
  }
  for (let more = 1; more <= 64; more++) {
    const longer = new Uint8Array(bytes.length + more);
    longer.set(bytes);
    expect(codeOf(() => decodeKey(longer))).toBe('LENGTH');
  }
});

test('FMT-3: every flipped bit is refused or names another commitment', () => {
  const names = new Set([keyDigest(bytes).join()]);
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const flipped = edit((copy) => (copy[bit >> 3]! ^= 1 << (bit & 7)));
    const code = codeOf(() => {
      expect(encodeKey(decodeKey(flipped))).toEqual(flipped);
    });
    expect(code).toMatch(/^(accepted|KEY_[A-Z]+|LENGTH|VERSION|WEAK_PARAMS)$/);
    names.add(keyDigest(flipped).join());
  }
  expect(names.size).toBe(8 * bytes.length + 1);
});

test('FMT-1: arbitrary bytes behind a good beginning never throw anything but a refusal', () => {
  fc.assert(
    fc.property(fc.nat(bytes.length), fc.uint8Array({ maxLength: 300 }), (at, tail) => {
      const mixed = new Uint8Array(at + tail.length);
      mixed.set(bytes.subarray(0, at));
      mixed.set(tail, at);
      if (codeOf(() => decodeKey(mixed)) === 'accepted') expect(encodeKey(decodeKey(mixed))).toEqual(mixed);
    }),
    { seed: 32, numRuns: 2000 },
  );
});

describe('one check, one liar', () => {
  // A toy profile may have the very numbers of the real one.
  const toys = [toyChoice().parameters, { ...parameters, profile: unsafeToyProfile(128, S128.field) }].map(
    (toy) => joined(bytes.slice(0, 152), encodeParameters(toy)),
  );
  test.each([
    ['KEY_MAGIC', edit((copy) => (copy[7] = 0x59))],
    ['KEY_VERSION', word(8, 2)],
    ['KEY_VERSION', word(8, 0)],
    ['KEY_FIELD', word(12, 2)],
    ['KEY_LABEL', edit((copy) => copy.fill(0, 16, 24))],
    ['KEY_LABEL', edit((copy) => copy.set([0x57, 0, 0x57], 16))],
    ['KEY_LABEL', edit((copy) => copy.set([0x57, 0x20], 16))],
    ['KEY_GROUP', edit((copy) => copy.fill(0, 24, 32))],
    ['KEY_EPOCH', word(36, 2 ** 21)],
    ['KEY_LIFETIME', word(40, 0)],
    ['KEY_LIFETIME', word(40, 3)],
    ['KEY_COLUMNS', word(44, 0)],
    ['KEY_COLUMNS', word(44, 2 ** 24 + 1)],
    ['KEY_USES', word(48, 0)],
    ['KEY_USES', word(48, 2)],
    ['KEY_CAP', word(52, 32)],
    ['KEY_CAP', word(52, 2 ** 32 - 1)],
    ['KEY_LENGTH', word(52, 31)],
    ['VERSION', edit((copy) => (copy[152] = 0))],
    ['WEAK_PARAMS', toys[0]!],
    ['WEAK_PARAMS', toys[1]!],
    ['WEAK_PARAMS', edit((_, view) => (view.setUint32(40, 2, true), view.setUint32(48, 7, true)))],
    ['WEAK_PARAMS', edit((_, view) => (view.setUint32(40, 2, true), view.setUint32(48, 2 ** 32 - 1, true)))],
  ])('%s', (code, liar) => {
    expect(codeOf(() => decodeKey(liar))).toBe(code);
  });

  test('KEY_CAP: more digests than leaves', () => {
    const cap = new Uint8Array(32 * 2 ** 14);
    expect(codeOf(() => encodeKey(smallKey({ cap }, parameters)))).toBe('KEY_CAP');
    expect(codeOf(() => encodeKey(smallKey({ cap: cap.slice(0, 32 * 2 ** 13) }, parameters)))).toBe(
      'accepted',
    );
  });

  test('WEAK_PARAMS: a static group without room for one proof beside the links', () => {
    const tight = smallParameters(3, 2, 10, 512);
    expect(Math.floor(tight.code.padLength / tight.code.queries)).toBeLessThan(3);
    expect(codeOf(() => encodeKey(smallKey({}, tight)))).toBe('WEAK_PARAMS');
    expect(codeOf(() => encodeKey(smallKey({ lifetime: 'carried', uses: 1 }, tight)))).toBe('accepted');
  });
});

test("a programmer's mistakes", () => {
  const bad = (change: Partial<GroupKey['group']>) => () => encodeKey(smallKey(change, parameters));
  expect(bad({ label: '' })).toThrow(RangeError);
  expect(bad({ label: 'too long a name' })).toThrow(RangeError);
  expect(bad({ group: new Uint8Array(7) })).toThrow('group: expected 8 bytes');
  for (const epoch of [-1, 0.5, 2 ** 53]) expect(bad({ epoch })).toThrow('epoch: expected an integer');
  expect(bad({ columns: 2 ** 32 + 3 })).toThrow('columns: expected an integer');
  // Stored modulo 2^32 and rounded, each of these would be a key.
  expect(bad({ columns: 2 - 2 ** 32 })).toThrow('columns: expected an integer');
  for (const uses of [1.5, 1 - 2 ** 32]) {
    expect(bad({ uses, lifetime: 'carried' })).toThrow('uses: expected an integer');
  }
  expect(bad({ cap: new Uint8Array(96) })).toThrow('cap');
  expect(bad({ cap: new Uint8Array(0) })).toThrow('cap');
  expect(codeOf(bad({ lifetime: 'proof' }))).toBe('KEY_LIFETIME');
  expect(() => encodeKey({ ...key, layout: new Uint8Array(31) })).toThrow('layout: expected 32 bytes');
});

test('the digest is of the bytes, in a context of its own', () => {
  expect(keyDigest(bytes)).toHaveLength(32);
  expect(keyDigest(bytes)).toEqual(keyDigest(bytes.slice()));
  const view = edit(() => undefined, joined(new Uint8Array(5), bytes));
  expect(decodeKey(view.subarray(5))).toEqual(key); // an offset into a larger buffer
});

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...a, ...b]);
}
