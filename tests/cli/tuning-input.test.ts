/** Bad input to the commands of training graphs: exit code 2, a message that names thing and cause, nothing half-written, no token shown. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { encodeGraph } from '../../src/graph/index.ts';
import { modelOf, vocabularyOf } from '../../src/verbs/tuning/model-file.ts';
import { tuningPlanOf } from '../../src/verbs/tuning/plan-file.ts';
import { decodeTokens } from '../../src/verbs/tuning/tokens.ts';
import { zkdl, zkdlAlone, type Run } from '../support/cli.ts';
import { proofError } from '../support/refusal.ts';
import { smallestTrained } from '../support/trained-graphs.ts';
import { npy, npyOf } from '../support/training-inputs.ts';
import { npyWords, TUNING_MODEL, TUNING_PLAN, TUNING_TOKENS, tuningPlan, writeTuning } from '../support/tuning-inputs.ts'; // prettier-ignore

const SLOW = 600_000; // the machine may be busy: nothing here is about time
vi.setConfig({ testTimeout: SLOW, hookTimeout: SLOW });
let folder: string;
const path = (name: string): string => join(folder, name);
const run = (...args: string[]): Run => zkdl(folder, args);

interface Told {
  readonly code: string;
  readonly stage: string;
  readonly detail: string;
}
/** A failed run: one line that says why, the same as JSON, and no file that was not there before. */
function failure(args: readonly string[], shell?: string): Told {
  const before = readdirSync(folder).sort();
  const { code, stdout, stderr, json } = (shell === undefined ? zkdl : zkdlAlone)(
    folder,
    [...args, '--json', '--quiet'],
    shell,
  );
  expect(code, stderr).toBe(2);
  expect(readdirSync(folder).sort()).toEqual(before);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/\n\s+at /);
  return (json() as { error: Told }).error;
}
function write(name: string, bytes: Uint8Array | string): string {
  writeFileSync(path(name), bytes);
  return name;
}
const commit = (tokens = 'tokens.npy', model = 'model.json', plan = 'plan.json', out = 'new'): string[] =>
  ['corpus', 'commit', tokens, '--model', model, '--plan', plan, '-o', out, '--proofs', '20']; // prettier-ignore
