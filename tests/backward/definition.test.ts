/**
 * OPS-2 for any gradients: whatever element of the field comes in, what satisfies the relations of an operator, or of an update, is what the definition
 * says, and nothing does where it has no result. One solution is not enough: it could be another than the definition, where that leaves its bits.
 */
import { describe, expect, it } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { graphBuilder, type Graph } from '../../src/graph/index.ts';
import { lowerGraphWith } from '../../src/graph/lower.ts';
import type { Index, Program } from '../../src/relation/program.ts';
import { term } from '../../src/relation/handles.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { PRIVATE_TOKEN } from '../../src/ops/lowering.ts';
import type { EmbeddingNode } from '../../src/ops/embedding/shape.ts';
import { CORPUS, corpusRelations } from '../../src/training/backward/corpus/relations.ts';
import { partsOn } from '../../src/training/backward/parts.ts';
import { stateTensors, updateRelations } from '../../src/training/backward/state-relations.ts';
import type { GraphPlan } from '../../src/training/backward/plan.ts';
import { ProofError } from '../../src/errors/proof-error.ts';
import { dice } from '../support/graphs.ts';
import { hostileResidues } from '../support/hostile.ts';
import { cases } from '../support/long.ts';
import { solve } from '../support/solve.ts';
import { make, named, type BackOperator, type Made } from './back-case.ts';
import { CASES as PLAIN } from './cases.ts';
import { GUARDED_CASES } from './guarded-cases.ts';
import { ROPE_CASES } from './rope-cases.ts';

/** Of operators with tables and several roundings a search takes a second or more. */
const roundsOf = (name: string): number =>
  /linear|product/.test(name) ? cases(40, 2_000) : cases(name.startsWith('attention') ? 1 : 3, 100);
const F = koalaBear;
const balanced = (cells: readonly number[]): number[] => cells.map((x) => F.toBalanced(F.fromInt(x)));

const without = (program: Program, prefix: string): Program => ({
  ...program,
  relations: program.relations.filter(({ name }) => !name.startsWith(prefix)),
});

/** The values of the definition for a gradient; undefined where it has none. */
function defined(operator: BackOperator, { run }: Made, gradient: readonly number[]) {
  try {
    return named(run.node.name, operator.values({ ...run, gradient: Int32Array.from(gradient) }));
  } catch (error) {
    if (error instanceof ProofError && error.code === 'UNPROVABLE') return undefined;
    throw error;
  }
}

/** What a gradient is multiplied by, here and there. */
const FACTORS = [1000, -2000, 77, 4095, 2 ** 14, 100, -128, 31, 3, 32767, -32000];

describe('an operator, of any gradient', () => {
  it.each([...PLAIN, ...ROPE_CASES, ...GUARDED_CASES])('$name', { timeout: 600_000 }, (operator) => {
    const made = make(operator);
    const program = without(made.program, 'gradient/range');
    const rounds = roundsOf(operator.name);
    const { int } = dice(5);
    const residue = hostileResidues(int);
    const seen = { some: 0, none: 0 };
    for (let i = 0; i < rounds; i++) {
      const strange = int(0, operator.gradient.length - 1);
      const gradient = operator.gradient.map((_, at) => (at === strange ? residue(FACTORS) : int(0, 2) - 1));
      const expected = defined(operator, made, gradient);
      const known = new Map([...made.known, ['gradient', gradient] as const]);
      const { solutions } = solve(program, known);
      seen[expected === undefined ? 'none' : 'some']++;
      expect(solutions.length, gradient.join()).toBe(expected === undefined ? 0 : 1);
      for (const [name, cells] of expected ?? []) {
        expect(balanced(solutions[0]!.get(name) as number[]), name).toEqual([...cells]);
      }
    }
    if (rounds < 10) return;
    expect(seen.some).toBeGreaterThan(0);
    if (!operator.name.includes('14 places')) expect(seen.none).toBeGreaterThan(0); // there every quotient has a place
  });
});

