/**
 * Liars about a step. Each lies about one thing and computes everything else from the lie; one relation stands in the way, and
 * without it the lie passes. Together they need every relation of the program.
 */
import { afterAll, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { findViolation } from '../../src/relation/check-witness.ts';
import { batchRows } from '../../src/training/order.ts';
import type { TrainingPlan } from '../../src/training/plan.ts';
import type { LayerState, StateKind, TrainingState } from '../../src/training/state.ts';
import { bal, type Lie, type Mutable } from './reference.ts';
import { SEED, SMALL, SMALL_MOMENTUM, SMALL_PAIRS, SMALL_SLOW, smallData } from './small.ts';
import { about, COUNT, honest, raised, tell, type Story } from './stories.ts';

const P = 2130706433n;

const kindOf = (relation: string): string => relation.replace(/\/\d+/g, '/*');
const needed = new Set<string>();

/** The relation that a story violates; throws if there are two or none. */
function caught(story: Story): string | undefined {
  const { program, witness } = tell(story);
  const violation = findViolation(koalaBear, program, witness);
  if (violation === undefined) return undefined;
  const relations = program.relations.filter(({ name }) => name !== violation.relation);
  const second = findViolation(koalaBear, { ...program, relations }, witness);
  if (second !== undefined) throw new Error(`caught twice: ${violation.relation} and ${second.relation}`);
  needed.add(kindOf(violation.relation));
  return violation.relation;
}

/** The same; undefined where there are two. */
function caughtAt(story: Story): string | undefined {
  try {
    return caught(story);
  } catch {
    return undefined;
  }
}

test('the honest story passes', () => expect(caught(honest())).toBeUndefined());

test.each<[name: string, step: number, cell: number, by: bigint, relation: string]>([
  ['x/0', 0, 4, -1n, 'x/0/rows'],
  // other weights than those that are read
  ['weight/0', -1, 3, 1n, 'update/0'],
  ['rest/1', -1, 7, 1n, 'update/1'],
  ['y/0', 0, 2, 1n, 'y/0/remainder'],
  ['y/1', 1, 2, -1n, 'y/1/remainder'],
  ['y/2', 1, 5, 1n, 'y/2/remainder'],
  ['x/1', 0, 3, 1n, 'x/1/ramp'],
  ['x/2', 1, 3, 1n, 'x/2/ramp'],
  ['softmax/step', 1, 3, 1n, 'softmax/rest'],
  ['softmax/numerator', 0, 2, 1n, 'softmax/numerators'],
  ['softmax/carry', 0, 2, 1n, 'softmax/numerators'],
  ['softmax/sum', 1, 1, 1n, 'softmax/sum/all'],
  ['softmax/reciprocal-rest', 0, 1, 1n, 'softmax/division'],
  ['softmax/probability', 0, 3, 1n, 'softmax/probability/remainder'],
  ['gradient/2', 1, 1, 1n, 'gradient/2/difference'],
  ['gradient/1', 0, 1, 1n, 'gradient/1/slope'],
  ['gradient/0', 1, 2, -1n, 'gradient/0/slope'],
  ['back-rounded/2', 0, 1, 1n, 'back-rounded/2/remainder'],
  ['back-rounded/1', 1, 1, 1n, 'back-rounded/1/remainder'],
  ['rest/0', 0, 5, 1n, 'update/0'],
  ['rest/0', 1, 5, -1n, 'update/0'],
  ['rest/2', 0, 0, 1n, 'update/2'],
  ['rest/0', 0, 6, 1n, 'update/0/bias'],
  ['rest/2', 1, 3, 1n, 'update/2/bias'],
  // one higher, and the bits below lower by as much: the same weight, written otherwise
  ['weight/0', 0, 5, 1n, 'rest/0/range'],
  ['weight/1', 1, 5, -1n, 'last/rest/1/range'],
])('%s of step %i, cell %i, by %i', (name, step, cell, by, relation) => {
  expect(caught({ ...honest(), lie: about(name, step, raised(cell, by)) })).toBe(relation);
});

test.each<[name: string, step: number, cell: number, by: bigint, relation: string]>([
  ['gram/input/0', 1, 7, 1n, 'gram/input/0/remainder'],
  ['gram/input/2', 1, 13, -1n, 'gram/input/2/remainder'],
  ['gram/gradient/1', 1, 2, 1n, 'gram/gradient/1/remainder'],
  ['gram/gradient/2', 1, 8, -1n, 'gram/gradient/2/remainder'],
  // of rows of the same step, and of a later one
  ['gram/input/1', 1, 10, 1n, 'gram/input/1/remainder'],
  ['gram/gradient/1', 0, 4, 1n, 'gram/gradient/1/remainder'],
  ['y/0', 1, 2, 1n, 'y/0/remainder'],
  ['y/2', 1, 2, -1n, 'y/2/remainder'],
  ['back-rounded/2', 1, 1, 1n, 'back-rounded/2/remainder'],
  ['gradient/2', 0, 1, 1n, 'gradient/2/difference'],
  ['gradient/1', 0, 1, 1n, 'gradient/1/slope'],
  ['gradient/0', 1, 2, -1n, 'gradient/0/slope'],
  ['rest/0', 1, 5, 1n, 'update/0'],
  ['rest/2', 1, 3, -1n, 'update/2/bias'],
])('in a period of two steps: %s of step %i, cell %i, by %i', (name, step, cell, by, relation) => {
  expect(caught({ ...honest(SMALL_PAIRS), lie: about(name, step, raised(cell, by)) })).toBe(relation);
});

/** A period in which nothing comes through the first layer, so that products of rows alone are large. @param labels of its rows */
function deadPeriod(input: number, labels: readonly number[]): Story {
  const plan = { ...SMALL_PAIRS, rates: [{ from: 0, rate: 800 }] };
  const story = honest(plan);
  const initial = story.initial.map((own) => structuredClone(own));
  const [{ weight }, ...others] = initial as [LayerState, ...LayerState[]];
  weight.forEach((_, i) => (weight[i] = i % 7 === 6 ? -16000 : 0));
  for (const own of others) own.weight.fill(0);
  story.data.inputs.fill(input);
  story.rows.forEach((row, i) => (story.data.labels[row] = labels[i]!));
  return { ...story, initial, committed: { first: 0 } };
}

test('a product of inputs is beyond its bits', () => {
  expect(caught(deadPeriod(255, [0, 1, 2, 3, 3, 3]))).toBe('gram/input/0/range');
  expect(caught(deadPeriod(150, [0, 1, 2, 3, 3, 3]))).toBeUndefined();
});

test('a product of gradients is beyond its bits', () => {
  expect(caught(deadPeriod(0, [0, 1, 2, 0, 1, 2]))).toBe('gram/gradient/2/range');
});

test('a slope where there is none', () => {
  const flip = about('slope/1', 0, (values) => values.forEach((own, i) => (values[i] = 1n - own)));
  expect(caught({ ...honest(), lie: flip })).toBe('x/2/ramp');
});

test.each(['weight/0', 'rest/0', 'weight/2', 'rest/2'])('%s is written wrong', (name) => {
  const [kind, layer] = name.split('/') as ['weight' | 'rest', string];
  const last = (state: Mutable): void => raised(2)(state[kind][Number(layer)]!);
  expect(caught({ ...honest(), last })).toBe(`update/${layer}`);
});

test('an input beyond its bits', () => {
  const { data, rows, ...story } = honest();
  const inputs = Int16Array.from(data.inputs);
  inputs[6 * rows[1]! + 2] = 256;
  expect(caught({ ...story, rows, data: { ...data, inputs } })).toBe('x/0/range');
});

/** Steps of a story that starts from other committed weights: cell 1 of layer 0 is changed. */
function startingFrom(
  plan: TrainingPlan,
  count: number,
  change: Partial<Record<StateKind, number>>,
  committed: { readonly first: number } = { first: 1 },
): Story {
  // Before the first step of a run nothing has moved.
  const initial = honest(plan).initial.map((own) => ({
    ...structuredClone(own),
    ...(committed.first > 0 && { earlier: structuredClone(own) }),
  }));
  for (const [kind, value] of Object.entries(change)) initial[0]![kind as StateKind][1] = value;
  const rows = batchRows(plan, SEED, committed.first, count);
  return { ...honest(plan), rows, initial, committed };
}

test('a weight that is written is beyond its bits', () => {
  expect(caught(startingFrom(SMALL, 1, { weight: 20000 }))).toBe('last/weight/0/range');
});

/** Weights beyond their bits that the next step brings back: it moves on as it came, from one as far beyond. */
function comingBack(count: number, first: number): Story {
  const story = startingFrom(SMALL_MOMENTUM, count, { weight: 16384 }, { first });
  story.initial[0]!.earlier!.weight[1] = 17400;
  return story;
}

test('a weight is beyond its bits between two steps, and comes back', () => {
  const story = startingFrom(SMALL_MOMENTUM, 3, { weight: 17400 });
  story.initial[0]!.earlier!.weight[1] = 18500;
  expect(caught(story)).toBe('weight/0/range');
});

test('a weight before the last step is beyond its bits', () => {
  const story = startingFrom(SMALL_MOMENTUM, 2, { weight: 17400 });
  story.initial[0]!.earlier!.weight[1] = 18500;
  expect(caught(story)).toBe('before-last/weight/0/range');
});

test('a weight before the last step, written otherwise', () => {
  const lie = about('weight/0', 0, raised(5));
  expect(caught({ ...honest(SMALL_MOMENTUM), lie })).toBe('before-last/rest/0/range');
});

test('a run starts from committed bits below that are beyond theirs', () => {
  // 2^14 is one more than a rest has, and does not show in what is written.
  const story = startingFrom(SMALL_MOMENTUM, 1, { rest: 2 ** 14 }, { first: 0 });
  expect(caught(story)).toBe('first/rest/0/range');
  const edges = [1, -1].map((sign) => {
    // Half a unit of W from the greatest or the least weight, which one step goes back to.
    const edge =
      sign > 0 ? { weight: 2 ** 14, rest: -(2 ** 14) } : { weight: -(2 ** 14) - 1, rest: 2 ** 14 - 1 };
    return caughtAt(startingFrom(SMALL, 1, edge, { first: 0 }));
  });
  expect(edges).toContain('first/weight/0/range');
});

test('a later segment takes the bits of weights from the segments that wrote them', () => {
  expect(caught(startingFrom(SMALL_MOMENTUM, 1, { rest: 2 ** 14 }, { first: 1 }))).toBeUndefined();
  expect(caught(comingBack(1, 1))).toBeUndefined();
});

test('another class', () => {
  const turned = about('target', 0, (values) => {
    const first = values.slice(0, 4);
    for (let j = 0; j < 4; j++) values[j] = first[(j + 1) % 4]!;
  });
  expect(caught({ ...honest(), lie: turned })).toBe('target/label');
});
test('a class as 2 - 1, and as no class', () => {
  const spread = about('target', 0, (values) => [1n, -2n, 1n].forEach((by, j) => raised(j, by)(values)));
  expect(caught({ ...honest(), lie: spread })).toBe('target/range');
  const data = smallData();
  const labels = data.labels.map(() => 0);
  const none = about('target', 1, (values) => values.fill(0n, 0, 4));
  expect(caught({ ...honest(), data: { ...data, labels }, lie: none })).toBe('target/one');
});

/** The rows of logits of a story, by step. */
function logitsOf(story: Story): bigint[][] {
  const cells = tell(story).witness.get(`y/${story.plan.widths.length - 2}`)!;
  const classes = story.plan.widths.at(-1)!;
  return Array.from({ length: cells.length / classes }, (_, r) =>
    Array.from({ length: classes }, (_, j) => BigInt(cells[r * classes + j]!)),
  );
}
/** Tries a lie about every row of the batches until one is caught once. */
function somewhere(
  story: Story,
  name: string,
  change: (row: bigint, at: number) => bigint,
): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  for (let r = 0; r < COUNT * story.plan.batch; r++) {
    const at = r % story.plan.batch;
    const lie = about(name, Math.floor(r / story.plan.batch), (values) => {
      values[at] = change(values[at]!, r);
    });
    try {
      found.push(caught({ ...story, lie }));
    } catch {
      // this row violates a second relation
    }
  }
  return found;
}
/** Weights so small that all classes are about equal. */
function quiet(): Story {
  const story = honest();
  return {
    ...story,
    committed: { first: 0 },
    initial: story.initial.map((own) => ({ ...own, weight: own.weight.map((w) => w >> 7) })),
  };
}

