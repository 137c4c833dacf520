/**
 * OPS-2 for steps of training: whatever elements of the field they are about, what satisfies the relations of an update, of a layer, of the way
 * back is what the definition says, and nothing does where it has no result. All witnesses are searched. One solution is not enough: a relation may
 * have a single one, and another than the definition, where that leaves its bits.
 */
import { describe, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { programBuilder } from '../../src/relation/builder.ts';
import type { Program } from '../../src/relation/program.ts';
import type { StepParts } from '../../src/training/program-parts.ts';
import { batchRelations, backRelations, layerRelations } from '../../src/training/program-passes.ts';
import { stateRelations } from '../../src/training/program-state.ts';
import { updateRelations } from '../../src/training/program-update.ts';
import { softmaxRelations } from '../../src/training/softmax-relations.ts';
import { periodsOf, type Segment } from '../../src/training/segment.ts';
import { gradientGram, inputGram, type GramFormat, type TrainingPlan } from '../../src/training/plan.ts';
import { dice } from '../support/graphs.ts';
import { hostileResidues } from '../support/hostile.ts';
import { cases } from '../support/long.ts';
import { solve } from '../support/solve.ts';
import { bal, round, shiftsOf } from './reference.ts';
import { NARROW } from './small.ts';

const ROUNDS = cases(400, 20_000);
const F = koalaBear;

/** One unit a layer, one row a batch. */
function tiny(layers: number, change: Partial<TrainingPlan>): TrainingPlan {
  const widths = Array.from({ length: layers + 1 }, () => 1);
  return { ...NARROW, widths, rows: 1, batch: 1, steps: 9, rates: [{ from: 0, rate: 3 }], ...change };
}

/** Relations of steps that begin with a committed state, and not with the first one of a run. What they write is searched as a witness is. */
function programOf(plan: TrainingPlan, count: number, write: (parts: StepParts) => void): Program {
  const { periods, steps } = periodsOf({ plan, count });
  const segment: Segment = { plan, first: steps, count, rows: new Uint32Array(count) };
  const b = programBuilder();
  const [s, t, r] = [b.index('s', periods), b.index('t', steps), b.index('r', count)];
  const u = steps === 1 ? undefined : b.index('u', steps);
  write({ b, segment, s, t, r, u, state: stateRelations(b, segment) });
  const program = b.build();
  const tensors = program.tensors.map((tensor) =>
    tensor.kind === 'static' && /^(before-)?last\//.test(tensor.name)
      ? ({ kind: 'witness', name: tensor.name, shape: tensor.shape } as const)
      : tensor,
  );
  return { ...program, tensors };
}

type Cells = Record<string, readonly number[]>;

/** What satisfies a program, balanced; undefined for nothing. */
function satisfying(program: Program, known: Cells): Cells | undefined {
  const { solutions } = solve(program, new Map(Object.entries(known)));
  expect(solutions.length).toBeLessThan(2);
  const [own] = solutions;
  return own && Object.fromEntries([...own].map(([name, cells]) => [name, cells.map((x) => F.toBalanced(F.fromInt(x)))])); // prettier-ignore
}

const inverse = (x: bigint): bigint => BigInt(F.inverse(F.fromInt(Number(bal(x)))));

/** v in two parts of so many bits; undefined beyond them. */
function parts(v: bigint, high: number, low: number): [number, number] | undefined {
  const top = (v + (1n << BigInt(low - 1))) >> BigInt(low);
  if (top < -(2n ** BigInt(high - 1)) || top >= 2n ** BigInt(high - 1)) return undefined;
  return [Number(top), Number(v - (top << BigInt(low)))];
}

describe('an update', () => {
  interface Weight {
    readonly weight: number;
    readonly rest: number;
  }
  /** A weight, and what it was a period before. */
  type State = readonly [own: Weight, earlier: Weight];

  /** What is left of V without the gradient: section 6, for one weight. */
  function kept({ momentum, formats: { low } }: TrainingPlan, [own, earlier]: State): bigint {
    const whole = ({ weight, rest }: Weight): bigint => (BigInt(weight) << BigInt(low)) + BigInt(rest);
    if (momentum === undefined) return whole(own);
    const lost = BigInt(own.weight - earlier.weight) << BigInt(low - momentum.shift);
    return whole(own) + (whole(own) - whole(earlier)) - lost;
  }
  function updated(plan: TrainingPlan, state: State, G: bigint): State | undefined {
    const { formats } = plan;
    const V = bal(kept(plan, state) - BigInt(plan.rates[0]!.rate) * G);
    const own = parts(V, formats.weight.bits, formats.low);
    return own && [{ weight: own[0], rest: own[1] }, state[0]];
  }

  test.each<[string, Partial<TrainingPlan>]>([
    ['without momentum', {}],
    [
      'as many bits as there are',
      { formats: { ...NARROW.formats, weight: { bits: 15, fraction: 9 }, low: 15 } },
    ],
    ['momentum', { momentum: { shift: 3 } }],
    ['momentum that is lost fast', { momentum: { shift: 1 } }],
    ['momentum that is kept as long as there are bits', { momentum: { shift: 8 }, formats: { ...NARROW.formats, low: 8 } }], // prettier-ignore
    [
      'momentum, as many bits as there are',
      { momentum: { shift: 8 }, formats: { ...NARROW.formats, weight: { bits: 15, fraction: 9 }, low: 15 } },
    ],
  ])('%s', { timeout: 600_000 }, (_, change) => {
    const plan = tiny(1, change);
    const { int } = dice(3);
    const residue = hostileResidues(int);
    const one = 2 ** plan.formats.input.fraction;
    const kinds = ['weight', 'rest'] as const;
    for (const count of [1, 2]) {
      const program = programOf(plan, count, (own) => {
        const [g, x] = ['g', 'x'].map((name) => own.b.witness(name, [count, 1] as const)) as [never, never];
        updateRelations(own, 0, g, x);
      });
      const seen = { some: 0, none: 0 };
      for (let i = 0; i < ROUNDS; i++) {
        const drawn = (): Weight => ({ weight: residue(), rest: residue() });
        const near = ({ weight, rest }: Weight): Weight =>
          int(0, 1) === 0 ? drawn() : { weight: weight + int(-40, 40), rest: rest + int(-40, 40) };
        const own = (): State => {
          const weight = drawn();
          return [weight, near(weight)];
        };
        // The weight of the input and the bias: both moved alike, from two states that are one half of the time.
        const first = own();
        const states = [first, int(0, 1) === 0 ? first : own()] as const;
        const g = Array.from({ length: count }, () => residue([one]));
        if (int(0, 2) > 0) aim(plan, first, g, one, int);
        const x = Array.from({ length: count }, () => one);
        const known: Cells = { g, x };
        for (const kind of kinds) {
          known[`first/${kind}/0`] = states.map(([now]) => now[kind]);
          if (plan.momentum) known[`before-first/${kind}/0`] = states.map(([, earlier]) => earlier[kind]);
        }
        const ends = states.map((state) => {
          const all: (State | undefined)[] = [state];
          for (const own of g) {
            const last = all.at(-1);
            all.push(last && updated(plan, last, BigInt(own) * BigInt(one)));
          }
          return all;
        });
        const found = satisfying(program, known);
        if (ends.some((all) => all.includes(undefined))) {
          expect(found, JSON.stringify(known)).toBeUndefined();
          seen.none++;
          continue;
        }
        seen.some++;
        for (const kind of kinds) {
          expect(found?.[`last/${kind}/0`]).toEqual(ends.map((all) => all.at(-1)![0][kind]));
          if (count === 1) continue;
          const between = found?.[plan.momentum ? `before-last/${kind}/0` : `${kind}/0`];
          expect(between).toEqual(ends.map((all) => all[1]![0][kind]));
        }
      }
      expect(seen.none).toBeGreaterThan(10);
      expect(seen.some).toBeGreaterThan(count === 1 ? 10 : 0); // of two steps only the first one is aimed at
    }
  });

  /** A gradient by which the first weight lands within its bits, or a little beyond. */
  function aim(
    plan: TrainingPlan,
    state: State,
    g: number[],
    one: number,
    int: (low: number, high: number) => number,
  ): void {
    const { rates, formats } = plan;
    const near = (bits: number): bigint => BigInt(int(-(2 ** (bits - 1)), 2 ** (bits - 1)));
    const V = kept(plan, state) - near(formats.weight.bits + formats.low);
    g[0] = Number(bal(V * inverse(BigInt(rates[0]!.rate) * BigInt(one))));
  }
});

describe('a period of two steps', () => {
  /** Two layers of one unit, one row a step. */
  const plan = tiny(2, { period: 2, steps: 18 });
  const { formats } = plan;
  const inside = (y: bigint, bits: number): boolean =>
    -(1n << BigInt(bits - 1)) <= y && y < 1n << BigInt(bits - 1);

  /** Sums of one layer of one unit, which earlier rows of the period have moved; undefined for a product beyond its bits. */
  function moved(
    { places, shift, bits }: GramFormat,
    sums: readonly bigint[],
    keys: readonly bigint[],
    rows: readonly bigint[],
    one: bigint,
  ): { readonly gram: bigint; readonly sums: readonly bigint[] } | undefined {
    const gram = round(bal(3n * (keys[1]! * keys[0]! + one * one)), shift);
    const wide = sums.map((a) => a << BigInt(places));
    const own = [bal(wide[0]!), bal(wide[1]! - gram * rows[0]!)];
    return inside(gram, bits) ? { gram, sums: own } : undefined;
  }

  test('sums of any inputs, weights, and gradients before', { timeout: 600_000 }, () => {
    const format = inputGram(plan, 1);
    const shift = formats.weight.fraction + formats.activation.fraction - 8 + format.places;
    const program = programOf(plan, 2, (own) => {
      const [x] = ['x', 'gradient/1'].map((name) => own.b.witness(name, [2, 1] as const)) as [never, never];
      layerRelations(own, 1, x);
    });
    const { int } = dice(12);
    const residue = hostileResidues(int);
    const one = 2n ** BigInt(formats.activation.fraction);
    const seen = { some: 0, none: 0 };
    for (let i = 0; i < ROUNDS; i++) {
      const draw = (limit: number): number => (int(0, 3) > 0 ? int(-limit, limit) : residue([3]));
      const [w, bias, x0, x1, g0, g1] = [300, 50, 200, 200, 900, 900].map(draw).map(BigInt) as bigint[];
      const sums = [x0!, x1!].map((x) => bal(w! * x + one * bias!));
      const made = moved(format, sums, [x0!, x1!], [g0!, g1!], one);
      const y = made?.sums.map((a) => round(a, shift));
      const known = {
        x: [x0, x1].map(Number),
        'gradient/1': [g0, g1].map(Number),
        'first/weight/1': [w, bias].map(Number),
      };
      const found = satisfying(
        without(program, ['last/', 'first/rest', 'first/weight/0', 'first/rest']),
        known,
      );
      if (y === undefined || !y.every((own) => inside(own, formats.sum))) {
        expect(found, JSON.stringify(known)).toBeUndefined();
        seen.none++;
        continue;
      }
      seen.some++;
      expect(found).toEqual({ 'gram/input/1': [0, 0, Number(made!.gram), 0], 'y/1': y.map(Number) });
    }
    expect(seen.none).toBeGreaterThan(ROUNDS / 10);
    expect(seen.some).toBeGreaterThan(ROUNDS / 10);
  });

  test('gradients of any sums behind, weights, and inputs before', { timeout: 600_000 }, () => {
    const format = gradientGram(plan);
    const program = programOf(plan, 2, (own) => {
      const [x, gradient, slope] = ['x', 'g', 'slope'].map((name) =>
        own.b.witness(name, [2, 1] as const),
      ) as never[];
      backRelations(own, 1, { gradient: gradient!, slope: slope!, x: x! });
    });
    const { int } = dice(13);
    const residue = hostileResidues(int);
    const seen = { some: 0, none: 0 };
    for (let i = 0; i < ROUNDS; i++) {
      const draw = (limit: number): number => (int(0, 3) > 0 ? int(-limit, limit) : residue([3]));
      const [w, bias, x0, x1, g0, g1] = [300, 50, 200, 200, 250, 250].map(draw).map(BigInt) as bigint[];
      const slope = [int(0, 1), int(0, 1)];
      const made = moved(format, [w! * g0!, w! * g1!], [g0!, g1!], [x0!, x1!], 0n);
      const back = made?.sums.map((a) => round(a, formats.weight.fraction + format.places));
      const known = {
        x: [x0, x1].map(Number),
        g: [g0, g1].map(Number),
        slope,
        'first/weight/1': [w, bias].map(Number),
      };
      const found = satisfying(without(program, ['last/', 'first/rest', 'first/weight/0']), known);
      if (back === undefined || !back.every((own) => inside(own, formats.gradient.bits))) {
        expect(found, JSON.stringify(known)).toBeUndefined();
        seen.none++;
        continue;
      }
      seen.some++;
      expect(found).toEqual({
        'gram/gradient/1': [0, 0, Number(made!.gram), 0],
        'back-rounded/1': back.map(Number),
        'gradient/0': back.map((own, t) => (slope[t] === 0 ? 0 : Number(own))),
      });
    }
    expect(seen.none).toBeGreaterThan(ROUNDS / 10);
    expect(seen.some).toBeGreaterThan(ROUNDS / 10);
  });
});

describe('a layer, forth and back', () => {
  const clamp = (y: bigint, top: bigint): bigint => (y < 0n ? 0n : y > top ? top : y);
  const inside = (y: bigint, bits: number): boolean =>
    -(1n << BigInt(bits - 1)) <= y && y < 1n << BigInt(bits - 1);
  const formats = NARROW.formats;
  const [hidden, last] = [
    formats.weight.fraction + formats.input.fraction - formats.activation.fraction,
    formats.weight.fraction + formats.activation.fraction - 8,
  ];

  test('of any weights and inputs', { timeout: 600_000 }, () => {
    const plan = tiny(2, {});
    const program = programOf(plan, 1, (own) => {
      const [x, g] = ['x', 'g'].map((name) => own.b.witness(name, [1, 1] as const)) as [never, never];
      const { active, slope } = layerRelations(own, 0, x);
      layerRelations(own, 1, active as never);
      backRelations(own, 1, { gradient: g, slope: slope as never, x: active as never });
    });
    const { int } = dice(4);
    const residue = hostileResidues(int);
    const one = 2 ** formats.input.fraction;
    const seen = { some: 0, none: 0 };
    for (let i = 0; i < 2 * ROUNDS; i++) {
      const [w0, w1] = [0, 1].map(() => (int(0, 1) === 0 ? int(-2048, 2047) : residue())) as [number, number];
      const [x, g] = [0, 1].map((k) => (int(0, 3) === 0 ? int(-300, 300) : residue([[w0, w1][k]!]))) as [
        number,
        number,
      ];
      const [b0, b1] = [0, 1].map(() => (int(0, 1) === 0 ? int(-50, 50) : residue([one]))) as [
        number,
        number,
      ];
      const [W0, W1, B0, B1, X, G] = [w0, w1, b0, b1, x, g].map(BigInt) as [
        bigint,
        bigint,
        bigint,
        bigint,
        bigint,
        bigint,
      ];
      const y0 = round(bal(W0 * X + BigInt(one) * B0), hidden);
      const top = (1n << BigInt(formats.activation.bits)) - 1n;
      const x1 = clamp(y0, top);
      const slope = y0 > 0n && y0 <= top ? 1n : 0n;
      const y1 = round(bal(W1 * x1 + (1n << BigInt(formats.activation.fraction)) * B1), last);
      const back = round(bal(G * W1), formats.weight.fraction);
      const fits = inside(y0, formats.sum) && inside(back, formats.gradient.bits);
      const known = { x: [x], g: [g], 'first/weight/0': [w0, b0], 'first/weight/1': [w1, b1], 'first/rest/0': [0, 0], 'first/rest/1': [0, 0] }; // prettier-ignore
      // What the last layer gives is looked up; here as what it is without: rounded, in any bits that its remainder leaves.
      const found = satisfying(without(program, ['last/']), known);
      if (!fits || !inside(y1, formats.sum)) {
        expect(found, JSON.stringify(known)).toBeUndefined();
        seen.none++;
        continue;
      }
      seen.some++;
      const expected = { 'y/0': y0, 'x/1': x1, 'slope/0': slope, 'y/1': y1, 'back-rounded/1': back, 'gradient/0': slope * back }; // prettier-ignore
      expect(found).toEqual(
        Object.fromEntries(Object.entries(expected).map(([name, own]) => [name, [Number(own)]])),
      );
    }
    expect(seen.none).toBeGreaterThan(ROUNDS / 10);
    expect(seen.some).toBeGreaterThan(ROUNDS / 10);
  });

  test('the rows of a batch: any numbers and labels of a dataset', () => {
    const plan = { ...tiny(1, {}), widths: [1, 3] };
    const program = programOf(plan, 1, batchRelations);
    const { int } = dice(6);
    const residue = hostileResidues(int);
    for (let i = 0; i < ROUNDS; i++) {
      const [x, label] = [
        int(0, 1) === 0 ? int(-2, 17) : residue(),
        int(0, 1) === 0 ? int(-2, 5) : residue([3, 2]),
      ];
      const known = { 'data/inputs': [x], 'data/labels': [label] };
      const found = satisfying(without(program, ['first/', 'last/']), known);
      const fits = x >= 0 && x < 16 && label >= 0 && label < 3;
      expect(found).toEqual(fits ? { 'x/0': [x], target: [0, 1, 2].map((c) => +(c === label)) } : undefined);
    }
  });
});

/** Without the state, and without what its relations say. */
function without({ tensors, relations, tables, ...program }: Program, prefixes: readonly string[]): Program {
  const isOut = ({ name }: { readonly name: string }): boolean =>
    prefixes.some((own) => name.startsWith(own));
  const rest = relations.filter((own) => !isOut(own));
  const read = new Set(rest.map((own) => (own.kind === 'lookup' ? own.table : '')));
  return {
    ...program,
    tensors: tensors.filter((own) => !isOut(own)),
    relations: rest,
    tables: tables.filter(({ name }) => read.has(name)),
  };
}

describe('the softmax', () => {
  const rounds = cases(4, 200);
  test.each([2, 3])(
    '%i logits of 16 bits: the shift of the definition, one witness for it, none for others',
    { timeout: 600_000 },
    (classes) => {
      const fraction = 10;
      const b = programBuilder();
      const z = b.witness('z', [1, classes] as const);
      softmaxRelations(b, b.index('r', 1), z, fraction);
      const program = b.build();
      const { int } = dice(classes);
      const residue = hostileResidues(int);
      for (let i = 0; i < rounds; i++) {
        const near = int(-32768, 32767);
        const own = Array.from(
          { length: classes },
          () =>
            [int(-32768, 32767), Math.min(32767, near + int(0, 800)), [-32768, 32767][int(0, 1)]!, near][
              int(0, 3)
            ]!,
        );
        const [k, more] = shiftsOf(own.map(BigInt)).map(Number);
        expect(more).toBeUndefined();
        for (const other of [k! - 1, k! + 1, residue([64, 65536]), residue([64, 65536])]) {
          if (other !== k) expect(satisfying(program, { z: own, 'softmax/shift': [other] })).toBeUndefined();
        }
        const found = satisfying(program, { z: own, 'softmax/shift': [k!] })!;
        const e = found['softmax/numerator']!.map(BigInt);
        const S = e.reduce((sum, x) => sum + x, 0n);
        const rho = 2n ** BigInt(fraction + 15) / S;
        expect(found['softmax/sum']).toEqual([Number(S)]);
        expect(found['softmax/reciprocal']).toEqual([Number(rho)]);
        expect(found['softmax/probability']).toEqual(e.map((x) => Number(round(x * rho, 15))));
      }
    },
  );
});
