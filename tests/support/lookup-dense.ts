/**
 * The lookup argument written down from its definition: every leaf, every node and every sum in full, no live prefix, no
 * unit numerators, no division. It sends what the prover must send, or what a liar makes of it.
 */
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import type { ProverPads } from '../../src/pads/pads-prove.ts';
import type { BalanceWitness } from '../../src/tlookup/leaves-prove.ts';
import type { LoadedLookups } from '../../src/tlookup/shape.ts';
import type { ProverChannel } from '../../src/transcript/prover.ts';

/** Where a message belongs, and what the verifier will hold for the claim in front of it. */
export interface Moment {
  readonly stage: 'roots' | 'round' | 'nodes';
  readonly layer: number;
  /** Rounds of this layer so far. */
  readonly round: number;
  readonly claimed: Ext;
  /** The coordinate of the round's variable; lambda for nodes. */
  readonly scalar: Ext;
  /** t(0) of the honest round. */
  readonly at0: Ext;
}

/** What a liar sends instead of honest values. */
export type Lie = (moment: Moment, honest: readonly Ext[]) => readonly Ext[];
export const HONEST: Lie = (_, values) => values;

export interface DenseLeaves {
  /** [tree][leaf], 2^k trees of 2^n leaves. */
  readonly p: Ext[][];
  readonly q: Ext[][];
}

/** All leaves, dead ones as 0/1. */
export function denseLeaves(
  K: ExtensionField,
  { program, trees, logForest, logLeaves }: LoadedLookups,
  witnesses: readonly BalanceWitness[],
  alpha: Ext,
  betas: readonly Ext[],
): DenseLeaves {
  const all = (value: Ext): Ext[][] =>
    Array.from({ length: 2 ** logForest }, () => new Array<Ext>(2 ** logLeaves).fill(value));
  const [p, q] = [all(K.zero), all(K.one)];
  trees.forEach(({ balance, depth, blocks }, t) => {
    const witness = witnesses[balance] as BalanceWitness;
    const stride = 2 ** (logLeaves - depth);
    for (const { kind, index, table, first, bits, at } of blocks) {
      const { tag, columns } = program.tables[table]!;
      for (let i = 0; i < 2 ** bits; i++) {
        const cell = first + i;
        const tuple = columns.map((column, c) => {
          if (kind === 'lookup') return witness.sources[index]![c]![cell] as number;
          return column.kind === 'dense' ? (column.values[cell] as number) : column.first + cell;
        });
        q[t]![(at + i) * stride] = tuple.reduce(
          (rest, x, c) => K.sub(rest, K.mulBase(betas[c] as Ext, x as Fe)),
          K.sub(alpha, K.fromBase(tag as Fe)),
        );
        p[t]![(at + i) * stride] =
          kind === 'lookup'
            ? K.one
            : K.neg(K.fromBase(K.base.fromInt(witness.multiplicities[index]![cell] as number)));
      }
    }
  });
  return { p, q };
}

/** The sum of fractions p_i / q_i over a common denominator, without dividing. */
export function sumOfFractions(K: ExtensionField, p: readonly Ext[], q: readonly Ext[]): { p: Ext; q: Ext } {
  let sum = { p: K.zero, q: K.one };
  p.forEach((pi, i) => {
    const qi = q[i] as Ext;
    sum = { p: K.add(K.mul(sum.p, qi), K.mul(pi, sum.q)), q: K.mul(sum.q, qi) };
  });
  return sum;
}

export function denseEq(K: ExtensionField, z: readonly Ext[]): Ext[] {
  return Array.from({ length: 2 ** z.length }, (_, i) =>
    z.reduce((product: Ext, x, b) => K.mul(product, (i >> b) & 1 ? x : K.sub(K.one, x)), K.one),
  );
}

/** The extension of values on a cube, at a point. */
export function denseEvaluate(K: ExtensionField, values: readonly Ext[], z: readonly Ext[]): Ext {
  return denseEq(K, z).reduce((sum: Ext, w, i) => K.add(sum, K.mul(w, values[i] as Ext)), K.zero);
}

/** The values with one bit of the index set to r. */
function bindBit(K: ExtensionField, values: readonly Ext[], bit: number, r: Ext): Ext[] {
  return Array.from({ length: values.length / 2 }, (_, i) => {
    const low = i % 2 ** bit;
    const at = (i - low) * 2 + low;
    const [a, b] = [values[at] as Ext, values[at + 2 ** bit] as Ext];
    return K.add(a, K.mul(r, K.sub(b, a)));
  });
}

/** The layer above: children of a node are the two halves of its tree's layer. */
function above(K: ExtensionField, { p, q }: DenseLeaves): DenseLeaves {
  const half = (x: Ext[]): number => x.length / 2;
  return {
    p: p.map((row, b) =>
      row.slice(0, half(row)).map((p0, i) => {
        const j = i + half(row);
        return K.add(K.mul(p0, q[b]![j]!), K.mul(row[j]!, q[b]![i]!));
      }),
    ),
    q: q.map((row) => row.slice(0, half(row)).map((q0, i) => K.mul(q0, row[i + half(row)]!))),
  };
}