test('another shift of the softmax', () => {
  expect(somewhere(honest(), 'softmax/shift', (k) => k + 1n)).toContain('softmax/next');
  expect(somewhere(quiet(), 'softmax/shift', (k) => k - 1n)).toContain('softmax/sum/range');
  // 1/64 octave, as an element of the field
  const step = bal(((P + 1n) / 2n) ** 6n);
  expect(somewhere(honest(), 'softmax/shift', (k) => bal(k + step))).toContain('softmax/shift/range');
});

test('another quotient of the reciprocal', () => {
  expect(somewhere(quiet(), 'softmax/reciprocal', (rho) => rho - 1n)).toContain('softmax/room');
  expect(somewhere(honest(), 'softmax/reciprocal', (rho) => rho + 1n)).toContain(
    'softmax/reciprocal-rest/range',
  );
  // One class alone has numerators: any remainder has a quotient in the field.
  const story = honest();
  const loud = story.initial.map((own, l) =>
    l < 2 ? own : { ...own, weight: own.weight.map((_, i) => (i < 4 ? 12000 : -12000)) },
  );
  const lonely = { ...story, committed: { first: 0 }, initial: loud };
  const S = tell(lonely).witness.get('softmax/sum')!;
  const power = (x: bigint, n: bigint): bigint =>
    n === 0n ? 1n : n % 2n ? (x * power(x, n - 1n)) % P : power((x * x) % P, n / 2n);
  const quotient = (at: number): bigint => bal((2n ** 25n - 77n) * power(BigInt(S[at]!), P - 2n));
  const found: (string | undefined)[] = [];
  for (let r = 0; r < COUNT * SMALL.batch; r++) {
    const lie: Lie = (name, values, s) => {
      if (s !== Math.floor(r / SMALL.batch)) return;
      if (name === 'softmax/reciprocal') values[r % SMALL.batch] = quotient(r);
      if (name === 'softmax/reciprocal-rest') values[r % SMALL.batch] = bal(values[r % SMALL.batch]!);
    };
    try {
      found.push(caught({ ...lonely, lie }));
    } catch {
      // other classes have numerators
    }
  }
  expect(found).toContain('softmax/reciprocal/range');
});

