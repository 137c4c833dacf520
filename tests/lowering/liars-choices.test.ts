/** OPS-3: rotations and choices by liars. */
import { describe, expect, it } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { graphBuilder } from '../../src/graph/index.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import { rotate } from '../../src/ops/rope/eval.ts';
import { column, tableOf } from '../../src/tables/index.ts';
import { changed } from '../support/attention-liars.ts';
import { claiming } from '../support/choice-liars.ts';
import { violated, type Cells } from '../support/clear.ts';
import type { Lowered } from '../support/lowered.ts';
import { argmaxCase, ropeCase } from '../support/lowered-cases.ts';
import { complete } from '../support/graphs.ts';
import { proofError, refusal } from '../support/refusal.ts';

const F = koalaBear;
/** a / b in F. */
const divided = (a: number, b: number): number => F.mul(F.fromInt(a), F.inverse(F.fromInt(b)));

/** Relations that stood alone against some liar. */
const alone = new Set<string>();
function onlyStop(name: string, lie: readonly string[]): void {
  expect(lie).toEqual([name]);
  alone.add(name);
}
function expectAll({ program }: Lowered, node: string): void {
  const own = program.relations.map(({ name }) => name).filter((name) => name.startsWith(`${node}:`));
  expect(own.filter((name) => !alone.has(name))).toEqual([]);
}

describe('OPS-3: rope', () => {
  const made = ropeCase({ seed: 3, rows: 5, starts: [0, 2], headDim: 6, heads: 2, order: 'half' });
  const x = { rows: 5, width: 12, data: Int32Array.from(made.cells.get('x')!) };
  const table = tableOf('rope-100-6-16');
  const constants = {
    cos: column(table, 'cos'),
    sin: column(table, 'sin'),
    headDim: 6,
    order: 'half' as const,
  };
  const positions = [0, 1, 0, 1, 2];
  const cells = (): Int32Array => new Int32Array(x.data.length);
  /** The node's cells, from another rotation. */
  const rotated = (other: Partial<typeof constants>, at = positions): Cells => {
    const quotient = rotate(x, { ...constants, ...other }, at, cells()).map((v) => (v + 2 ** 13) >> 14);
    const result = quotient.map((q) => Math.min(Math.max(q, -2048), 2047));
    return new Map([...made.cells, ['y:quotient', quotient], ['y', result]]);
  };
  const stops = (cells: Cells): string[] =>
    violated(made.program, cells).filter((name) => name.startsWith('y'));

  it('fills in what the executor computes', () => expect(stops(rotated({}))).toEqual([]));
  it('other angles, positions, pairs', () => {
    onlyStop('y:remainder', stops(rotated({ sin: constants.sin.map((v) => -v) })));
    onlyStop('y:remainder', stops(rotated({}, [0, 1, 2, 3, 4])));
    onlyStop('y:remainder', stops(rotated({}, [1, 1, 0, 1, 2])));
    expect(stops(rotated({ cos: constants.sin, sin: constants.cos }))).toContain('y:remainder');
    const interleaved = rotate(x, { ...constants, order: 'interleaved' as never }, positions, cells());
    expect([...interleaved]).not.toEqual([...rotate(x, constants, positions, cells())]);
    onlyStop('y:remainder', stops(rotated({ order: 'interleaved' as never })));
  });
  it('a quotient one larger or smaller', () => {
    for (const by of [-1, 1]) {
      for (let cell = 0; cell < 60; cell++) {
        const lie = rotated({});
        const both = changed(
          changed(lie, 'y:quotient', (q) => (q[cell]! += by)),
          'y',
          (y) => (y[cell] = Math.min(Math.max(lie.get('y:quotient')![cell]! + by, -2048), 2047)),
        );
        onlyStop('y:remainder', stops(both));
      }
    }
  });
  it('any remainder, and the quotient in F that goes with it', () => {
    const q = made.cells.get('y:quotient')!;
    onlyStop(
      'y:quotient',
      stops(
        changed(
          made.cells,
          'y:quotient',
          (cells) => (cells[7] = F.add(F.fromInt(q[7]!), F.fromInt(divided(1, 2 ** 14)))),
        ),
      ),
    );
  });
  it('a result that is not the clamped quotient', () => {
    for (const by of [-1, 1, 2 ** 13]) {
      onlyStop('y:quotient', stops(changed(made.cells, 'y', (y) => (y[30]! += by))));
    }
  });
  it('OPS-4: both relations are needed', () => expectAll(made, 'y'));
});

