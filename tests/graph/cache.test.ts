/** One causal pass and token by token with cached keys and values give the same rows, bit for bit. */
import { describe, expect, test } from 'vitest';
import {
  execute,
  generate,
  integerSession,
  type Append,
  type Execution,
  type WeightData,
} from '../../src/graph/index.ts';
import { refusal } from '../support/refusal.ts';
import { compare, type Case } from '../support/graphs.ts';
import { tinyGpt, tinyLlama, tinyTokens, type TinyModel } from '../support/tiny-models.ts';
import { expectSame } from '../support/words.ts';

const models: readonly (readonly [string, (seed: number) => TinyModel])[] = [
  ['llama', (seed) => tinyLlama({ seed })],
  ['llama with a window', (seed) => tinyLlama({ seed, window: 5 })],
  ['gpt', (seed) => tinyGpt({ seed })],
];
const weightsOf = (model: TinyModel) => (name: string) => model.weights[name] as WeightData;

/** All rows of every tensor, from several executions one after the other. */
function joined(parts: readonly Execution<Int32Array>[], name: string): number[] {
  return parts.flatMap((part) => [...(part.tensors.get(name) as { data: Int32Array }).data]);
}

function expectSameRows(whole: Execution<Int32Array>, parts: readonly Execution<Int32Array>[]): void {
  for (const [name, { data }] of whole.tensors) expectSame(joined(parts, name), data, name);
}

describe.each(models)('%s', (_name, make) => {
  test('from weights that are gone when a second one behind them is read', () => {
    const model = make(6);
    const of = weightsOf(model);
    const lent: (Int16Array | Int32Array | Int8Array)[] = [];
    const lending = (name: string): WeightData => {
      if (lent.length >= 2) lent.shift()!.fill(-1);
      const own = of(name).slice();
      lent.push(own);
      return own;
    };
    const rows = { tokens: tinyTokens(9, 30, 2), emit: 'all', auxiliary: true } as const;
    const [kept, gone] = [of, lending].map((weights) => execute(model.graph, weights, rows));
    expectSameRows(kept!, [gone!]);
    expect(gone!.auxiliary).toEqual(kept!.auxiliary);
  });

  test('token by token', () => {
    for (const seed of [1, 2, 3]) {
      const model = make(seed);
      const tokens = tinyTokens(24, 30, seed);
      const whole = execute(model.graph, weightsOf(model), { tokens, emit: 'all' });
      const session = integerSession(model.graph, weightsOf(model));
      const parts = tokens.map((id) => session.append({ tokens: [id], emit: 'all' }));
      expectSameRows(whole, parts);
      expect(session.length()).toBe(24);
    }
  });

  test('in uneven pieces, with several sequences', () => {
    const model = make(4);
    const tokens = tinyTokens(23, 30, 4);
    const whole = execute(model.graph, weightsOf(model), { tokens, starts: [0, 7, 8, 15], emit: 'all' });
    const session = integerSession(model.graph, weightsOf(model));
    const pieces: Append[] = [
      { tokens: tokens.slice(0, 3), starts: [0] },
      { tokens: [] },
      { tokens: tokens.slice(3, 9), starts: [4, 5] },
      { tokens: tokens.slice(9, 15) },
      { tokens: tokens.slice(15), starts: [0] },
    ];
    expectSameRows(
      whole,
      pieces.map((piece) => session.append({ ...piece, emit: 'all' })),
    );
  });

  test('a sequence does not see the one before it', () => {
    const model = make(5);
    const [a, b] = [tinyTokens(6, 30, 5), tinyTokens(9, 30, 6)];
    const both = execute(model.graph, weightsOf(model), { tokens: [...a, ...b], starts: [0, 6] });
    const [first, second] = [a, b].map((tokens) => execute(model.graph, weightsOf(model), { tokens }));
    expect([...both.output.data]).toEqual([...(first?.output.data ?? []), ...(second?.output.data ?? [])]);
  });

  test('a later token changes no earlier row', () => {
    const model = make(6);
    const tokens = tinyTokens(12, 30, 7);
    const changed = tokens.map((id, t) => (t === 11 ? (id + 1) % 30 : id));
    const [x, y] = [tokens, changed].map((t) =>
      execute(model.graph, weightsOf(model), { tokens: t, emit: 'all' }),
    );
    for (const [name, { data, width }] of (x as Execution<Int32Array>).tensors) {
      const other = y?.tensors.get(name) as { data: Int32Array };
      expectSame(other.data.subarray(0, 11 * width), data.subarray(0, 11 * width), name);
    }
    const logits = [x, y].map((e) => e?.tensors.get('logits')?.data.slice(-30));
    expect(logits[0]).not.toEqual(logits[1]);
  });

  test('the twin agrees', () => {
    const model = make(7);
    const tokens = tinyTokens(9, 30, 8);
    const weights = Object.fromEntries(
      Object.entries(model.weights).map(([n, w]) => [n, Int32Array.from(w)]),
    );
    const testCase: Case = { graph: model.graph, weights, rows: { tokens, starts: [0, 5], emit: [2, 4, 8] } };
    expect(compare(testCase)).toBe('same');
  });
});

