/**
 * A step of training in bigints, by its definition (spec/training.md), with a place to lie after every value: what is computed
 * later follows from the lie. Shares no arithmetic with src/training.
 */
import type { TrainingPlan } from '../../src/training/plan.ts';
import type { Dataset } from '../../src/training/dataset.ts';
import type { LayerWeights, TrainingState } from '../../src/training/state.ts';
import { column, tableOf } from '../../src/tables/index.ts';

const P = 2130706433n;

/** The residue of least absolute value. */
export function bal(x: bigint): bigint {
  const r = ((x % P) + P) % P;
  return r > (P - 1n) / 2n ? r - P : r;
}

/** x / 2^s rounded half up. */
export function round(x: bigint, s: number): bigint {
  return (x + (1n << BigInt(s - 1))) >> BigInt(s); // >> rounds down, for negative numbers too
}

/** Called with every tensor of a step before anything is computed from it, with the first weights as those of step -1: may change it. */
export type Lie = (name: string, values: bigint[], step: number) => void;

const exp2 = tableOf('exp2');
const [E, B] = ['e', 'b'].map((name) => [...column(exp2, name)].map(BigInt)) as [bigint[], bigint[]];
const at = (list: readonly bigint[], i: number | bigint): bigint => list[Number(i)] ?? 0n;
const sumOf = (list: readonly bigint[]): bigint => list.reduce((a, x) => a + x, 0n);

/** All shifts that meet the conditions of the definition: there should be one. */
export function shiftsOf(z: readonly bigint[]): bigint[] {
  const found: bigint[] = [];
  for (let k = -512n; k < 512n; k++) {
    const u = z.map((own) => bal(k * 65536n - 369n * own));
    if (u.some((own) => own < 0n || own >= 1n << 25n)) continue;
    const [e, b] = [E, B].map((table) => u.map((own) => at(table, own >> 10n))) as [bigint[], bigint[]];
    if (sumOf(e) < 32768n && 2n * sumOf(e) + sumOf(b) >= 32768n) found.push(k);
  }
  return found;
}

export interface ReferenceState {
  readonly weight: readonly bigint[][];
  readonly rest: readonly bigint[][];
  /** The same a period earlier. */
  readonly earlierWeight: readonly bigint[][];
  readonly earlierRest: readonly bigint[][];
}

export type Mutable = { -readonly [K in keyof ReferenceState]: bigint[][] };

/**
 * @param rows of the dataset, batch after batch
 * @returns the witness tensors of the program, and the last two states
 */
export function referenceSteps(
  plan: TrainingPlan,
  initial: ReferenceState,
  data: Dataset,
  rows: ArrayLike<number>,
  rate: bigint,
  lie: Lie = () => undefined,
): { readonly tensors: Map<string, number[]>; readonly last: Mutable; readonly beforeLast: Mutable } {
  const all = new Map<string, number[]>();
  const count = rows.length / plan.batch;
  const period = Math.min(plan.period ?? 1, count);
  const teller =
    (s: number) =>
    (name: string, values: bigint[]): bigint[] => {
      lie(name, values, s);
      // Of states a proof commits those between periods; with momentum the last of them is written.
      const isWritten = s === count - 1 || (plan.momentum !== undefined && s === count - 1 - period);
      const isEnd = /^(weight|rest)\//.test(name) && isWritten;
      if (s >= 0 && !isEnd) all.set(name, [...(all.get(name) ?? []), ...values.map(Number)]);
      return values;
    };
  let state: Mutable = {
    weight: initial.weight.map((own, l) => teller(-1)(`weight/${l}`, [...own])),
    rest: initial.rest.map((own, l) => teller(-1)(`rest/${l}`, [...own])),
    earlierWeight: initial.earlierWeight.map((own, l) => teller(-1)(`earlier/weight/${l}`, [...own])),
    earlierRest: initial.earlierRest.map((own, l) => teller(-1)(`earlier/rest/${l}`, [...own])),
  };
  const states = [state];
  for (let first = 0; first < count; first += period) {
    const passes: Passes[] = [];
    for (let s = first; s < first + period; s++) {
      const own = Array.from({ length: plan.batch }, (_, t) => rows[s * plan.batch + t] as number);
      passes.push(step(plan, state, data, own, rate, { before: [...passes], steps: period }, teller(s)));
    }
    state = update(plan, state, rate, passes, teller(first + period - 1));
    states.push(state);
  }
  return { tensors: all, last: state, beforeLast: states.at(-2) as Mutable };
}

/** What a step leaves: inputs of every layer, gradients of its sums. */
interface Passes {
  readonly xs: readonly bigint[][];
  readonly gradients: readonly bigint[][];
}

/** Where a step stands in its period. */
interface Place {
  readonly before: readonly Passes[];
  readonly steps: number;
}

