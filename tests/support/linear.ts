/** Small linear openings for tests: parameters, groups, claims, keys of fixed bytes. */
import { koalaBear } from '../../src/field/koalabear.ts';
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { commitGroup, type OwnedGroup } from '../../src/pcs/group-prove.ts';
import { proveLinearBody } from '../../src/pcs/linear-prove.ts';
import { linearDomain, linearInstance, type LinearStatement } from '../../src/pcs/linear-statement.ts';
import type { Cells } from '../../src/pcs/columns.ts';
import type { GroupIdentity } from '../../src/pcs/opening.ts';
import { evaluateWeight, expandFactor, type Weight } from '../../src/pcs/weight.ts';
import type { PublicClaim } from '../../src/pcs/claim-encoding.ts';
import { completeInstance } from '../../src/params/choose.ts';
import type { CodeParameters, Parameters } from '../../src/params/parameters.ts';
import { leastQueries } from '../../src/params/queries.ts';
import type { Profile } from '../../src/params/profile.ts';
import { maskSource, type MaskSource } from '../../src/random/masks.ts';
import { secretOf } from '../../src/secret/secret.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { generator } from './words.ts';

/** A key of fixed bytes: tests only. */
export function testSource(field: ExtensionField, seed: number): MaskSource {
  return maskSource(secretOf(Uint8Array.from({ length: 32 }, (_, i) => (seed * 37 + i) & 255)), field);
}

/** The code with m data bits and t pads, with the least query count. */
export function codeOf(profile: Profile, logData: number, padLength: number): CodeParameters {
  const code = { length: 2 ** (logData + 2), dimension: 2 ** logData + padLength };
  return { logData, padLength, queries: leastQueries(code, profile.lambda) as number };
}

/** Parameters for a linear opening of groups. */
export function linearParameters(
  profile: Profile,
  code: CodeParameters,
  groups: readonly GroupIdentity[],
  claims: number,
  ownColumns = 0,
): Parameters {
  const statement = {
    ownColumns,
    groups: groups.map((group) => ({ ...group, cap: new Uint8Array(32) })),
    claims: Array.from({ length: claims }, () => ({ weight: [], value: [] as Ext })),
    context: new Uint8Array(0),
  };
  const draft = completeInstance(linearInstance(statement), code, profile);
  if (draft === undefined) throw new Error('no parameters for this code');
  return draft.parameters;
}

export function staticIdentity(columns: number, label = 'W'): GroupIdentity {
  return { label, group: new Uint8Array(8).fill(7), epoch: 0, lifetime: 'static', columns, uses: 1 };
}

/** Random int16 cells of at most 14 bits. */
export function randomCells(count: number, seed: number): Int16Array {
  const next = generator(seed);
  return Int16Array.from({ length: count }, () => (next() % 16_383) - 8191);
}

/** A point of K^n. */
export function randomPoint(field: ExtensionField, n: number, seed: number): Ext[] {
  const next = generator(seed);
  const p = field.base.modulus;
  return Array.from({ length: n }, () => Array.from({ length: field.degree }, () => (next() % p) as Fe));
}

/** The value of a weight on cells, by its definition: every cell of every column. */
export function applyWeight(
  field: ExtensionField,
  weight: Weight,
  cells: Cells | Int32Array,
  logData: number,
): Ext {
  let total = field.zero;
  for (const term of weight) {
    let vector: Ext[] = [term.coefficient];
    for (const factor of term.factors) {
      const next = expandFactor(field, factor);
      vector = next.flatMap((y) => vector.map((x) => field.mul(x, y)));
    }
    const at = term.column * 2 ** logData;
    vector.forEach((x, i) => {
      total = field.add(total, field.mulBase(x, field.base.fromInt(cells[at + i] as number)));
    });
  }
  return total;
}

export interface LinearFixture {
  readonly statement: LinearStatement;
  readonly groups: readonly OwnedGroup[];
  readonly cells: Int16Array;
}

/** One static group, claims of every kind of factor, and the statement that they hold. */
export function linearFixture(
  kernels: Kernels,
  profile: Profile,
  code: CodeParameters,
  columns: number,
  seed = 1,
  logCap = 0,
): LinearFixture {
  const field = kernels.ext;
  const identity = staticIdentity(columns);
  const m = code.logData;
  const n = 2 ** m;
  const cells = randomCells(columns * n, seed);
  if (field.base !== koalaBear) cells.forEach((x, i) => (cells[i] = x % field.base.modulus));
  const weights = exampleWeights(field, columns, m, seed);
  const parameters = linearParameters(profile, code, [identity], weights.length);
  const group = commitGroup(
    kernels,
    testSource(field, seed),
    parameters,
    identity,
    (first, count) => cells.subarray(first * n, (first + count) * n),
    logCap,
  );
  const claims: PublicClaim[] = weights.map((weight) => ({
    weight,
    value: applyWeight(field, weight, cells, m),
  }));
  const context = Uint8Array.of(1, 2, 3);
  const statement = { parameters, groups: [{ ...identity, cap: group.cap }], claims, context };
  return { statement, groups: [group], cells };
}

/** Weights with all factor kinds, across the prover's cut and beside it. */
export function exampleWeights(field: ExtensionField, columns: number, m: number, seed: number): Weight[] {
  const point = (n: number, s: number): Ext[] => randomPoint(field, n, seed * 100 + s);
  const whole: Weight = Array.from({ length: columns }, (_, column) => ({
    column,
    coefficient: point(1, column)[0] as Ext,
    factors: [{ kind: 'eq', point: point(m, 50) }],
  }));
  const last = columns - 1;
  const cell: Weight = [
    { column: last, coefficient: field.one, factors: [{ kind: 'fixed', bits: m, index: 2 ** m - 1 }] },
  ];
  const dense: Weight = [
    {
      column: 0,
      coefficient: point(1, 60)[0] as Ext,
      factors: [
        { kind: 'dense', values: point(2 ** (m - 1), 61) },
        { kind: 'eq', point: point(1, 62) },
      ],
    },
    {
      column: last,
      coefficient: field.one,
      factors: [
        { kind: 'eq', point: point(1, 63) },
        {
          kind: 'sparse',
          bits: m - 1,
          entries: [
            [0, point(1, 64)[0] as Ext],
            [2 ** (m - 1) - 1, point(1, 65)[0] as Ext],
          ],
        },
      ],
    },
  ];
  return [whole, cell, dense];
}

/** `evaluateWeight` once more for callers that want one column. */
export function weightAt(field: ExtensionField, weight: Weight, column: number, point: readonly Ext[]): Ext {
  return evaluateWeight(field, weight, point).get(column) ?? field.zero;
}

/** What a prover makes that does not look at its own claims first: honest in everything else. */
export function proveAnyway(
  kernels: Kernels,
  statement: LinearStatement,
  groups: readonly OwnedGroup[],
  source: MaskSource,
  ownCells?: Uint32Array,
): Uint8Array<ArrayBuffer> {
  const ch = proverChannel(linearDomain(kernels.ext, statement));
  proveLinearBody(kernels, ch, statement, groups, source, false, ownCells);
  return ch.finish();
}
