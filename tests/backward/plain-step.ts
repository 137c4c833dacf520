/** A step of the one graph `biasedTrained`, written out in bigints from spec/training-operators.md: shares nothing with src/ but the type of plans. The loss's gradient is given. */
import type { GraphPlan } from '../../src/training/backward/plan.ts';

const P = 2130706433n;

/** V and, with momentum, M of every weight, row-major. */
export type PlainState = Record<string, { readonly V: readonly bigint[]; readonly M: readonly bigint[] | undefined }>; // prettier-ignore

type Rows = readonly (readonly bigint[])[];

const power = (n: number): bigint => 2n ** BigInt(n);
const bal = (x: bigint): bigint => {
  const r = ((x % P) + P) % P;
  return r > (P - 1n) / 2n ? r - P : r;
};
/** floor((x + 2^(s-1)) / 2^s) */
const round = (x: bigint, s: number): bigint => (x + power(s - 1)) >> BigInt(s);
const total = (list: readonly bigint[]): bigint => list.reduce((a, b) => a + b, 0n);

const SHAPES: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ...{ E: [11, 2], U: [3, 2], V: [2, 3], H: [6, 2] },
  ...{ b: [3, 1], c: [6, 1] },
};
/** Bits, and binary places, as the graph and the plan have them. */
const BITS: Readonly<Record<string, number>> = { E: 12, U: 12, V: 12, H: 12, b: 20, c: 16 };
const PLACES: Readonly<Record<string, number>> = { E: 9, U: 10, V: 10, H: 10, b: 16, c: 16 };

/** @param gradient of the logits, row by row */
export function plainStep(
  plan: GraphPlan,
  state: PlainState,
  tokens: readonly number[],
  gradient: readonly bigint[],
): { readonly logits: readonly bigint[]; readonly next: PlainState } {
  const below = (name: string): number => Math.min(plan.low, 30 - BITS[name]!);
  /** What the passes read: V without its bits below, rounded half up. */
  const W = (name: string): Rows => {
    const [rows, columns] = SHAPES[name]!;
    const read = state[name]!.V.map((v) => round(v, below(name)));
    return Array.from({ length: rows }, (_, o) => read.slice(o * columns, (o + 1) * columns));
  };
  const layer = (x: Rows, matrix: string, shift: number, bias?: string): Rows =>
    x.map((row) =>
      W(matrix).map((weights, o) => {
        const sum = total(weights.map((w, k) => w * row[k]!));
        return round(bal(sum + (bias === undefined ? 0n : W(bias)[o]![0]!)), shift);
      }),
    );
  const x = tokens.map((id) => W('E')[id]!.map((e) => round(e, 3)));
  const u = layer(x, 'U', 10, 'b');
  const a = u.map((row) => row.map((v) => (v > 0n ? v : 0n)));
  const v = layer(a, 'V', 10);
  const y = layer(v, 'H', 8, 'c');

  const through = (dy: Rows, matrix: string): Rows =>
    dy.map((row) =>
      W(matrix)[0]!.map((_, k) => round(bal(total(row.map((g, o) => g * W(matrix)[o]![k]!))), 10)),
    );
  const dy: Rows = tokens.map((_, t) => gradient.slice(6 * t, 6 * t + 6));
  const dv = through(dy, 'H');
  const da = through(dv, 'V');
  const du = da.map((row, t) => row.map((g, j) => round(g * (u[t]![j]! > 0n ? power(14) : 0n), 14)));
  const dx = through(du, 'U');

  const outer = (g: Rows, of: Rows): bigint[] =>
    g[0]!.flatMap((_, o) => of[0]!.map((_x, k) => total(g.map((row, t) => row[o]! * of[t]![k]!))));
  const sums = (g: Rows): bigint[] => g[0]!.map((_, o) => total(g.map((row) => row[o]!)));
  const rowsOf = (g: Rows): bigint[] =>
    Array.from({ length: 22 }, (_, at) =>
      total(tokens.map((id, t) => (id === at >> 1 ? g[t]![at & 1]! : 0n))),
    );
  /** G, and the places of what it is a sum over. */
  const moves: Record<string, readonly [G: readonly bigint[], f: number]> = {
    ...{ E: [rowsOf(dx), 0], U: [outer(du, x), 6], V: [outer(dv, a), 6], H: [outer(dy, v), 6] },
    ...{ b: [sums(du), 0], c: [sums(dy), 0] },
  };
  const next: PlainState = {};
  for (const [name, [G, f]] of Object.entries(moves)) {
    const { V, M } = state[name]!;
    const e = PLACES[name]! + below(name) - plan.gradient.fraction - f - plan.ratePlaces;
    const rate = BigInt(plan.rate) * power(e);
    const by = M === undefined ? G : M.map((m, i) => bal(m - round(m, plan.momentum!.shift) + G[i]!));
    next[name] = { V: V.map((own, i) => bal(own - rate * by[i]!)), M: M && by };
  }
  return { logits: y.flat(), next };
}