test('a logit that is no integer of its bits', () => {
  // y = (sum + 2^11 - r) / 2^12 in the field for a remainder r less by d, such that 369 y is small modulo p
  const invert = bal(((P + 1n) / 2n) ** 12n);
  const [y] = logitsOf(honest())[SMALL.batch]!;
  const found: (string | undefined)[] = [];
  for (let d = -4095n; d < 4096n; d++) {
    const other = bal(y! + d * invert);
    const octaves = bal(369n * other);
    if (d === 0n || octaves > 2n ** 22n || octaves < -(2n ** 22n)) continue;
    try {
      found.push(caught({ ...honest(), lie: about('y/2', 1, (values) => (values[0] = other)) }));
    } catch {
      // the remainder, or a later value, left its range
    }
  }
  expect(found).toContain('y/2/range');
});

test('a probability that is no integer of its bits', () => {
  const plan = { ...SMALL, widths: [6, 4] };
  const data = smallData(plan);
  data.inputs.fill(0);
  const invert = bal(((P + 1n) / 2n) ** 15n);
  const found: (string | undefined)[] = [];
  for (let d = -40n; d < 40n; d++) {
    const lie = about('softmax/probability', 1, (values) => (values[0] = bal(values[0]! + d * invert)));
    try {
      found.push(caught({ ...honest(plan), data, lie }));
    } catch {
      // the remainder, or the weight, left its range
    }
  }
  expect(found).toContain('softmax/probability/range');
});

