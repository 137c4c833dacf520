/** Small files of a state directory: one check, one liar. What is damaged by accident is in budget.test.ts and group.test.ts. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { blake3 } from '../../src/hash/blake3.ts';
import { budgetStatus, recoverBudget, reserve, type BudgetPlace } from '../../src/store/budget.ts';
import { counterName, decodeCounter, encodeCounter, type Counter } from '../../src/store/counter.ts';
import { frame, unframe } from '../../src/store/frame.ts';
import { openHome, type Home } from '../../src/store/home.ts';
import { memoryFiles, type MemoryFiles } from '../support/memory-files.ts';
import { codeOf } from '../support/params.ts';
import { makePlace } from '../support/store.ts';

/** Changes a frame and makes its digest right again. */
function forged(bytes: Uint8Array, change: (copy: Uint8Array, view: DataView) => void): Uint8Array {
  const copy = bytes.slice();
  change(copy, new DataView(copy.buffer));
  const end = copy.length - 32;
  copy.set(blake3(copy.subarray(0, end), { context: 'zkdl state file 1' }), end);
  return copy;
}

describe('frames', () => {
  const good = frame('counter', Uint8Array.of(1, 2, 3));

  test('fixed layout: a change needs another version', () => {
    expect(new TextDecoder().decode(good.slice(0, 8))).toBe('zkdlstat');
    expect([...good.slice(8, 27)]).toEqual([1, 0, 0, 0, ...Buffer.from('counter\0'), 3, 0, 0, 0, 1, 2, 3]);
    expect(good.length).toBe(24 + 3 + 32);
  });

  test.each<[string, Uint8Array]>([
    ['STATE_MAGIC', forged(good, (copy) => (copy[0] = 0))],
    ['STATE_VERSION', forged(good, (copy) => (copy[8] = 2))],
    ['STATE_KIND', forged(good, (copy) => (copy[18] = 0x73))],
    ['STATE_LENGTH', forged(good, (copy) => (copy[20] = 4))],
    ['STATE_LENGTH', forged(good, (_, view) => view.setUint32(20, 2 ** 32 - 1, true))],
    ['STATE_LENGTH', good.slice(0, 55)],
    ['STATE_LENGTH', Uint8Array.from([...good, 0])],
    ['STATE_DIGEST', good.map((byte, i) => (i === 24 ? byte ^ 1 : byte))],
    ['STATE_DIGEST', good.map((byte, i) => (i === good.length - 1 ? byte ^ 1 : byte))],
  ])('%s', (code, liar) => {
    expect(codeOf(() => unframe('file', 'counter', liar))).toBe(code);
  });

  test('any bytes give a frame or a refusal', () => {
    fc.assert(
      fc.property(fc.nat(good.length), fc.uint8Array({ maxLength: 80 }), (at, tail) => {
        const mixed = Uint8Array.from([...good.subarray(0, at), ...tail]);
        if (codeOf(() => unframe('file', 'counter', mixed)) !== 'accepted') return;
        expect(frame('counter', unframe('file', 'counter', mixed).body)).toEqual(mixed);
      }),
      { seed: 34, numRuns: 2000 },
    );
  });

  test('Node buffers are copied, not watched', () => {
    const buffer = Buffer.concat([Buffer.alloc(9), good]).subarray(9);
    const { body } = unframe('file', 'counter', buffer);
    buffer.fill(0);
    expect([...body]).toEqual([1, 2, 3]);
  });
});

describe('records', () => {
  let files: MemoryFiles;
  let home: Home;
  let place: BudgetPlace;
  beforeEach(() => {
    files = memoryFiles();
    home = openHome('/h', files);
    place = { ...makePlace(home, '/w'), limits: { total: 100, links: 20, queries: 10 } };
  });
  const at = (generation: number): string => `/w/${counterName(generation)}`;
  const take = (): string => codeOf(() => reserve(home, place, 10, 'proof'));

  test('a record is its bytes', () => {
    take();
    const bytes = files.all().get(at(1))!;
    const { digest, ...record } = decodeCounter(at(1), bytes);
    expect(encodeCounter(record)).toEqual(bytes);
    expect(digest).toEqual(bytes.slice(-32));
    expect(record.previous).toEqual(files.all().get(at(0))!.slice(-32));
    expect(record).toMatchObject({ generation: 1, used: 10, positions: 10, purpose: 'proof' });
  });

  test('COUNTER_VALUE: counts and purposes that nobody writes', () => {
    take();
    const good = files.all().get(at(1))!.slice();
    const liars: ((view: DataView) => void)[] = [
      (view) => view.setBigUint64(24 + 96, 2n ** 53n, true),
      (view) => view.setBigUint64(24 + 104, 2n ** 53n, true),
      (view) => view.setUint32(24 + 112, 11, true),
      (view) => view.setUint32(24 + 116, 4, true),
    ];
    for (const lie of liars) {
      files.overwrite(
        at(1),
        forged(good, (_, view) => lie(view)),
      );
      expect(take()).toBe('COUNTER_VALUE');
    }
    files.overwrite(at(1), frame('counter', new Uint8Array(3)));
    expect(take()).toBe('STATE_LENGTH');
  });

  test('COUNTER_VALUE: what is read back is not what was written', () => {
    take();
    const foreign: Counter = decodeCounter(at(1), files.all().get(at(1))!);
    files.hook = (action, path) => {
      if (action === 'open' && path === at(2)) {
        files.overwrite(at(2), encodeCounter({ ...foreign, generation: 2, nonce: new Uint8Array(16) }));
      }
    };
    expect(take()).toBe('COUNTER_VALUE');
  });

  test('COUNTER_MISSING: a listing that lacks a name that is taken', () => {
    take();
    const lying = {
      ...home.files,
      list: (path: string) => home.files.list(path).filter((name) => !name.endsWith('1')),
    };
    expect(codeOf(() => reserve({ ...home, files: lying }, { ...place, path: '/w' }, 10, 'proof'))).toMatch(
      /^(COUNTER_MISSING|BUDGET_BEHIND)$/,
    );
    files.remove(`/h/spent/${hex(place.keyDigest)}/0000000000000001`);
    expect(codeOf(() => reserve({ ...home, files: lying }, place, 10, 'proof'))).toBe('COUNTER_MISSING');
  });

  test('WITNESS_VALUE: a witness that nobody writes', () => {
    take();
    const path = `/h/spent/${hex(place.keyDigest)}/0000000000000001`;
    const good = files.all().get(path)!.slice();
    files.overwrite(
      path,
      forged(good, (_, view) => view.setBigUint64(24 + 32, 2n ** 53n, true)),
    );
    expect(take()).toBe('WITNESS_VALUE');
    files.overwrite(path, frame('witness', new Uint8Array(39)));
    expect(take()).toBe('WITNESS_VALUE');
    files.overwrite(path, good.slice(0, 70));
    expect(take()).toBe('STATE_LENGTH');
    files.overwrite(path, good);
    expect(take()).toBe('accepted');
  });

  test('BUDGET_BUSY: a recovery that another process overtakes', () => {
    take();
    files.hook = (action, path) => {
      if (action !== 'link' || path !== at(2)) return;
      files.hook = undefined;
      expect(take()).toBe('accepted');
    };
    expect(codeOf(() => recoverBudget(home, place))).toBe('BUDGET_BUSY');
    expect(budgetStatus(home, place).used).toBe(20);
  });

  test('a long-term secret of another length', () => {
    files.overwrite('/h/long-term', frame('longterm', new Uint8Array(31)));
    expect(codeOf(() => openHome('/h', files))).toBe('STATE_LENGTH');
  });
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