describe('an update', () => {
  /** Of one entry: a matrix of 6 bits, or a bias beside another matrix. */
  const graphOf = (bias: number | undefined): Graph => {
    const g = graphBuilder({ context: 8 });
    const x = g.input('x', { width: 1, bits: 8 });
    const matrix = g.weight(bias === undefined ? 'w' : 'm', [1, 1], { bits: 6 });
    const more = bias === undefined ? {} : { bias: g.weight('w', [1], { bits: bias }) };
    return g.build(g.linear('y', x, matrix, more));
  };
  const places = [4, 1]; // of the two parts of its gradient
  const PLAN: GraphPlan = {
    weights: { w: 6, m: 3 },
    norms: 0,
    gradient: { bits: 8, fraction: 2 },
    low: 5,
    rate: 3,
    ratePlaces: 4,
  };

  /** The update alone. What it writes is searched as a witness is. */
  function programOf(graph: Graph, plan: GraphPlan): Program {
    const { tensors, relations, tables } = lowerGraphWith(graph, { rows: 1, starts: [0], emit: [] }, (to) => {
      const b = partsOn(to);
      const parts = places.map((own, i) => {
        const sum = b.witness(`g${i}`, [1]);
        return { places: own, term: (c: number, [o]: readonly Index[]) => term(c, sum.at(o as Index)) };
      });
      updateRelations(b, graph, plan, new Map([['w', parts]]), true);
    });
    const own = relations.filter(({ name }) => /^(update|momentum|next\/\w+)\/w(\W|$)/.test(name));
    const all = [...tensors, ...stateTensors(graph, plan)].map((tensor) =>
      tensor.kind === 'static' && tensor.name.startsWith('next/')
        ? ({ kind: 'witness', name: tensor.name, shape: tensor.shape } as const)
        : tensor,
    );
    const read = new Set(own.map((of) => (of.kind === 'lookup' ? of.table : '')));
    return { tensors: all.filter(({ name }) => !/^x$|\/m$/.test(name)), virtuals: [], relations: own, tables: tables.filter(({ name }) => read.has(name)) }; // prettier-ignore
  }

  const power = (n: number): bigint => 1n << BigInt(n);
  const bal = (x: bigint): bigint => BigInt(F.toBalanced(F.fromInt(Number(((x % P) + P) % P))));
  const inverse = (x: bigint): bigint => BigInt(F.inverse(F.fromInt(Number(bal(x)))));
  const P = 2130706433n;
  function split(v: bigint, high: number, low: number): [number, number] | undefined {
    const top = (v + power(low - 1)) >> BigInt(low);
    return top < -power(high - 1) || top >= power(high - 1)
      ? undefined
      : [Number(top), Number(v - (top << BigInt(low)))];
  }

  const MOMENTUM = { momentum: { shift: 3, high: 6, low: 4 } };
  it.each<[string, Partial<GraphPlan>, number?]>([
    ['without momentum', {}],
    ['momentum', MOMENTUM],
    ['momentum that is lost fast, few bits', { momentum: { shift: 1, high: 2, low: 1 } }],
    ['momentum that is kept long, as many bits as there are', { momentum: { shift: 8, high: 10, low: 12 } }],
    ['a bias of one digit', {}, 6],
    ['a bias of one digit, momentum', MOMENTUM, 16],
    ['a bias of two digits', {}, 17],
    ['a bias of two digits that leaves two bits below', {}, 28],
    ['a bias of two digits that leaves one bit below, momentum', MOMENTUM, 29],
  ])('%s', { timeout: 600_000 }, (_, change, bias) => {
    const plan = { ...PLAN, ...change, ...(bias && { ratePlaces: 1 }) };
    const { momentum } = plan;
    const bits = bias ?? 6;
    const below = Math.min(plan.low, 30 - bits);
    const program = programOf(graphOf(bias), plan);
    const { int } = dice(9);
    const residue = hostileResidues(int);
    const near = (bits: number): bigint => BigInt(int(-(2 ** (bits - 1)), 2 ** (bits - 1)));
    const exponent = (of: number): number => 6 + below - plan.gradient.fraction - of - plan.ratePlaces;
    const rate = (of: number): bigint => BigInt(plan.rate) * power(exponent(of));
    const seen = { some: 0, none: 0 };
    for (let i = 0; i < cases(600, 20_000); i++) {
      let [weight, rest, g0] = [residue(), residue(), residue()];
      const [high, g1] = [int(0, 1) === 0 ? int(-40, 40) : residue(), int(0, 1) === 0 ? 0 : residue()];
      const limit = momentum ? 2 ** (momentum.low - 1) : 1;
      const low = int(-limit, limit - (int(0, 20) > 0 ? 1 : 0));
      const digit = bits > 16 ? residue() : 0; // the low one
      const V = (): bigint => (BigInt(weight) * power(bits > 16 ? 15 : 0) + BigInt(digit)) * power(below) + BigInt(rest); // prettier-ignore
      // Half of the stories end near what fits: or a quotient by 2^shift away from it, which another remainder would take back.
      const [aimed, end] = [int(0, 1) === 0, near(bits + below)];
      let kept: bigint | undefined; // of the momentum
      let by: bigint;
      if (momentum === undefined) {
        const others = rate(1) * BigInt(g1);
        if (aimed) g0 = Number(bal((V() - end - others) * inverse(rate(4))));
        by = rate(4) * BigInt(g0) + others;
      } else {
        const M = BigInt(high) * power(momentum.low) + BigInt(low);
        kept = M - ((M + power(momentum.shift - 1)) >> BigInt(momentum.shift));
        const [next, away] = [
          near(momentum.high + momentum.low),
          BigInt(int(-1, 1) * int(0, 2 ** momentum.shift - 1)),
        ];
        if (aimed) {
          g0 = Number(bal(next + away * inverse(power(momentum.shift)) - kept - BigInt(g1) * 8n));
          const left = end + rate(4) * next - BigInt(rest) - BigInt(digit) * power(below);
          weight = Number(bal(left * inverse(power(below + (bits > 16 ? 15 : 0)))));
        }
        kept = bal(kept + BigInt(g0) + BigInt(g1) * 8n);
        by = rate(4) * kept;
      }
      const own = split(bal(V() - by), bits, below);
      const moved = momentum && split(kept as bigint, momentum.high, momentum.low);
      const fits = own !== undefined && (momentum === undefined || (moved !== undefined && low < limit));
      const known = new Map<string, number[]>(Object.entries({ g0: [g0], g1: [g1], ...(bits > 16 ? { 'weight/w:high': [weight], 'weight/w:low': [digit] } : { 'weight/w': [weight] }), 'rest/w': [rest], 'high/w': [high], 'low/w': [low] })); // prettier-ignore
      const { solutions } = solve(program, known);
      expect(solutions.length, JSON.stringify([...known])).toBe(fits ? 1 : 0);
      seen[fits ? 'some' : 'none']++;
      if (!fits) continue;
      const at = (name: string): number => balanced(solutions[0]!.get(name) as number[])[0]!;
      const whole =
        bits > 16 ? at('next/weight/w:low') + 2 ** 15 * at('next/weight/w:high') : at('next/weight/w');
      expect([whole, at('next/rest/w')]).toEqual(own);
      if (momentum) expect([at('next/high/w'), at('next/low/w')]).toEqual(moved);
    }
    expect(seen.some).toBeGreaterThan(20);
    expect(seen.none).toBeGreaterThan(20);
  });
});