test('a gradient beyond its bits', () => {
  const plan = {
    ...SMALL,
    widths: [6, 5, 4],
    formats: { ...SMALL.formats, gradient: { bits: 6, fraction: 10 } },
  };
  expect(caught(honest(plan))).toBe('back-rounded/1/range');
});

test('another rate', () => {
  // All updates differ: of both kinds, in all layers.
  const { program, witness } = tell({ ...honest(), rate: 20n });
  expect(findViolation(koalaBear, program, witness)?.relation).toBe('update/2');
  const others = program.relations.filter(({ name }) => !name.startsWith('update/'));
  expect(findViolation(koalaBear, { ...program, relations: others }, witness)).toBeUndefined();
});

test.each<[string, (rows: Uint32Array) => void]>([
  ['a row of another batch', (rows) => (rows[1] = rows[4]!)],
  ['the first batch twice', (rows) => rows.copyWithin(3, 0, 3)],
  ['batches in another order', (rows) => rows.set([...rows.subarray(3), ...rows.subarray(0, 3)])],
])('%s', (_, change) => {
  const story = honest();
  change(story.rows);
  const { program, witness } = tell(story);
  expect(findViolation(koalaBear, program, witness)?.relation).toBe('x/0/rows');
});

test('a step that is not taken', () => {
  const still: Lie = (name, values, s) => {
    if (s === 0 && /^(weight|rest)/.test(name)) values.splice(0, values.length, ...before.get(name)!);
    if (s === -1) before.set(name, [...values]);
  };
  const before = new Map<string, bigint[]>();
  const { program, witness } = tell({ ...honest(), lie: still });
  expect(findViolation(koalaBear, program, witness)?.relation).toBe('update/2');
});