const tune = (out: string, ...more: string[]): string[] =>
  ['tune', 'model.json', '--plan', 'plan.json', '--corpus', 'c', '-o', out, ...more]; // prettier-ignore

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zkdl-cli-'));
  mkdirSync(path('state'));
  writeTuning(folder);
  for (const args of [commit('tokens.npy', 'model.json', 'plan.json', 'c'), tune('r')]) {
    const { code, stderr } = run(...args);
    expect(code, stderr).toBe(0);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('tokens', () => {
  const read = (bytes: Uint8Array, vocabulary = 12): number[] => [...decodeTokens('x', bytes, vocabulary)];
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const told = (bytes: Uint8Array): string => {
    const { code, stage, detail } = proofError(() => read(bytes));
    return `${code} ${stage}: ${detail}`;
  };
  test('arrays of bytes, of words, lists', () => {
    expect(read(npy([3], [1, 2, 11]))).toEqual([1, 2, 11]);
    expect(read(npyWords([1, 2, 300]), 1000)).toEqual([1, 2, 300]);
    expect(read(text(' [3, 0, 11]\n'))).toEqual([3, 0, 11]);
  });
  test('other arrays, other lists, ids beyond the vocabulary: place and cause, and no id', () => {
    expect(told(npy([2, 2], [1, 2, 3, 4]))).toBe('ARRAY x: expected one dimension, got 2');
    const signed = npyOf("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", new Uint8Array(8));
    expect(told(signed)).toMatch(/^ARRAY x: expected uint8, '\|u1', or uint16, '<u2', got '<i8': convert it with \.astype\('uint16'\)/); // prettier-ignore
    expect(told(npyWords([1, 2, 3]).slice(0, -1))).toMatch(/^ARRAY x: .*it is cut short/);
    expect(told(npyWords([1, 2, 34]))).toBe('CORPUS x: token 2: expected an id of 0 to 11, got another');
    for (const list of ['[1, 2, 34]', '[1, 2, 0.5]', '[1, 2, "34"]', '[1, 2, null]', '[1, 2, -34]']) {
      expect(told(text(list))).toBe('CORPUS x: token 2: expected an id of 0 to 11, got another');
    }
    expect(told(text('{}'))).toBe('ARRAY x: expected a list of ids, got something else');
    expect(told(text('[1, 2'))).toMatch(/^ARRAY x: expected a .npy file or a JSON list/);
    expect(told(Uint8Array.of(255, 254, 0))).toMatch(/^ARRAY x/);
    expect(told(new Uint8Array(0))).toMatch(/^ARRAY x/);
    expect(told(text('[1]'))).toMatch(/^CORPUS x: expected 2 to \d+ tokens, got 1/);
    expect(proofError(() => decodeTokens('x', npyWords([32768, 1]), 2 ** 17)).detail).toMatch(
      /of 0 to 32767/,
    );
  });
  test('of the command: nothing is left', () => {
    expect(failure(commit(write('bad.npy', npyWords([1, 2, 12]))))).toMatchObject({ code: 'CORPUS', stage: 'bad.npy' }); // prettier-ignore
    expect(failure(commit('no.npy'))).toMatchObject({ code: 'FILE_MISSING', stage: 'no.npy' });
    expect(failure(commit('state'))).toMatchObject({ code: 'FILE_KIND' });
    expect(failure(commit(write('few.npy', npyWords([1, 2, 3]))))).toMatchObject({ code: 'PLAN' });
    expect(failure(commit('tokens.npy', 'model.json', 'plan.json', 'c'))).toMatchObject({
      code: 'FILE_EXISTS',
    });
  });
});

describe('models', () => {
  const told = (value: unknown): string => {
    const { code, detail } = proofError(() => modelOf(value));
    return `${code} ${detail}`;
  };
  test('sizes of a transformer, or a graph', () => {
    const { graph, places } = modelOf(TUNING_MODEL);
    expect(vocabularyOf(graph)).toBe(12);
    expect(places?.weights['E']).toBe(11);
    const own = smallestTrained().graph;
    const model = modelOf(JSON.parse(Buffer.from(encodeGraph(own)).toString()));
    expect([model.graph, model.places]).toEqual([own, undefined]);
    expect(vocabularyOf(own)).toBe(6); // eleven ids are read, six are named
  });
  test.each([
    [{ ...TUNING_MODEL, width: 0 }, /^PLAN width: expected 1 to 4096, got 0/],
    [{ ...TUNING_MODEL, vocabulary: 1 }, /^PLAN vocabulary/],
    [{ ...TUNING_MODEL, heads: 3 }, /^PLAN heads: expected a divisor of the width 4, got 3/],
    [{ ...TUNING_MODEL, layers: '1' }, /^PLAN layers: expected an integer/],
    [{ ...TUNING_MODEL, depth: 1 }, /^PLAN model: expected vocabulary.*got "depth"/],
    [{ vocabulary: 12 }, /^PLAN context: expected an integer from 0 on, got none/],
    [{ ...TUNING_MODEL, width: 512, heads: 1 }, /^GRAPH_RANGE/],
    [{ format: 'zkdl-graph-1' }, /^GRAPH_FORMAT/],
    [[], /^PLAN model/],
    [null, /^PLAN model/],
    [7, /^PLAN model/],
  ])('%j', (value, expected) => expect(told(value)).toMatch(expected));
  test('of the command', () => {
    const model = write('broken.json', '{"vocabulary": 12,');
    const { code, stage, detail } = failure(commit('tokens.npy', model));
    expect([code, stage, detail]).toEqual(['PLAN', 'broken.json: plan', 'expected JSON, got something else']);
  });
});

describe('plans', () => {
  const model = modelOf(TUNING_MODEL);
  const told = (over: object, of = model): string => {
    const { code, detail } = proofError(() => tuningPlanOf({ ...TUNING_PLAN, ...over }, of, 49));
    return `${code} ${detail}`;
  };
  test('what is left out is the default', () => {
    const { plan, schedule } = tuningPlanOf(TUNING_PLAN, model, 49);
    expect(plan).toMatchObject({ gradient: { bits: 15, fraction: 10 }, low: 15, norms: 14 });
    expect(plan.momentum).toBeUndefined();
    expect(schedule).toEqual({ tokens: 49, length: 4, batch: 3, steps: 3 });
    const more = {
      momentum: true,
      gradient: { fraction: 8, guard: 2 },
      length: 2,
      steps: undefined,
      epochs: 2,
    };
    const other = tuningPlanOf({ ...TUNING_PLAN, ...more, ratePlaces: 11 }, model, 49);
    expect(other.plan.momentum).toEqual({ shift: 3, high: 12, low: 15 });
    expect(other.plan.gradient).toEqual({ bits: 15, fraction: 8, guard: 2 });
    expect(other.schedule.steps).toBe(16);
    const own = smallestTrained();
    const graph = { weights: own.plan.weights, norms: 13, gradient: own.plan.gradient, ratePlaces: 6 };
    expect(tuningPlanOf({ ...TUNING_PLAN, ...graph }, { graph: own.graph }, 49).plan.weights).toEqual({
      E: 9,
      H: 10,
    });
  });
  test.each([
    [{ batch: 13 }, /^PLAN batch: expected an integer in \[1, 12\], got 13/],
    [{ batch: undefined }, /^PLAN batch: expected an integer from 0 on, got none/],
    [{ length: 5 }, /^PLAN length/],
    [{ steps: 0 }, /^PLAN steps/],
    [{ epochs: 1 }, /^PLAN steps: expected steps or epochs, got both/],
    [{ steps: undefined }, /^PLAN steps: expected steps or epochs, got neither/],
    [{ rate: 0 }, /^PLAN rate/],
    [{ rates: [{ from: 0, rate: 1 }] }, /^PLAN rate: expected a rate or rates, got both/],
    [{ rate: undefined }, /^PLAN rate: expected a rate or rates, got neither/],
    [{ rate: undefined, rates: [] }, /^PLAN rates: expected one from step 0 on/],
    [{ rate: undefined, rates: [{ from: 1, rate: 1 }] }, /^PLAN rates: expected one from step 0 on/],
    [{ rate: undefined, rates: 2 }, /^PLAN rates: expected a list/],
    [
      {
        rate: undefined,
        rates: [
          { from: 0, rate: 1 },
          { from: 3, rate: 1 },
        ],
      },
      /^PLAN rates\[0\]\.from/,
    ],
    [{ ratePlaces: 31 }, /^PLAN (ratePlaces|places)/],
    [{ gradient: { bits: 16 } }, /^PLAN gradient.bits/],
    [{ gradient: { guard: 5 } }, /^PLAN gradient.guard/],
    [{ gradient: 3 }, /^PLAN gradient: expected an object/],
    [{ momentum: { shift: 9, high: 12, low: 9 } }, /^PLAN momentum.shift/],
    [{ norms: 13 }, /^PLAN expected .*got "norms"/],
    [{ widths: [1] }, /^PLAN expected .*got "widths"/],
  ])('%j', (over, expected) => expect(told(over)).toMatch(expected));
  test('more changes of the rate than a run has', () => {
    const rates = Array.from({ length: 4098 }, (_, from) => ({ from, rate: 1 }));
    const over = { rate: undefined, rates, steps: 5000 };
    expect(told(over)).toBe('PLAN rates: expected at most 4096, got 4097');
  });
  test('of a graph by itself, whose places a plan has to say', () => {
    const { graph } = smallestTrained();
    expect(told({}, { graph })).toMatch(/^PLAN weights: expected an object/);
    expect(told({ weights: { E: 9 }, norms: 13 }, { graph })).toMatch(
      /^PLAN weights: expected binary places of H/,
    );
    expect(told({ weights: { E: 9, H: -1 }, norms: 13 }, { graph })).toMatch(
      /^PLAN weights: expected an integer/,
    );
  });
});

describe('tune and prove-tuning', () => {
  test('wrong use', () => {
    expect(failure(tune('n', '--seed', 'ab')).stage).toBe('seed');
    expect(failure(tune('n', '--until', '0')).code).toBe('USAGE');
    expect(failure(tune('c'))).toMatchObject({ code: 'FOLDER', stage: 'c' });
    expect(failure(tune('model.json'))).toMatchObject({ code: 'FILE_KIND' });
    expect(failure(['prove-tuning', 'c', '--corpus', 'c'])).toMatchObject({ code: 'FOLDER' });
    expect(failure(['prove-tuning', 'no', '--corpus', 'c'])).toMatchObject({ code: 'FILE_MISSING' });
    expect(failure(['predict', 'r', '--inputs', 'tokens.npy', '-o', 'p'])).toMatchObject({
      code: 'FOLDER',
      detail: 'expected the directory of a run of zkdl train, got a run of zkdl tune',
    });
    expect(failure(['prove-tuning', 'r'])).toMatchObject({
      code: 'USAGE',
      detail: expect.stringMatching(/--corpus.*not specified; see zkdl prove-tuning --help$/) as string,
    });
    const many = ['corpus', 'commit', 'tokens.npy', '--model', 'model.json', '--plan', 'plan.json'];
    expect(failure([...many, '-o', 'many', '--proofs', '100000'])).toMatchObject({
      stage: 'proofs',
      detail: expect.stringMatching(
        /^expected as many as a code has room for, e.g. \d+, got 100000$/,
      ) as string,
    });
    expect(failure(['prove-tuning', 'r', '--corpus', 'r'])).toMatchObject({ code: 'FOLDER' });
    expect(failure(['prove-tuning', 'r', '--corpus', 'no'])).toMatchObject({ code: 'FILE_MISSING' });
    expect(failure(['prove-tuning', 'r', '--corpus', 'c', '--answers', '99999'])).toMatchObject({ stage: 'answers' }); // prettier-ignore
    expect(failure(['prove-tuned', 'r', '--prompt', '1', '-o', 'a.zkp'])).toMatchObject({ code: 'CHAIN' });
    expect(failure(['verify-tuning', 'no.run'])).toMatchObject({ code: 'FILE_MISSING' });
    expect(failure(['verify-tuning', 'r.run', '--digest', 'ab']).stage).toBe('digest');
  });
  test('a corpus with ids that the model does not have', () => {
    write('narrow.json', JSON.stringify({ ...TUNING_MODEL, vocabulary: 5 }));
    const args = ['tune', 'narrow.json', '--plan', 'plan.json', '--corpus', 'c', '-o', 'n'];
    const place = TUNING_TOKENS.findIndex((id) => id > 4);
    expect(failure(args)).toMatchObject({ code: 'CORPUS', stage: 'c', detail: `token ${place}: expected an id of 0 to 4, got another` }); // prettier-ignore
  });
  test('a step whose values leave their bits: its number, nothing lost', () => {
    write('steep.json', tuningPlan({ rate: 1024, ratePlaces: 5 }));
    const args = ['tune', 'model.json', '--plan', 'steep.json', '--corpus', 'c', '-o', 'steep'];
    const { code, stderr } = run(...args, '--quiet');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^zkdl: UNPROVABLE: step \d: /);
    expect(readdirSync(path('steep')).sort()).toEqual(['graph.json', 'run']);
  });
  test('somebody at work there; a damaged checkpoint', () => {
    writeFileSync(path('r/at-work'), `${JSON.stringify({ pid: process.pid, host: hostname() })}\n`);
    expect(failure(tune('r'), 'true')).toMatchObject({ code: 'BUSY', stage: 'r' });
    rmSync(path('r/at-work'));
    const [name] = readdirSync(path('r')).filter((own) => own.startsWith('checkpoint-')) as [string];
    writeFileSync(path(`r/${name}`), 'zkdl-chk');
    expect(failure(tune('r'))).toMatchObject({ code: 'CHECKPOINT' });
  });
});
