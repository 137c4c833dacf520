/**
 * OPS-2, OPS-3, OPS-4 for private token ids: the honest witness is that of the public pass, there is one witness for every id and no
 * other, and each relation is the only one against some liar.
 */
import { describe, expect, it } from 'vitest';
import type { Fe } from '../../src/field/field.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { graphBuilder, type Graph } from '../../src/graph/index.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import { executePass } from '../../src/graph/lower-witness.ts';
import { idDigits } from '../../src/ops/embedding/digits.ts';
import { PRIVATE_TOKEN } from '../../src/ops/lowering.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { checkWitness } from '../../src/relation/check-witness.ts';
import { changed } from '../support/attention-liars.ts';
import { violated, type Cells } from '../support/clear.ts';
import { dice, entries } from '../support/graphs.ts';
import { lowered, type Lowered } from '../support/lowered.ts';
import { tinyQuantized } from '../support/quantized.ts';
import { refusal } from '../support/refusal.ts';
import { solve } from '../support/solve.ts';

const F = koalaBear;
const X = PRIVATE_TOKEN;

interface Tokens {
  readonly vocabulary: number;
  readonly width: number;
  /** Ids of all rows. */
  readonly ids: readonly number[];
  /** Rows of private ones. */
  readonly hidden: readonly number[];
  readonly positions?: boolean;
  readonly seed?: number;
}

const hide = (ids: readonly number[], hidden: readonly number[]): number[] =>
  ids.map((id, row) => (hidden.includes(row) ? X : id));

function embeddingGraph({ vocabulary, width, positions }: Tokens): Graph {
  const g = graphBuilder({ context: 8 });
  const table = g.weight('E', [vocabulary, width], { bits: 9 });
  const options = { width, ...(positions && { positions: g.weight('P', [8, width], { bits: 9 }) }) };
  return g.build(g.requantise('y', g.embedding('e', table, options), { shift: 2, bits: 9 }));
}

function weightsOf({ vocabulary, width, seed = 5 }: Tokens): Record<'E' | 'P', Int32Array> {
  const d = dice(seed);
  const uniform = (n: number): Int32Array => Int32Array.from({ length: n }, () => d.int(-256, 255));
  return { E: uniform(vocabulary * width), P: entries(8 * width, 9, d) };
}

function make(of: Tokens): Lowered {
  const { ids, hidden } = of;
  const pass = { rows: ids.length, tokens: hide(ids, hidden), starts: [0], emit: [] };
  const secret = hidden.map((row) => ids[row]!);
  return lowered(embeddingGraph(of), weightsOf(of), pass, {}, secret);
}

/** id = 4 high + low; 30 ids: eight high digits, the last with two low ones. */
const WITH_REST = { vocabulary: 30, width: 1 };
/** Two low digits, one id with the last high one. */
const ODD = { vocabulary: 11, width: 1 };
const EVEN = { vocabulary: 32, width: 1 };

describe('digits of ids', () => {
  it('take the least cells', () => {
    const cost = (v: number, w: number, b: number): number => Math.ceil(v / b) + b * (w + 1);
    for (const width of [1, 2, 16, 768]) {
      for (const vocabulary of [1, 2, 3, 7, 8, 30, 512, 4096, 32_000, 50_257, 151_936]) {
        const { base, full, rest, highs } = idDigits(vocabulary, width);
        expect(base * full + rest).toBe(vocabulary);
        expect(full).toBeGreaterThan(0);
        expect(highs).toBe(Math.ceil(vocabulary / base));
        for (let b = 1; b <= vocabulary; b *= 2) {
          const [own, other] = [cost(vocabulary, width, base), cost(vocabulary, width, b)];
          expect(own < other || (own === other && base <= b)).toBe(true);
        }
      }
    }
    expect(idDigits(30, 1)).toEqual({ base: 4, full: 7, rest: 2, highs: 8 });
    expect(idDigits(50_257, 768)).toEqual({ base: 8, full: 6282, rest: 1, highs: 6283 });
  });
});