/** c and c' of sections 4 and 5. */
function placesOf({ formats, period = 1, rates }: TrainingPlan, shift: number | 'back', read = 0): number {
  if (period === 1) return 0;
  const { low, gradient, weight, sum } = formats;
  let log = 0;
  while (2 ** log <= Math.max(...rates.map((own) => own.rate))) log++;
  const room =
    shift === 'back'
      ? Math.min(
          30 - gradient.bits - weight.fraction,
          22 - weight.fraction,
          14 + low - 2 * gradient.fraction - log,
        )
      : Math.min(30 - sum - shift, 22 - shift, 14 - weight.fraction - read + gradient.fraction);
  return Math.max(0, Math.min(low - 1, room));
}

function step(
  plan: TrainingPlan,
  state: ReferenceState,
  data: Dataset,
  rows: readonly number[],
  rate: bigint,
  { before, steps }: Place,
  told: (name: string, values: bigint[]) => bigint[],
): Passes {
  const { widths, formats } = plan;
  const layers = widths.length - 1;
  const width = (l: number): number => widths[l] as number;
  const grid = (n: number, of: (t: number, j: number) => bigint): bigint[] =>
    rows.flatMap((_, t) => Array.from({ length: n }, (_, j) => of(t, j)));
  const weight = (l: number, o: number, k: number): bigint =>
    (state.weight[l] as bigint[])[o * (width(l) + 1) + k] as bigint;
  const one = (l: number): bigint =>
    1n << BigInt(l === 0 ? formats.input.fraction : formats.activation.fraction);

  const batch = rows.length;
  /** Rounded products of rows with those of earlier steps: [row][row of the period], told. */
  const gramOf = (
    name: string,
    keys: bigint[],
    earlier: readonly bigint[][],
    n: number,
    one: bigint,
    c: number,
  ) => {
    if (steps === 1) return [];
    const all = earlier.flat();
    return told(
      `gram/${name}`,
      grid(steps * batch, (t, u) => {
        if (u >= before.length * batch) return 0n;
        const product = Array.from({ length: n }, (_, k) => at(keys, t * n + k) * at(all, u * n + k));
        return round(bal(rate * (sumOf(product) + one * one)), formats.low - c);
      }),
    );
  };
  /** sum_u gram[t][u] row u of earlier steps. */
  const earlierSum = (
    gram: bigint[],
    earlier: readonly bigint[][],
    n: number,
    t: number,
    j: number,
  ): bigint => {
    if (steps === 1) return 0n;
    const all = earlier.flat();
    return sumOf(
      Array.from({ length: steps * batch }, (_, u) => at(gram, t * steps * batch + u) * at(all, u * n + j)),
    );
  };

  // forward
  const xs = [
    told(
      'x/0',
      grid(width(0), (t, k) => BigInt(data.inputs[(rows[t] as number) * width(0) + k] as number)),
    ),
  ];
  const target = told(
    'target',
    grid(width(layers), (t, j) => (data.labels[rows[t] as number] === j ? 1n : 0n)),
  );
  const slopes: bigint[][] = [];
  let z: bigint[] = [];
  for (let l = 0; l < layers; l++) {
    const x = xs[l] as bigint[];
    const n = width(l);
    const last = l === layers - 1;
    const fraction = (l === 0 ? formats.input : formats.activation).fraction;
    const shift = formats.weight.fraction + fraction - (last ? 8 : formats.activation.fraction);
    const c = placesOf(plan, shift, fraction);
    const gram = gramOf(
      `input/${l}`,
      x,
      before.map((own) => own.xs[l]!),
      n,
      one(l),
      c,
    );
    const sums = grid(width(l + 1), (t, o) => {
      const sum = sumOf(Array.from({ length: n }, (_, k) => weight(l, o, k) * at(x, t * n + k)));
      const moved = earlierSum(
        gram,
        before.map((own) => own.gradients[l]!),
        width(l + 1),
        t,
        o,
      );
      return bal(((sum + one(l) * weight(l, o, n)) << BigInt(c)) - moved);
    });
    z = told(
      `y/${l}`,
      sums.map((a) => round(a, shift + c)),
    );
    if (last) break;
    const top = (1n << BigInt(formats.activation.bits)) - 1n;
    xs.push(
      told(
        `x/${l + 1}`,
        z.map((y) => (y < 0n ? 0n : y > top ? top : y)),
      ),
    );
    slopes.push(
      told(
        `slope/${l}`,
        z.map((y) => (y > 0n && y <= top ? 1n : 0n)),
      ),
    );
  }

  // gradient of the logits
  const C = width(layers);
  const rowOf = (list: readonly bigint[], t: number): bigint[] => list.slice(t * C, (t + 1) * C);
  const f = BigInt(formats.gradient.fraction);
  const shift = told(
    'softmax/shift',
    rows.map((_, t) => shiftsOf(rowOf(z, t))[0] ?? 0n),
  );
  const u = grid(C, (t, j) => bal(at(shift, t) * 65536n - 369n * at(z, t * C + j)));
  const distance = told(
    'softmax/step',
    u.map((own) => own >> 10n),
  );
  const e = told(
    'softmax/numerator',
    distance.map((own) => at(E, own)),
  );
  const b = told(
    'softmax/carry',
    distance.map((own) => at(B, own)),
  );
  void b;
  const sum = told(
    'softmax/sum',
    rows.map((_, t) => sumOf(rowOf(e, t))),
  );
  const rho = told(
    'softmax/reciprocal',
    sum.map((S) => (1n << (f + 15n)) / S),
  );
  told(
    'softmax/reciprocal-rest',
    sum.map((S, t) => (1n << (f + 15n)) - S * at(rho, t)),
  );
  const g = told(
    'softmax/probability',
    grid(C, (t, j) => round(bal(at(e, t * C + j) * at(rho, t)), 15)),
  );

  // backward
  const gradients = new Array<bigint[]>(layers);
  gradients[layers - 1] = told(
    `gradient/${layers - 1}`,
    g.map((own, i) => own - (at(target, i) << f)),
  );
  for (let l = layers - 1; l > 0; l--) {
    const dy = gradients[l] as bigint[];
    const n = width(l + 1);
    const c = placesOf(plan, 'back');
    const gram = gramOf(
      `gradient/${l}`,
      dy,
      before.map((own) => own.gradients[l]!),
      n,
      0n,
      c,
    );
    const sums = grid(width(l), (t, k) => {
      const sum = sumOf(Array.from({ length: n }, (_, o) => at(dy, t * n + o) * weight(l, o, k)));
      const moved = earlierSum(
        gram,
        before.map((own) => own.xs[l]!),
        width(l),
        t,
        k,
      );
      return bal((sum << BigInt(c)) - moved);
    });
    const back = told(
      `back-rounded/${l}`,
      sums.map((a) => round(a, formats.weight.fraction + c)),
    );
    gradients[l - 1] = told(
      `gradient/${l - 1}`,
      back.map((a, i) => a * at(slopes[l - 1] as bigint[], i)),
    );
  }

  return { xs, gradients };
}

