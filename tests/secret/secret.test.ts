/** ZKP-8 at run time: a secret cannot be shown, sent or serialised, and leaves only under a mask that is spent by it. */
import { inspect } from 'node:util';
import { serialize } from 'node:v8';
import { describe, expect, test } from 'vitest';
import type { Ext, Fe } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { maskSource } from '../../src/random/masks.ts';
import { expose } from '../../src/secret/expose.ts';
import { joinReleased, publicRandom, releasedValue, type Released } from '../../src/secret/released.ts';
import { mapSecret, secretOf, unwrap, type Secret } from '../../src/secret/secret.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { testDomain } from '../support/transcript.ts';

const CANARY = 1_234_567_891;
const secret = (): Secret<readonly Ext[]> =>
  secretOf([quintic.fromLimbs([CANARY, CANARY, CANARY, CANARY, CANARY])]);
const masks = (byte: number) => maskSource(secretOf(new Uint8Array(32).fill(byte)), quintic);

describe('a secret', () => {
  test('throws when it is turned into text, a number or JSON, or sent to another thread', () => {
    const s = secret() as unknown as { toString(): string; toLocaleString(): string };
    for (const show of [
      () => String(s),
      () => `${s as unknown as string}`,
      () => s + '',
      () => Number(s),
      () => s.toString(),
      () => s.toLocaleString(),
      () => JSON.stringify(s),
      () => JSON.stringify({ deep: [s] }),
      () => [s].join(),
    ]) {
      expect(show).toThrow(/expected no conversion of a Secret/);
    }
    expect(() => structuredClone(s)).toThrow();
    expect(() => serialize(s)).toThrow();
  });

  test('shows nothing to inspection, enumeration or an error', () => {
    const s = secret();
    for (const depth of [0, 10]) {
      expect(inspect({ s }, { depth, showHidden: true, getters: true })).not.toContain(String(CANARY));
    }
    expect(inspect(s)).toBe('Secret');
    const parts = [...Object.values(s), ...Reflect.ownKeys(s).map((name) => Reflect.get(s, name))];
    expect(parts.map(String).join()).not.toContain(String(CANARY));
    expect(Object.isFrozen(s)).toBe(true);
    const copy = { ...s } as unknown as Secret<readonly Ext[]>;
    expect(() => unwrap(copy)).toThrow('secret: expected a Secret, got another value');
  });

  test('stays secret through functions', () => {
    const [a, b] = [secretOf(3 as Fe), secretOf(4 as Fe)];
    const sum = mapSecret([a, b], (x, y) => quintic.base.add(x, y));
    expect(() => JSON.stringify(sum)).toThrow();
    expect(unwrap(sum)).toBe(7);
    expect(() => mapSecret([3 as unknown as Secret<number>], (x) => x)).toThrow(TypeError);
  });
});

describe('expose', () => {
  test('adds a mask, element by element', () => {
    const source = masks(1);
    const values = [quintic.one, quintic.zero, quintic.fromLimbs([5, 6, 7, 8, 9])];
    const exposed = releasedValue(expose(quintic, secretOf(values), source.exts('pad', 0, 0, 3)));
    const pads = unwrap(source.again.exts('pad', 0, 0, 3));
    expect(exposed).toEqual(values.map((value, i) => quintic.add(value, pads[i]!)));
  });

  test('spends its mask', () => {
    const mask = masks(2).exts('pad', 0, 0, 1);
    expose(quintic, secret(), mask);
    expect(() => expose(quintic, secret(), mask)).toThrow('expose: mask: expected an unused mask');
  });

  test('a mask that was drawn again, derived or made by hand hides nothing', () => {
    const source = masks(3);
    const mask = source.exts('pad', 0, 0, 1);
    const again = source.again.exts('pad', 0, 0, 1);
    const derived = mapSecret([mask], (pads) => pads.map(() => quintic.zero));
    for (const fake of [again, derived, secretOf([quintic.zero])]) {
      // @ts-expect-error a secret is not a mask
      expect(() => expose(quintic, secret(), fake)).toThrow('expose: mask: expected an unused mask');
    }
    expose(quintic, secret(), mask);
  });

  test('another number of masks is refused, and spends none', () => {
    const mask = masks(4).exts('pad', 0, 0, 2);
    expect(() => expose(quintic, secret(), mask)).toThrow('expose: masks: expected 1 elements, got 2');
    expose(quintic, secretOf([quintic.one, quintic.one]), mask);
  });
});

describe('the serialiser', () => {
  const ch = () => proverChannel(testDomain(quintic));
  const bare: readonly Ext[] = [quintic.one];

  test('accepts exposed and public random values only', () => {
    const values = [bare, secret(), masks(5).exts('pad', 0, 0, 1), {}, null, undefined, 7, [secret()]];
    for (const value of values) {
      for (const write of [
        'writeFes',
        'writeExts',
        'writeBytes',
        'writeDigests',
        'writeOpeningFes',
        'writeOpeningExts',
        'writeOpeningBytes',
        'writeOpeningDigests',
      ] as const) {
        const channel = ch();
        const door = channel[write] as (label: string, value: unknown) => void;
        expect(() => door('m', value)).toThrow('released: expected an Exposed or PublicRandom value');
        expect(channel.finish().length).toBe(0);
      }
    }
    const channel = ch();
    channel.writeExts('m', expose(quintic, secret(), masks(6).exts('pad', 0, 0, 1)));
    channel.writeExts('m', publicRandom(bare, 'one'));
    expect(channel.finish().length).toBe(40);
  });

  test('the types say the same', () => {
    const channel = ch();
    // @ts-expect-error a bare element
    expect(() => channel.writeExts('m', bare)).toThrow();
    // @ts-expect-error a secret
    expect(() => channel.writeExts('m', secret())).toThrow();
    // @ts-expect-error bare bytes
    expect(() => channel.writeBytes('m', new Uint8Array(1))).toThrow();
    // @ts-expect-error a bare digest
    expect(() => channel.writeOpeningDigests('m', [new Uint8Array(32)])).toThrow();
    // @ts-expect-error elements of F are not elements of K
    expect(() => channel.writeExts('m', publicRandom([1 as Fe], 'one'))).toThrow();
  });

  test('released lists can be joined, others cannot', () => {
    const exposed = expose(quintic, secret(), masks(7).exts('pad', 0, 0, 1));
    const joined = joinReleased([exposed, publicRandom(bare, 'one')]);
    expect(releasedValue(joined)).toEqual([...releasedValue(exposed), ...bare]);
    expect(() => joinReleased([exposed, bare as unknown as typeof exposed])).toThrow(TypeError);
  });

  test('a public value states its reason, and a copy of a released value is none', () => {
    expect(() => publicRandom(1, '')).toThrow(/reason: expected a sentence/);
    const copy = { ...publicRandom(bare, 'one') } as Released<readonly Ext[]>;
    expect(() => releasedValue(copy)).toThrow(TypeError);
    expect(() => releasedValue(Object.create(publicRandom(bare, 'one')))).toThrow(TypeError);
  });
});
