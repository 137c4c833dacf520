/** Files that the commands of training read: arrays of NumPy and of MNIST, plans; whole, and wrong in every way. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_FORMATS, DEFAULT_MOMENTUM } from '../../src/training/plan.ts';
import { stateFromSeed } from '../../src/training/state.ts';
import { readArray } from '../../src/verbs/training/arrays.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/verbs/training/checkpoint.ts';
import { lossCsv, measure } from '../../src/verbs/training/loss.ts';
import { planOf } from '../../src/verbs/training/plan-file.ts';
import { segmentsOf } from '../../src/verbs/training/segments.ts';
import { proofError } from '../support/refusal.ts';
import { idx, npy, npyOf, planJson } from '../support/training-inputs.ts';
import { NARROW, SEED } from '../training/small.ts';
import { generator } from '../support/words.ts';

let folder: string;
const path = (name: string): string => join(folder, name);
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'zkdl-arrays-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('arrays', () => {
  const bytes = [1, 2, 3, 4, 5, 6];
  const read = (file: Uint8Array): ReturnType<typeof readArray> => {
    writeFileSync(path('array'), file);
    return readArray(path('array'));
  };
  const header = (text: string, version?: 1 | 2) => npyOf(text, bytes, version);
  const own = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }";

  test('both formats, all numbers of dimensions', () => {
    for (const shape of [[6], [2, 3], [3, 1, 2], [1, 1, 6, 1]]) {
      const expected = { shape, data: Uint8Array.from(bytes) };
      expect(read(npy(shape, bytes))).toEqual(expected);
      expect(read(idx(shape, bytes))).toEqual(expected);
    }
    expect(read(header(own, 2)).shape).toEqual([2, 3]);
    expect(read(header("{'shape': (6,),  'fortran_order': False,'descr':'|u1'}")).shape).toEqual([6]);
  });

  const whole = npy([2, 3], bytes);
  const cut = idx([2, 3], bytes);
  test.each<[string, Uint8Array, RegExp]>([
    ['no bytes', new Uint8Array(0), /\.npy file of uint8 or an IDX file/],
    ['text', Buffer.from('1,2,3'), /\.npy file of uint8 or an IDX file/],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0), /gzip file: unpack it/],
    ['npy: cut in the magic', whole.subarray(0, 5), /magic/],
    ['npy: cut in the version', whole.subarray(0, 7), /version/],
    [
      'npy: another version',
      Uint8Array.from(whole, (x, i) => (i === 6 ? 4 : x)),
      /version 1.0, 2.0 or 3.0, got 4.0/,
    ],
    ['npy: cut before the length', whole.subarray(0, 9), /10 bytes at least, got 9: it is cut short/],
    ['npy: cut in the header', whole.subarray(0, 60), /header of 118 bytes, got 50: it is cut short/],
    [
      'npy: a header that is too long',
      Uint8Array.from(whole, (x, i) => (i === 9 ? 0x40 : x)),
      /at most 10000 bytes/,
    ],
    ['npy: cut in the rows', whole.subarray(0, -1), /6 bytes of shape \[2, 3\], got 5: it is cut short/],
    ['npy: bytes behind', Buffer.concat([whole, Buffer.alloc(1)]), /6 bytes of shape \[2, 3\], got 7$/],
    ['npy: no braces', header('shape'), /braces/],
    ['npy: another type', header(own.replace('|u1', '<i8')), /expected uint8, '\|u1', got '<i8': convert it/],
    ['npy: columns first', header(own.replace('False', 'True')), /another order/],
    ['npy: no dimension', header(own.replace('2, 3', '')), /one dimension or more/],
    ['npy: a negative size', header(own.replace('2', '-2')), /descr, fortran_order and shape/],
    ['npy: a size of zero', header(own.replace('2', '0')), /dimension 0: expected a positive size/],
    ['npy: sizes beyond 2^31', header(own.replace('2', '4294967296')), /below 2\^31 cells/],
    ['npy: nine dimensions', header(own.replace('2, 3', '1,1,1,1,1,1,1,2,3')), /1 to 8 dimensions, got 9/],
    ['npy: a key missing', header("{'descr': '|u1', 'shape': (2, 3)}"), /another order/],
    ['npy: a key twice', header(own.replace('}', "'shape': (6,)}")), /shape once/],
    ['npy: another key', header(own.replace('}', "'x': False}")), /descr, fortran_order and shape/],
    [
      'npy: an expression',
      header(own.replace('(2, 3)', "__import__('os')")),
      /descr, fortran_order and shape/,
    ],
    ['idx: cut before the sizes', cut.subarray(0, 3), /4 bytes at least/],
    ['idx: cut in the sizes', cut.subarray(0, 8), /header of 12 bytes, got 8: it is cut short/],
    ['idx: cut in the rows', cut.subarray(0, -2), /6 bytes of shape \[2, 3\], got 4: it is cut short/],
    ['idx: bytes behind', Buffer.concat([cut, Buffer.alloc(2)]), /got 8$/],
    ['idx: floats', idx([2, 3], bytes, 13), /unsigned bytes, type 8, got type 13/],
    ['idx: no dimension', idx([], []), /1 to 8 dimensions, got 0/],
    ['idx: a size of zero', idx([0, 3], []), /dimension 0: expected a positive size/],
    ['idx: sizes beyond 2^31', idx([2 ** 31, 2], []), /below 2\^31 cells/],
  ])('%s', (_, file, message) => {
    const { code, stage, detail } = proofError(() => read(file));
    expect({ code, stage }).toEqual({ code: 'ARRAY', stage: path('array') });
    expect(detail).toMatch(message);
  });
});

describe('plans', () => {
  const own = { widths: [6, 4], batch: 3, rates: [{ from: 0, rate: 4 }] };
  test('what is left out', () => {
    expect(planOf({ ...own, epochs: 2 }, 13)).toEqual({
      ...own,
      rows: 13,
      steps: 8,
      formats: DEFAULT_FORMATS,
    });
    expect(planOf({ ...own, steps: 5, momentum: true }, 13).momentum).toEqual(DEFAULT_MOMENTUM);
    expect(planOf({ ...own, steps: 5, momentum: false }, 13).momentum).toBeUndefined();
    expect(planOf(JSON.parse(planJson({ rows: 13 })), 13)).toEqual(NARROW);
    const momentum = { shift: 2 };
    expect(planOf({ ...own, steps: 5, momentum }, 13).momentum).toEqual(momentum);
  });
  test.each<[string, object, RegExp]>([
    ['a key that is not known', { ...own, steps: 5, lerningRate: 1 }, /got "lerningRate"/],
    ['neither steps nor epochs', own, /steps or epochs, got neither/],
    ['both', { ...own, steps: 5, epochs: 1 }, /steps or epochs, got both/],
    [
      'other rows than the dataset has',
      { ...own, steps: 5, rows: 12 },
      /rows: expected those of the dataset, 13/,
    ],
    ['no batch', { ...own, batch: undefined, steps: 5 }, /batch: expected an integer from 0 on, got none/],
    ['a batch beyond the rows', { ...own, batch: 14, steps: 5 }, /batch: expected an integer in \[1, 13\]/],
    ['a fraction', { ...own, steps: 5.5 }, /steps: expected an integer/],
    ['text for a number', { ...own, widths: ['6', 4], steps: 5 }, /widths\[0\]: expected an integer/],
    ['no list', { ...own, widths: 6, steps: 5 }, /widths: expected a list/],
    ['a rate that is a number', { ...own, rates: [4], steps: 5 }, /rates\[0\]: expected an object/],
    [
      'a rate with another key',
      { ...own, rates: [{ from: 0, rate: 4, to: 5 }], steps: 5 },
      /rates\[0\].*got "to"/,
    ],
    ['no first rate', { ...own, rates: [{ from: 1, rate: 4 }], steps: 5 }, /rates\[0\]\.from/],
    ['another format', { ...own, steps: 5, formats: { output: 1 } }, /formats: expected input.*got "output"/],
    ['half a format', { ...own, steps: 5, formats: { input: { bits: 8 } } }, /formats\.input\.fraction/],
    [
      'bits beyond what is proven',
      { ...own, steps: 5, formats: { low: 16 } },
      /low: expected an integer in \[1, 15\]/,
    ],
    ['half a momentum', { ...own, steps: 5, momentum: {} }, /momentum\.shift/],
    ['a momentum in two parts', { ...own, steps: 5, momentum: { shift: 3, high: 12 } }, /got "high"/],
    ['a list', [], /expected an object, got \[\]/],
  ])('%s', (_, value, message) => {
    const { code, detail } = proofError(() => planOf(JSON.parse(JSON.stringify(value)), 13));
    expect(code).toBe('PLAN');
    expect(detail).toMatch(message);
  });
  test('segments end where a rate changes, at the end, and after so many steps', () => {
    expect(segmentsOf(NARROW, 4)).toEqual([4, 6, 9]);
    expect(segmentsOf(NARROW, 100)).toEqual([6, 9]);
    expect(segmentsOf(NARROW, 4, 2, 8)).toEqual([6, 8]);
    const wide = { ...NARROW, batch: 2 ** 12, rows: 2 ** 12, steps: 600, rates: [{ from: 0, rate: 1 }] };
    expect(segmentsOf(wide, 30)).toEqual(Array.from({ length: 300 }, (_, i) => 2 * (i + 1))); // 2^15 rows of 3 layers
    const long = { ...NARROW, batch: 1, steps: 2000, rates: [{ from: 0, rate: 1 }] };
    expect(segmentsOf(long, 2000)).toEqual([1365, 2000]); // 2^12 periods of 3 layers
    expect(segmentsOf({ ...long, period: 2 }, 2000)).toEqual([2000]);
    // A period at least, whatever its rows.
    const [widths, formats] = [[...Array<number>(64).fill(1), 2], NARROW.formats];
    expect(segmentsOf({ ...wide, widths, formats, period: 2, steps: 5 }, 16)).toEqual([2, 4, 5]);
    expect(() => segmentsOf(NARROW, 0)).toThrow(/^steps per proof: expected/);
  });
});

test('a checkpoint is at the end of a period, or of the run', () => {
  const plan = { ...NARROW, period: 2, rates: [{ from: 0, rate: 1 }] };
  const run = new Uint8Array(32);
  const read = (step: number): number => {
    const ones = new Array<number>(step).fill(1);
    const checkpoint = { step, state: stateFromSeed(plan, SEED), losses: ones, right: ones };
    return decodeCheckpoint('checkpoint', plan, run, encodeCheckpoint(plan, run, checkpoint)).step;
  };
  for (const step of [2, 8, 9]) expect(read(step)).toBe(step);
  for (const step of [1, 7]) {
    const { code, detail } = proofError(() => read(step));
    expect([code, detail]).toEqual(['CHECKPOINT', `step: expected the end of a period, got ${step}`]);
  }
});

test('losses that went through a checkpoint stand in the table as those that did not', () => {
  const plan = { ...NARROW, steps: 300 };
  const next = generator(3);
  const steps = Array.from({ length: plan.steps }, () => {
    const logits = Int32Array.from({ length: 12 }, () => (next() % 2048) - 1024);
    return measure(
      logits,
      Int32Array.from({ length: 3 }, () => next() % 4),
    );
  });
  const [losses, right] = [steps.map(({ loss }) => loss), steps.map((step) => step.right)];
  const run = new Uint8Array(32);
  const bytes = encodeCheckpoint(plan, run, {
    step: plan.steps,
    state: stateFromSeed(plan, SEED),
    losses,
    right,
  });
  const kept = decodeCheckpoint('checkpoint', plan, run, bytes);
  expect(Buffer.from(lossCsv(plan, kept)).toString()).toBe(
    Buffer.from(lossCsv(plan, { losses, right })).toString(),
  );
});