describe('OPS-2: private ids', () => {
  const cases: Tokens[] = [1, 2, 3, 5, 8, 11, 30, 32, 40].flatMap((vocabulary, i) => {
    const ids = [0, vocabulary - 1, Math.floor(vocabulary / 2), vocabulary - 1, 1 % vocabulary];
    return [
      { vocabulary, width: 1 + (i % 3), ids, hidden: [0, 1, 2] },
      { vocabulary, width: 2, ids, hidden: [0, 1, 2, 3, 4], positions: true },
      { vocabulary, width: 1, ids, hidden: [1, 3], positions: true },
    ];
  });
  it.each(cases)('of $vocabulary, width $width, at rows $hidden: what the public pass gives', (of) => {
    const made = make(of);
    checkProgram(F, made.program);
    checkWitness(F, made.program, made.cells);
    expect(violated(made.program, made.cells)).toEqual([]);
    const open = make({ ...of, hidden: [] });
    expect(made.results.output.data).toEqual(open.results.output.data);
    expect(made.cells.get('y')).toEqual(open.cells.get('y'));
  });

  it('the program holds no private id', () => {
    const of = { ...WITH_REST, hidden: [0, 1, 2] };
    const [a, b] = [make({ ...of, ids: [29, 3, 17, 4] }), make({ ...of, ids: [0, 0, 5, 4] })];
    expect(a.program).toEqual(b.program);
    expect(a.cells.get('e:high')).not.toEqual(b.cells.get('e:high'));
  });

  it.each([WITH_REST, ODD, EVEN])('one witness for each of $vocabulary ids, and no other', (of) => {
    const made = make({ ...of, ids: [2], hidden: [0] });
    const statics = new Map([...made.cells].filter(([name]) => name.startsWith('weight/')));
    const { solutions } = solve(made.program, statics, { limit: of.vocabulary + 1 });
    const found = solutions.map((cells) => {
      const [high, low] = [cells.get('e:high')!.indexOf(1), cells.get('e:low')!.indexOf(1)];
      const id = idDigits(of.vocabulary, of.width).base * high + low;
      const own = make({ ...of, ids: [id], hidden: [0] });
      for (const [name, values] of cells) {
        expect(values, name).toEqual(Array.from(own.cells.get(name)!, F.fromInt));
      }
      return id;
    });
    expect(found.sort((a, b) => a - b)).toEqual(Array.from({ length: of.vocabulary }, (_, id) => id));
  });
});

/** The node's cells that follow from entries of one-hots, whatever these are. */
function filled(made: Lowered, of: Tokens, high: readonly number[], low: readonly number[]): Cells {
  const { base } = idDigits(of.vocabulary, of.width);
  const table = made.cells.get('weight/E')!;
  const at = (id: number): Fe => F.fromInt(id < of.vocabulary ? table[id]! : 0);
  const sum = (values: readonly Fe[]): Fe => values.reduce((a, b) => F.add(a, b), F.zero);
  const slices = Array.from({ length: base }, (_, l) =>
    sum(high.map((h, i) => F.mul(F.fromInt(h), at(base * i + l)))),
  );
  const row = sum(low.map((l, i) => F.mul(F.fromInt(l), slices[i]!)));
  return new Map<string, ArrayLike<number>>([
    ...made.cells,
    ['e:high', high],
    ['e:low', low],
    ['e:slices', slices],
    ['e:rows', [row, ...Array.from(made.cells.get('e:rows')!).slice(1)]],
  ]);
}

/** Relations that stood alone against some liar. */
const alone = new Set<string>();

describe.each([WITH_REST, ODD])('OPS-3: liars about one of $vocabulary ids', (size) => {
  const of: Tokens = { ...size, ids: [7, 2], hidden: [0] };
  const made = make(of);
  const { base, highs, full, rest } = idDigits(of.vocabulary, of.width);
  const stops = (cells: Cells): string[] =>
    violated(made.program, cells).filter((name) => name.startsWith('e:'));
  const oneHot = (count: number, ...entriesAt: (readonly [number, number])[]): number[] => {
    const cells = new Array<number>(count).fill(0);
    for (const [at, value] of entriesAt) cells[at] = value;
    return cells;
  };
  const [h, l] = [Math.floor(7 / base), 7 % base];
  const lie = (high: readonly number[], low: readonly number[]): string[] =>
    stops(filled(made, of, high, low));
  const honestHigh = oneHot(highs, [h, 1]);
  const honestLow = oneHot(base, [l, 1]);
  function onlyStop(name: string, found: readonly string[]): void {
    expect(found).toEqual([name]);
    alone.add(name);
  }
  const half = F.inverse(F.fromInt(2));

  it('fills in what the executor computes', () => {
    expect(lie(honestHigh, honestLow)).toEqual([]);
    const cells = filled(made, of, honestHigh, honestLow);
    for (const name of ['e:slices', 'e:rows']) {
      expect(Array.from(cells.get(name)!, F.fromInt), name).toEqual(
        Array.from(made.cells.get(name)!, F.fromInt),
      );
    }
  });
  it('entries whose sum is one although they are none of 0 and 1: 2 and -1, two halves, 2, -1, -1 and 1', () => {
    onlyStop('e:high-entries', lie(oneHot(highs, [0, 2], [1, -1]), honestLow));
    onlyStop('e:high-entries', lie(oneHot(highs, [0, half], [2, half]), honestLow));
    onlyStop('e:high-entries', lie(oneHot(highs, [0, 2], [1, -1], [2, -1], [3, 1]), honestLow));
    onlyStop('e:low-entries', lie(honestHigh, oneHot(base, [0, 2], [1, -1])));
    onlyStop('e:low-entries', lie(honestHigh, oneHot(base, [0, half], [1, half])));
  });
  it('two ones, three, none', () => {
    onlyStop('e:high-sum', lie(oneHot(highs, [0, 1], [h, 1]), honestLow));
    onlyStop('e:high-sum', lie(oneHot(highs, [0, 1], [1, 1], [2, 1]), honestLow));
    onlyStop('e:high-sum', lie(oneHot(highs), honestLow));
    onlyStop('e:low-sum', lie(honestHigh, oneHot(base, [0, 1], [1, 1])));
    onlyStop('e:low-sum', lie(honestHigh, oneHot(base)));
  });
  it('an id beyond the vocabulary', () => {
    for (let low = 0; low < base; low++) {
      const found = lie(oneHot(highs, [full, 1]), oneHot(base, [low, 1]));
      if (low < rest) expect(found).toEqual([]);
      else onlyStop('e:vocabulary', found);
    }
  });
  it('digits swapped, or of other ids, under the row of this one', () => {
    const row = made.cells.get('e:rows')!;
    const keeping = (high: readonly number[], low: readonly number[]): string[] =>
      stops(new Map([...filled(made, of, high, low), ['e:rows', row]]));
    const table = made.cells.get('weight/E')!;
    if (l < highs && h < base && base * l + h !== 7) {
      onlyStop('e:rows', keeping(oneHot(highs, [l, 1]), oneHot(base, [h, 1])));
    }
    for (let id = 0; id < of.vocabulary; id++) {
      if (table[id] === table[7]) continue;
      const [high, low] = [Math.floor(id / base), id % base];
      onlyStop('e:rows', keeping(oneHot(highs, [high, 1]), oneHot(base, [low, 1])));
    }
  });
  it('the row of another id, slices of another high digit', () => {
    for (const by of [1, -1, 2 ** 20]) {
      onlyStop('e:rows', stops(changed(made.cells, 'e:rows', (rows) => (rows[0]! += by))));
      onlyStop('e:rows', stops(changed(made.cells, 'e:rows', (rows) => (rows[1]! += by)))); // a public row
      for (let at = 0; at < base; at++) {
        const name = at < rest ? 'e:slices' : 'e:slices-end';
        const row = at === l ? ['e:rows'] : [];
        const found = stops(changed(made.cells, 'e:slices', (cells) => (cells[at]! += by)));
        expect(found).toEqual([name, ...row]);
        if (row.length === 0) alone.add(name);
      }
    }
  });
  it('OPS-4: every relation was the only one against somebody', () => {
    const own = made.program.relations.map(({ name }) => name).filter((name) => name.startsWith('e:'));
    expect(own.filter((name) => !alone.has(name))).toEqual([]);
  });
});

