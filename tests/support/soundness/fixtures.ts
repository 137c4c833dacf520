/** Small linear openings for the soundness suite: every message of this kind of proof occurs in one of them. */
import type { Ext, Fe } from '../../../src/field/field.ts';
import { quintic } from '../../../src/field/quintic.ts';
import type { Kernels } from '../../../src/kernels/index.ts';
import { commitGroup, type OwnedGroup } from '../../../src/pcs/group-prove.ts';
import { proveLinear } from '../../../src/pcs/linear-prove.ts';
import type { LinearStatement } from '../../../src/pcs/linear-statement.ts';
import type { GroupIdentity } from '../../../src/pcs/opening.ts';
import type { PublicClaim } from '../../../src/pcs/claim-encoding.ts';
import { leastQueries } from '../../../src/params/queries.ts';
import type { Level, Parameters } from '../../../src/params/parameters.ts';
import { S128 } from '../../../src/params/profile.ts';
import { applyWeight, codeOf, exampleWeights, linearParameters, randomCells, testSource } from '../linear.ts';

/** A statement with what its prover knows. */
export interface Setting {
  readonly name: string;
  readonly statement: LinearStatement;
  readonly groups: readonly OwnedGroup[];
  readonly cells: Int16Array;
}

/** A level with the least number of queries. */
export function level(logFold: number, logInverseRate: number): Level {
  const code = { length: 2 ** logInverseRate, dimension: 1 };
  return { logFold, logInverseRate, queries: leastQueries(code, S128.lambda) as number };
}

/** A schedule of one's own in place of the chosen one. */
export function withLevels(parameters: Parameters, levels: readonly Level[]): Parameters {
  const logFinal = levels.reduce((log, { logFold }) => log - logFold, parameters.code.logData + 1);
  return { ...parameters, levels, logFinal };
}

function identity(label: string, change: Partial<GroupIdentity>): GroupIdentity {
  const group = Uint8Array.from({ length: 8 }, (_, i) => label.charCodeAt(0) + i);
  return { label, group, epoch: 0, lifetime: 'static', columns: 1, uses: 1, ...change };
}

interface Recipe {
  readonly name: string;
  readonly m: number;
  readonly t: number;
  readonly identities: readonly GroupIdentity[];
  readonly logCaps: readonly number[];
  readonly levels?: readonly Level[];
}

const RECIPES: readonly Recipe[] = [
  { name: 'one group', m: 10, t: 1024, identities: [identity('W', { columns: 2 })], logCaps: [0] },
  {
    name: 'two groups',
    m: 10,
    t: 1024,
    identities: [
      identity('W', { columns: 2, epoch: 3 }),
      identity('state', { lifetime: 'carried', uses: 2, epoch: 2 ** 33, columns: 1 }),
    ],
    logCaps: [3, 0],
    levels: [level(2, 2), level(3, 3)],
  },
  {
    name: 'carried',
    m: 11,
    t: 512,
    identities: [identity('long-nam', { lifetime: 'carried', columns: 17 })],
    logCaps: [5],
    levels: [level(3, 3), level(1, 4), level(2, 3)],
  },
];

/** Commits the columns of a recipe and states true claims about them. */
function setting(kernels: Kernels, recipe: Recipe, seed: number): Setting {
  const { name, m, t, identities, logCaps, levels } = recipe;
  const n = 2 ** m;
  const columns = identities.reduce((sum, group) => sum + group.columns, 0);
  const cells = randomCells(columns * n, seed);
  const code = codeOf(S128, m, t);
  const weights = exampleWeights(quintic, columns, m, seed);
  const chosen = linearParameters(S128, code, identities, weights.length);
  const parameters = levels === undefined ? chosen : withLevels(chosen, levels);
  let first = 0;
  const groups = identities.map((one, i) => {
    const own = cells.subarray(first * n, (first + one.columns) * n);
    first += one.columns;
    const read = (from: number, count: number): Int16Array => own.subarray(from * n, (from + count) * n);
    return commitGroup(kernels, testSource(quintic, seed + i), parameters, one, read, logCaps[i] as number);
  });
  const claims: PublicClaim[] = weights.map((weight) => ({
    weight,
    value: applyWeight(quintic, weight, cells, m),
  }));
  const statement = {
    parameters,
    groups: groups.map((group) => ({ ...group.identity, cap: group.cap })),
    claims,
    context: Uint8Array.of(1, 2, 3),
  };
  return { name, statement, groups, cells };
}

/** All settings, in the order of their names. */
export function settings(kernels: Kernels): Setting[] {
  return RECIPES.map((recipe, i) => setting(kernels, recipe, 10 + 10 * i));
}

/** An honest proof of a setting; other keys give other proofs of one statement. */
export function honestProof(kernels: Kernels, { statement, groups }: Setting, key: number): Uint8Array {
  return proveLinear(kernels, statement, groups, testSource(quintic, key));
}

/** A statement with the value of claim j moved by one: false. */
export function falseClaim(statement: LinearStatement, j = 0): LinearStatement {
  const claims = statement.claims.map((claim, i) =>
    i === j ? { ...claim, value: quintic.add(claim.value, quintic.one) } : claim,
  );
  return { ...statement, claims };
}

/** x + 1 in the first limb. */
export function bump(x: Ext, by = 1): Ext {
  return quintic.add(x, quintic.fromBase(by as Fe));
}