// Three steps with momentum from the second one on: three states behind one another, each of which two steps read.
test.each<[name: string, step: number, cell: number, by: bigint, relation: string]>([
  // other weights than those that are read
  ['earlier/weight/0', -1, 3, 1n, 'update/0'],
  ['earlier/rest/1', -1, 3, -8n, 'update/1'],
  ['earlier/rest/1', -1, 5, 1n, 'update/1/bias'],
  ['rest/0', -1, 5, 1n, 'update/0'],
  ['rest/0', 0, 4, 1n, 'update/0'],
  ['rest/0', 1, 4, 1n, 'update/0'],
  ['rest/0', 2, 4, -1n, 'update/0'],
  ['rest/0', 1, 6, 1n, 'update/0/bias'],
])('momentum: %s of step %i, cell %i, by %i', (name, step, cell, by, relation) => {
  expect(caught({ ...startingFrom(SMALL_MOMENTUM, 3, {}), lie: about(name, step, raised(cell, by)) })).toBe(
    relation,
  );
});

test.each(['last', 'beforeLast'] as const)('momentum: %s is written wrong', (end) => {
  const story = { ...honest(SMALL_MOMENTUM), [end]: (state: Mutable) => raised(2)(state.rest[1]!) };
  expect(caught(story)).toBe('update/1');
});

test.each<[name: string, cell: number, by: bigint, relation: string]>([
  ['rest/0', 4, 1n, 'update/0'],
  ['rest/1', 5, -1n, 'update/1/bias'],
])('slow momentum: %s, cell %i, by %i', (name, cell, by, relation) => {
  const story = { ...startingFrom(SMALL_SLOW, 4, {}, { first: 2 }), lie: about(name, 3, raised(cell, by)) };
  expect(caught(story)).toBe(relation);
});

test.each<[string, (story: Story, name: string) => bigint[]]>([
  ['the weights two steps before', ({ initial }, name) => cellsOf(initial, name).map((x) => x - 3n)],
  ['no momentum', ({ initial }, name) => cellsOf(initial, name)],
])('momentum of another step: %s', (_, stale) => {
  const story = startingFrom(SMALL_MOMENTUM, 1, {});
  story.initial.forEach(({ earlier }) => earlier!.weight.forEach((w, i) => (earlier!.weight[i] = w - 2)));
  const lie: Lie = (name, values) => {
    if (name.startsWith('earlier/')) values.splice(0, values.length, ...stale(story, name));
  };
  expect(caught(story)).toBeUndefined();
  const { program, witness } = tell({ ...story, lie });
  expect(findViolation(koalaBear, program, witness)?.relation).toBe('update/2');
  const others = program.relations.filter(({ name }) => !name.startsWith('update/'));
  expect(findViolation(koalaBear, { ...program, relations: others }, witness)).toBeUndefined();
});

/** Of the weights of now. @param name `earlier/KIND/LAYER` */
function cellsOf(state: TrainingState, name: string): bigint[] {
  const [, kind, layer] = name.split('/') as [string, StateKind, string];
  return [...state[Number(layer)]![kind]].map(BigInt);
}

afterAll(() => {
  const stories = [
    honest(SMALL_PAIRS),
    honest(SMALL_SLOW),
    honest(SMALL_MOMENTUM),
    startingFrom(SMALL_MOMENTUM, COUNT, {}, { first: 0 }),
    startingFrom(SMALL_MOMENTUM, 3, {}),
  ];
  const kinds = new Set(
    stories.flatMap((story) => tell(story).program.relations.map(({ name }) => kindOf(name))),
  );
  expect([...kinds].filter((kind) => !needed.has(kind))).toEqual([]);
});