describe('OPS-3: argmax', () => {
  const made = argmaxCase({ seed: 8, rows: 4, emit: [1, 3], logits: 'biased', vocabulary: 6 });
  const honest = Array.from(made.pass.choices!['choice']!);
  const stops = ({ program, cells }: { program: Lowered['program']; cells: Cells }): string[] =>
    violated(program, cells).filter((name) => name.startsWith('choice'));
  const change = (name: string, cell: number, to: (x: number) => number): string[] =>
    stops({ ...made, cells: changed(made.cells, name, (cells) => (cells[cell] = to(cells[cell]!))) });

  it('fills in what the executor computes', () => expect(stops(claiming(made, honest))).toEqual([]));
  it('another choice', () => {
    for (let id = 0; id < 6; id++) {
      if (id !== honest[1]) expect(stops(claiming(made, [honest[0]!, id]))).toContain('choice:lead-high');
    }
  });
  it('another choice, and a lead below zero in one digit', () => {
    const second = [...Array(6).keys()].find((id) => id !== honest[1])!;
    const { program, cells } = claiming(made, [honest[0]!, second]);
    const flat = changed(cells, 'choice:lead-high', (high) =>
      high.forEach((h, i) => (high[i] = Math.max(h, 0))),
    );
    onlyStop('choice:lead-low', stops({ program, cells: flat }));
  });
  it('a tie goes to the least id', () => {
    const tied = argmaxCase({ seed: 1, rows: 1, logits: 'rounded', vocabulary: 4, bits: 2, width: 1 });
    const zero = { ...tied, cells: changed(tied.cells, 'r', (r) => r.fill(0)) };
    // Only the relations of the choice are looked at; logits are what `r` says.
    const tie = (id: number): string[] => {
      const program = lowerGraph(tied.graph, { ...tied.pass, choices: { choice: [id] } });
      const lead = [0, 1, 2, 3].map((v) => (v < id ? -1 : 0));
      const cells: Cells = new Map<string, ArrayLike<number>>([
        ...zero.cells,
        ['choice:chosen', [0]],
        ['choice:chosen-high', [2 ** 13]],
        ['choice:lead-high', lead],
      ]);
      return stops({ program, cells });
    };
    expect(tie(0)).toEqual([]);
    for (const id of [1, 2, 3]) onlyStop('choice:lead-high', tie(id));
  });
  it('the value of another id', () => {
    for (const by of [1, -1, 1000])
      expect(change('choice:chosen', 0, (x) => x + by)).toContain('choice:chosen');
    // All leads have room for one more: nothing but the equation is against it.
    const cells = claiming(made, honest).cells;
    const raised = new Map([...cells]);
    const lead = made.witness.virtuals!.get('choice:lead')!;
    raised.set('choice:chosen', [cells.get('choice:chosen')![0]! + 1, cells.get('choice:chosen')![1]!]);
    raised.set(
      'choice:lead-high',
      Array.from(lead, (v, i) => Math.floor((v + (i < 6 ? 1 : 0)) / 2 ** 15)),
    );
    onlyStop('choice:chosen', stops({ program: made.program, cells: raised }));
  });
  it('digits moved by one, or any in F', () => {
    for (const by of [-1, 1]) {
      onlyStop(
        'choice:lead-low',
        change('choice:lead-high', honest[0] === 0 ? 1 : 0, (h) => h + (h === 0 ? 1 : by)),
      );
      onlyStop(
        'choice:chosen-low',
        change('choice:chosen-high', 1, (h) => h + by),
      );
    }
    const low = (high: number): number => F.add(F.fromInt(high), F.fromInt(divided(1, 2 ** 15)));
    onlyStop(
      'choice:lead-high',
      change('choice:lead-high', 3, (h) => low(h)),
    );
    onlyStop(
      'choice:chosen-high',
      change('choice:chosen-high', 0, (h) => low(h)),
    );
  });
  it('a lead of 2^29, a choice of 30 bits', () => {
    const wide = (top: number, bottom: number): string[] => {
      const g = graphBuilder({ context: 4 });
      const x = g.input('x', { width: 1, bits: 2 });
      const acc = g.linear('acc', x, g.weight('w', [2, 1], { bits: 2 }), {
        bias: g.weight('b', [2], { bits: 31 }),
      });
      const graph = g.build(g.argmax('choice', acc));
      const program = lowerGraph(graph, { rows: 1, starts: [0], emit: [], choices: { choice: [0] } });
      const digits = (b: number): number[] => [((b % 2 ** 15) + 2 ** 15) % 2 ** 15, Math.floor(b / 2 ** 15)];
      const [a, b] = [digits(top), digits(bottom)];
      const cells = new Map<string, ArrayLike<number>>([
        ['x', [0]],
        ['weight/w', [0, 0]],
        ['weight/b:low', [a[0]!, b[0]!]],
        ['weight/b:high', [a[1]!, b[1]!]],
        ['choice:chosen', [top]],
        ['choice:chosen-high', [Math.floor((top + 2 ** 28) / 2 ** 15)]],
        ['choice:lead-high', [0, Math.floor((top - bottom) / 2 ** 15)]],
      ]);
      return violated(program, cells);
    };
    expect(wide(2 ** 28 - 1, -(2 ** 28))).toEqual([]);
    expect(wide(2 ** 28 - 1, 2 ** 28 - 2 ** 29)).toEqual([]);
    onlyStop('choice:lead-high', wide(2 ** 28 - 1, 2 ** 28 - 1 - 2 ** 29));
    onlyStop('choice:chosen-high', wide(2 ** 28, 0));
    onlyStop('choice:chosen-high', wide(-(2 ** 28) - 1, -(2 ** 28) - 2));
  });
  it('a statement without choices, or with ids that are none', () => {
    const lower = (choices: Record<string, ArrayLike<number>>) => () =>
      lowerGraph(made.graph, { ...made.pass, choices });
    for (const choices of [
      {},
      { choice: [1] },
      { choice: [1, 6] },
      { choice: [-1, 0] },
      { choice: [0.5, 0] },
    ]) {
      expect(refusal(lower(choices as Record<string, number[]>))).toBe('PASS_VALUES');
    }
    const choice = { seed: new Uint8Array(32), temperature: 1 };
    expect(refusal(() => lowerGraph(made.graph, { ...made.pass, choice }))).toBe('PASS_CHOICE');
  });
  it('more logits than anybody proves: 129 ids for 2^20 each', () => {
    const nodes = [
      { op: 'input', name: 'x', width: 2 ** 20, bits: 8 },
      { op: 'argmax', name: 'choice', input: 'x', unit: 1000 },
    ] as const;
    const graph = complete(256, nodes, []);
    const choice = { seed: new Uint8Array(32), temperature: 1 };
    const pass = { rows: 129, starts: [0], emit: [0], choice, choices: { choice: new Int32Array(129) } };
    expect(proofError(() => lowerGraph(graph, pass)).detail).toBe(
      'choices: expected at most 2^27 logits, got 129 rows of 1048576',
    );
  });
  it('noise of another seed, temperature or position', () => {
    const sampled = argmaxCase({ seed: 2, rows: 5, emit: [2, 4], logits: 'sampled', vocabulary: 8 });
    const { choice } = sampled.pass as { choice: { seed: Uint8Array; temperature: number } };
    const other = (pass: object): string[] =>
      stops({ ...sampled, program: lowerGraph(sampled.graph, { ...sampled.pass, ...pass }) });
    expect(other({})).toEqual([]);
    expect(other({ choice: 'greedy' })).toContain('choice:chosen');
    expect(other({ choice: { ...choice, temperature: 2600 } })).toContain('choice:chosen');
    expect(other({ choice: { ...choice, seed: choice.seed.map((b) => b ^ 1) } })).toContain('choice:chosen');
    expect(other({ starts: [0, 3] })).toContain('choice:chosen');
    // Of all rows, where none are picked.
    const all = argmaxCase({ seed: 2, rows: 3, logits: 'sampled', vocabulary: 8 });
    expect(stops(all)).toEqual([]);
    const moved = lowerGraph(all.graph, { ...all.pass, starts: [0, 1] });
    expect(stops({ ...all, program: moved })).toContain('choice:chosen');
    for (const wrong of [
      { seed: new Uint8Array(31), temperature: 1 },
      { ...choice, temperature: 2 ** 21 },
    ]) {
      expect(refusal(() => lowerGraph(sampled.graph, { ...sampled.pass, choice: wrong }))).toBe(
        'PASS_CHOICE',
      );
    }
  });
  it('OPS-4: every relation was the only one against somebody', () => expectAll(made, 'choice'));
});