it('a committed corpus: of any elements of the field ids below the vocabulary and the classes, and nothing else', () => {
  const [vocabulary, classes] = [5, 3];
  const g = graphBuilder({ context: 8 });
  const graph = g.build(g.embedding('E', g.weight('e', [vocabulary, 2], { bits: 4 }), { width: 2 }));
  const batch = { corpus: 2, at: [0], starts: [0] };
  const lowered = lowerGraphWith(graph, { rows: 1, starts: [0], emit: [], tokens: [PRIVATE_TOKEN] }, (to) => {
    corpusRelations(partsOn(to), graph.nodes[0] as EmbeddingNode, batch, classes);
  });
  const tensors = [...lowered.tensors, { kind: 'static', name: CORPUS, shape: [2], group: 1 } as const];
  const program: Program = { ...lowered, tensors };
  checkProgram(F, program);
  const entries = [1, 2, 3, 4, 5, 6, 7, -8, -7, 0];
  const { int } = dice(11);
  const residue = hostileResidues(int);
  const seen = { some: 0, none: 0 };
  for (let i = 0; i < cases(200, 5_000); i++) {
    const [id, next] = [0, 1].map(() => (int(0, 2) > 0 ? int(-1, 5) : residue([3, 5, 2]))) as [
      number,
      number,
    ];
    const known = new Map([
      ['weight/e', entries],
      [CORPUS, [id, next]],
    ]);
    const { solutions } = solve(program, known);
    const fits = id >= 0 && id < vocabulary && next >= 0 && next < classes;
    seen[fits ? 'some' : 'none']++;
    expect(solutions.length, `${id}, ${next}`).toBe(fits ? 1 : 0);
    if (!fits) continue;
    const oneHot = (size: number, at: number): number[] =>
      Array.from({ length: size }, (_, v) => +(v === at));
    expect(solutions[0]!.get('tokens/rows')).toEqual(oneHot(vocabulary, id));
    expect(solutions[0]!.get('targets/rows')).toEqual(oneHot(classes, next));
    expect(balanced(solutions[0]!.get('E:rows') as number[])).toEqual(entries.slice(2 * id, 2 * id + 2));
  }
  expect(Math.min(seen.some, seen.none)).toBeGreaterThan(20);
});