describe.each(['tiny-gpt2', 'tiny-opt', 'tiny-mistral'])('%s', (preset) => {
  it('with a private prompt: every relation holds, and the logits are those of the public pass', async () => {
    const { graph, weights } = await tinyQuantized(preset);
    const of = (name: string) => weights.get(name) as Int16Array | Int32Array;
    const ids = [3, 200, 271, 0, 9];
    const pass = { rows: 5, tokens: ids, starts: [0, 3], emit: [2, 4] };
    const open = executePass(graph, of, pass);
    const choices = { [graph.output]: open.output.data };
    const tokens = hide(ids, [0, 1, 2]);
    const all = Object.fromEntries([...weights]) as Record<string, Int32Array>;
    const made = lowered(graph, all, { ...pass, tokens, choices }, {}, ids.slice(0, 3));
    checkProgram(F, made.program);
    expect(violated(made.program, made.cells)).toEqual([]);
    expect(made.results.output.data).toEqual(open.output.data);
  });
});

describe('passes with private tokens', () => {
  const of: Tokens = { ...WITH_REST, ids: [7, 2], hidden: [0] };
  const pass = { rows: 2, tokens: [X, 2], starts: [0], emit: [] };
  const run = (privateTokens: readonly number[]) => () =>
    executePass(embeddingGraph(of), (name) => weightsOf(of)[name as 'E'], pass, {}, { privateTokens });

  it('need an id for each of them, and say none', () => {
    expect(run([])).toThrow('privateTokens: expected 1 ids, got 0');
    expect(run([23, 24])).toThrow('privateTokens: expected 1 ids, got 2');
    expect(refusal(run([1234]))).toBe('TOKEN');
    expect(run([1234])).toThrow(/^(?!.*1234)/s);
    expect(run([29])).not.toThrow();
  });
  it('are refused for graphs that read ids twice: nothing would tie the one-hots', () => {
    const g = graphBuilder({ context: 8 });
    const table = g.weight('E', [30, 1], { bits: 9 });
    const [a, b] = [g.embedding('a', table, { width: 1 }), g.embedding('b', table, { width: 1 })];
    const graph = g.build(g.requantise('y', g.add('sum', a, b), { shift: 2, bits: 9 }));
    expect(refusal(() => lowerGraph(graph, pass))).toBe('PASS_ROWS');
    expect(() => lowerGraph(graph, { ...pass, tokens: [7, 2] })).not.toThrow();
  });
  it('other negative ids are none', () => {
    expect(refusal(() => lowerGraph(embeddingGraph(of), { ...pass, tokens: [-2, 2] }))).toBe('TOKEN');
  });
});