/** The state behind a period. */
function update(
  plan: TrainingPlan,
  state: Mutable,
  rate: bigint,
  passes: readonly Passes[],
  told: (name: string, values: bigint[]) => bigint[],
): Mutable {
  const { widths, formats } = plan;
  const layers = widths.length - 1;
  const width = (l: number): number => widths[l] as number;
  const one = (l: number): bigint =>
    1n << BigInt(l === 0 ? formats.input.fraction : formats.activation.fraction);
  const xs = Array.from({ length: layers }, (_, l) => passes.flatMap((own) => own.xs[l] as bigint[]));
  const gradients = Array.from({ length: layers }, (_, l) =>
    passes.flatMap((own) => own.gradients[l] as bigint[]),
  );
  const rows = Array.from({ length: passes.length * plan.batch }, (_, t) => t);
  const next: Mutable = { weight: [], rest: [], earlierWeight: [], earlierRest: [] };
  for (let l = 0; l < layers; l++) {
    const [n, m] = [width(l) + 1, width(l + 1)];
    const entry = (list: readonly bigint[][], i: number): bigint => (list[l] as bigint[])[i] as bigint;
    const moves = Array.from({ length: m * n }, (_, i) => {
      const [o, k] = [Math.floor(i / n), i % n];
      const x = (t: number): bigint => (k < n - 1 ? at(xs[l] as bigint[], t * (n - 1) + k) : one(l));
      return -rate * sumOf(rows.map((t) => at(gradients[l] as bigint[], t * m + o) * x(t)));
    });
    const whole = (W: bigint, R: bigint): bigint => (W << BigInt(formats.low)) + R;
    const moved = moves.map((move, i) => {
      const [W, oldW] = [entry(state.weight, i), entry(state.earlierWeight, i)];
      const V = whole(W, entry(state.rest, i));
      if (plan.momentum === undefined) return bal(V + move);
      const old = whole(oldW, entry(state.earlierRest, i));
      return bal(V + (V - old) - ((W - oldW) << BigInt(formats.low - plan.momentum.shift)) + move);
    });
    next.weight.push(
      told(
        `weight/${l}`,
        moved.map((v) => round(v, formats.low)),
      ),
    );
    next.rest.push(
      told(
        `rest/${l}`,
        moved.map((v, i) => v - (entry(next.weight, i) << BigInt(formats.low))),
      ),
    );
  }
  // Nothing reads these without momentum.
  const { weight, rest } = plan.momentum === undefined ? next : state;
  return { ...next, earlierWeight: structuredClone(weight), earlierRest: structuredClone(rest) };
}

/** A state as bigints. */
export function bigState(state: TrainingState): Mutable {
  const big = (cells: Int16Array): bigint[] => [...cells].map(BigInt);
  const earlier = state.map((own) => own.earlier ?? own);
  return {
    weight: state.map(({ weight }) => big(weight)),
    rest: state.map(({ rest }) => big(rest)),
    earlierWeight: earlier.map(({ weight }) => big(weight)),
    earlierRest: earlier.map(({ rest }) => big(rest)),
  };
}

/** The reverse, of the weights alone. */
export function smallState(state: ReferenceState): readonly LayerWeights[] {
  const cells = (own: readonly bigint[]): Int16Array => Int16Array.from(own, Number);
  return state.weight.map((weight, l) => ({ weight: cells(weight), rest: cells(state.rest[l]!) }));
}