describe('generation', () => {
  const model = tinyLlama({ seed: 8 });
  const session = () => integerSession(model.graph, weightsOf(model));
  const seed = Uint8Array.from({ length: 32 }, (_, i) => i);

  test.each([['greedy'], [{ seed, temperature: 1000 }], [{ seed, temperature: 0 }]] as const)(
    'every token is the choice of one causal pass: %o',
    (choice) => {
      const prompt = tinyTokens(5, 40, 9);
      const completion = generate(model.graph, session(), { prompt, maxTokens: 20, choice });
      expect(completion.length).toBe(20);
      const tokens = [...prompt, ...completion];
      const pass = execute(model.graph, weightsOf(model), { tokens, emit: 'all', choice });
      expect([...pass.output.data].slice(prompt.length - 1, -1)).toEqual(completion);
    },
  );

  test('temperature 0 is greedy; seeds and temperatures matter', () => {
    const of = (choice: Append['choice']) =>
      generate(model.graph, session(), { prompt: [1, 2], maxTokens: 30, ...(choice && { choice }) }).join();
    expect(of({ seed, temperature: 0 })).toBe(of('greedy'));
    const other = seed.map((b) => b ^ 1);
    const texts = [of('greedy'), of({ seed, temperature: 900 }), of({ seed: other, temperature: 900 })];
    expect(new Set(texts).size).toBe(3);
  });

  test('ends at a stop id, at the context, and when told', () => {
    const all = generate(model.graph, session(), { prompt: [3], maxTokens: 1000 });
    expect(all.length).toBe(48); // the last position of the context still chooses
    const stop = all[4] as number;
    const until = generate(model.graph, session(), { prompt: [3], maxTokens: 1000, stop: [stop] });
    expect(until).toEqual(all.slice(0, all.indexOf(stop) + 1));
    const two = generate(model.graph, session(), {
      prompt: [3],
      maxTokens: 9,
      onToken: (id) => id !== all[1],
    });
    expect(two.length).toBe(all.indexOf(all[1] as number) + 1);
  });

  test('bad prompts are refused, and leave the session as it was', () => {
    const code = (run: () => unknown) => refusal(run);
    const prompt = (ids: number[]) => () => generate(model.graph, session(), { prompt: ids, maxTokens: 1 });
    expect(code(prompt([]))).toBe('PROMPT');
    expect(code(prompt(tinyTokens(49, 40, 1)))).toBe('CONTEXT');
    expect(code(prompt([1, 40]))).toBe('TOKEN');
    expect(code(prompt([1, -1]))).toBe('TOKEN');
    expect(code(prompt([1.5]))).toBe('TOKEN');
    const kept = session();
    const before = kept.append({ tokens: [5, 6] });
    expect(code(() => kept.append({ tokens: [7, 999] }))).toBe('TOKEN');
    const after = kept.append({ tokens: [7] }).output.data;
    expect(before.output.rows).toBe(1);
    expect([...after]).toEqual([
      ...execute(model.graph, weightsOf(model), { tokens: [5, 6, 7] }).output.data,
    ]);
  });

  test('a sequence longer than the context is refused, in one append or in many; two sequences have room', () => {
    const tokens = tinyTokens(49, 40, 2);
    expect(refusal(() => session().append({ tokens }))).toBe('CONTEXT');
    const kept = session();
    kept.append({ tokens: tokens.slice(0, 48) });
    expect(refusal(() => kept.append({ tokens: [1] }))).toBe('CONTEXT');
    expect(kept.append({ tokens: [1], starts: [0] }).output.rows).toBe(1);
    expect(session().append({ tokens, starts: [0, 1] }).output.rows).toBe(2);
  });

  test('rows of an append: wrong lists are a mistake of the caller', () => {
    const append = (rows: Append) => () => session().append(rows);
    expect(append({})).toThrow(RangeError);
    expect(append({ tokens: [1, 2], emit: [1, 0] })).toThrow(RangeError);
    expect(append({ tokens: [1, 2], emit: [2] })).toThrow(RangeError);
    expect(append({ tokens: [1, 2], starts: [-1] })).toThrow(RangeError);
    const sampled = integerSession(
      tinyGpt({ seed: 1 }).graph,
      (n) => tinyGpt({ seed: 1 }).weights[n] as WeightData,
    );
    expect(() => sampled.append({ tokens: [1], choice: { seed, temperature: 1000 } })).toThrow(RangeError);
  });
});