/** Proves, or lies. */
export function denseProve(
  K: ExtensionField,
  pads: ProverPads,
  ch: ProverChannel,
  lookups: LoadedLookups,
  witnesses: readonly BalanceWitness[],
  lie: Lie = HONEST,
): void {
  const { logForest, logLeaves, trees } = lookups;
  const alpha = ch.challengeExt('lookup/alpha');
  const betas = ch.challengeExts('lookup/beta', lookups.width);
  const layers = [denseLeaves(K, lookups, witnesses, alpha, betas)];
  for (let j = 0; j < logLeaves; j++) layers.unshift(above(K, layers[0]!));
  const send = (label: string, moment: Moment, honest: readonly Ext[]): readonly Ext[] => {
    const values = lie(moment, honest);
    pads.send(ch, label, values);
    return values;
  };
  const nothing = { layer: -1, round: 0, claimed: K.zero, scalar: K.zero, at0: K.zero };
  const fractions = trees.flatMap((_, t) => {
    const [p, q] = [layers[0]!.p[t]![0]!, layers[0]!.q[t]![0]!];
    return [p, q, K.isZero(q) ? K.zero : K.inverse(q)];
  });
  const roots = send('lookup/roots', { ...nothing, stage: 'roots' }, fractions);
  let outer = ch.challengeExts('lookup/start', logForest);
  let inner: Ext[] = [];
  const rootsOfAll = (at: number, dead: Ext): Ext[] =>
    Array.from({ length: 2 ** logForest }, (_, t) => roots[3 * t + at] ?? dead);
  let claimP = denseEvaluate(K, rootsOfAll(0, K.zero), outer);
  let claimQ = denseEvaluate(K, rootsOfAll(1, K.one), outer);
  for (let layer = 0; layer < logLeaves; layer++) {
    const lambda = ch.challengeExt('lookup/lambda');
    const { p: pBelow, q: qBelow } = layers[layer + 1]!;
    const flat = (rows: Ext[][], upper: boolean): Ext[] =>
      rows.flatMap((row) => row.slice(upper ? row.length / 2 : 0, upper ? row.length : row.length / 2));
    const [p0, q1, q0, p1] = [
      flat(pBelow, false),
      flat(qBelow, true),
      flat(qBelow, false),
      flat(pBelow, true),
    ];
    let tables = [p0, q1, q0, p1.map((x, i) => K.add(x, K.mul(lambda, q1[i]!)))];
    let claimed = K.add(claimP, K.mul(lambda, claimQ));
    let z = [...inner, ...outer];
    const bits = [...inner.map((_, i) => i), ...outer.map((_, i) => i)];
    const order = [...bits.slice(0, inner.length).reverse(), ...bits.slice(inner.length).reverse()];
    const bound: Ext[] = [];
    order.forEach((bit, round) => {
      const rest = denseEq(
        K,
        z.filter((_, i) => i !== bit),
      );
      const low = tables.map((table) => bindBit(K, table, bit, K.zero));
      const high = tables.map((table) => bindBit(K, table, bit, K.one));
      const sum = (at: Ext[][]): Ext =>
        rest.reduce((s: Ext, w, i) => {
          const node = K.add(K.mul(at[0]![i]!, at[1]![i]!), K.mul(at[2]![i]!, at[3]![i]!));
          return K.add(s, K.mul(w, node));
        }, K.zero);
      const slopes = low.map((table, t) => table.map((x, i) => K.sub(high[t]![i]!, x)));
      const [at0, at1, lead] = [sum(low), sum(high), sum(slopes)];
      const scalar = z[bit]!;
      const moment: Moment = { stage: 'round', layer, round, claimed, scalar, at0 };
      const [difference, infinity] = send('lookup/round', moment, [K.sub(at1, at0), lead]) as [Ext, Ext];
      const r = ch.challengeExt('lookup/r');
      // t(0) = claimed - z difference, t(X) = t(0) + X (difference - infinity) + X^2 infinity
      const start = K.sub(claimed, K.mul(scalar, difference));
      claimed = K.add(start, K.mul(r, K.add(K.sub(difference, infinity), K.mul(r, infinity))));
      tables = tables.map((table) => bindBit(K, table, bit, r));
      z = z.filter((_, i) => i !== bit);
      bound.push(r);
    });
    const last: Moment = { stage: 'nodes', layer, round: bound.length, claimed, scalar: lambda, at0: K.zero };
    const [p0z, q1z, q0z, c] = send(
      'lookup/nodes',
      last,
      tables.map((table) => table[0]!),
    ) as [Ext, Ext, Ext, Ext];
    const tau = ch.challengeExt('lookup/tau');
    const line = (a: Ext, b: Ext): Ext => K.add(a, K.mul(tau, K.sub(b, a)));
    claimP = line(p0z, K.sub(c, K.mul(lambda, q1z)));
    claimQ = line(q0z, q1z);
    const innerCount = inner.length;
    inner = [...bound.slice(0, innerCount).reverse(), tau];
    outer = bound.slice(innerCount).reverse();
  }
}
