/**
 * Small proofs for the soundness suite, so chosen that every message of a linear opening and of a link occurs in one of them,
 * with columns of groups and of the proof's own.
 */
import type { Ext, Fe } from '../../../src/field/field.ts';
import { quintic } from '../../../src/field/quintic.ts';
import type { Kernels } from '../../../src/kernels/index.ts';
import { commitGroup, type OwnedGroup } from '../../../src/pcs/group-prove.ts';
import { proveLinear } from '../../../src/pcs/linear-prove.ts';
import type { LinearStatement } from '../../../src/pcs/linear-statement.ts';
import { proveLink } from '../../../src/pcs/link-prove.ts';
import type { LinkStatement } from '../../../src/pcs/link-statement.ts';
import type { GroupIdentity } from '../../../src/pcs/opening.ts';
import type { PublicClaim } from '../../../src/pcs/claim-encoding.ts';
import { completeInstance } from '../../../src/params/choose.ts';
import { linkInstance } from '../../../src/params/instance.ts';
import { leastQueries } from '../../../src/params/queries.ts';
import type { Level, Parameters } from '../../../src/params/parameters.ts';
import { S128 } from '../../../src/params/profile.ts';
import type { Observer } from '../../../src/transcript/transcript.ts';
import { applyWeight, codeOf, exampleWeights, linearParameters, randomCells, testSource } from '../linear.ts';
import { generator } from '../words.ts';

/** A linear statement with what its prover knows. */
export interface Setting {
  readonly name: string;
  readonly statement: LinearStatement;
  readonly groups: readonly OwnedGroup[];
  /** Words of the proof's own columns. */
  readonly ownCells: Uint32Array;
}

/** A link with what its prover knows. */
export interface LinkSetting {
  readonly name: string;
  readonly statement: LinkStatement;
  readonly groups: readonly [older: OwnedGroup, newer: OwnedGroup];
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

export function identity(label: string, change: Partial<GroupIdentity>): GroupIdentity {
  const group = Uint8Array.from({ length: 8 }, (_, i) => label.charCodeAt(0) + i);
  return { label, group, epoch: 0, lifetime: 'static', columns: 1, uses: 1, ...change };
}

interface Recipe {
  readonly name: string;
  readonly m: number;
  readonly t: number;
  readonly identities: readonly GroupIdentity[];
  readonly logCaps: readonly number[];
  readonly ownColumns?: number;
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
    name: 'own columns',
    m: 10,
    t: 1024,
    identities: [identity('D', { columns: 1 })],
    logCaps: [1],
    ownColumns: 2,
    levels: [level(2, 2), level(3, 4)],
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

/** Uniform words of F. */
export function randomWords(count: number, seed: number): Uint32Array {
  const next = generator(seed);
  return Uint32Array.from({ length: count }, () => next() % quintic.base.modulus);
}

/** Commits the columns of a recipe and states true claims about them. */
function setting(kernels: Kernels, recipe: Recipe, seed: number): Setting {
  const { name, m, t, identities, logCaps, levels, ownColumns = 0 } = recipe;
  const n = 2 ** m;
  const columns = identities.reduce((sum, group) => sum + group.columns, 0);
  const cells = randomCells(columns * n, seed);
  const ownCells = randomWords(ownColumns * n, seed + 1);
  const code = codeOf(S128, m, t);
  const weights = exampleWeights(quintic, columns + ownColumns, m, seed);
  const chosen = linearParameters(S128, code, identities, weights.length, ownColumns);
  const parameters = levels === undefined ? chosen : withLevels(chosen, levels);
  let first = 0;
  const groups = identities.map((one, i) => {
    const own = cells.subarray(first * n, (first + one.columns) * n);
    first += one.columns;
    const read = (from: number, count: number): Int16Array => own.subarray(from * n, (from + count) * n);
    return commitGroup(kernels, testSource(quintic, seed + i), parameters, one, read, logCaps[i] as number);
  });
  const all = Int32Array.from([...cells, ...ownCells]);
  const claims: PublicClaim[] = weights.map((weight) => ({
    weight,
    value: applyWeight(quintic, weight, all, m),
  }));
  const statement = {
    parameters,
    groups: groups.map((group) => ({ ...group.identity, cap: group.cap })),
    ...(ownColumns > 0 && { ownColumns }),
    claims,
    context: Uint8Array.of(1, 2, 3),
  };
  return { name, statement, groups, ownCells };
}

/** All linear settings, in the order of their recipes. */
export function settings(kernels: Kernels): Setting[] {
  return RECIPES.map((recipe, i) => setting(kernels, recipe, 10 + 10 * i));
}

const LINK = { m: 10, t: 1024, columns: 2, epoch: 3 } as const;

/** The parameters of a link between groups of this many columns. */
export function linkParameters(m: number, t: number, columns: number): Parameters {
  const draft = completeInstance(linkInstance(columns), codeOf(S128, m, t), S128);
  if (draft === undefined) throw new Error('no parameters for this link');
  return draft.parameters;
}

/**
 * Two epochs of a group.
 *
 * @param change of the cells of the newer epoch, which then is another set of cells
 */
export function linkSetting(kernels: Kernels, change?: (cells: Int16Array) => void): LinkSetting {
  const { m, t, columns, epoch } = LINK;
  const n = 2 ** m;
  const parameters = withLevels(linkParameters(m, t, columns), [level(2, 2), level(3, 3)]);
  const cells = randomCells(columns * n, 70);
  const changed = cells.slice();
  change?.(changed);
  const commit = (at: number, of: Int16Array, logCap: number): OwnedGroup => {
    const read = (from: number, count: number): Int16Array => of.subarray(from * n, (from + count) * n);
    const one = identity('W', { columns, epoch: at });
    return commitGroup(kernels, testSource(quintic, 71 + at), parameters, one, read, logCap);
  };
  const groups = [commit(epoch, cells, 0), commit(epoch + 1, changed, 2)] as const;
  const [older, newer] = groups.map((group) => ({ ...group.identity, cap: group.cap }));
  const context = Uint8Array.of(4, 5);
  return { name: 'link', statement: { parameters, older: older!, newer: newer!, context }, groups };
}

/** An honest proof of a setting; other keys give other proofs of one statement. */
export function honestProof(
  kernels: Kernels,
  setting: Setting | LinkSetting,
  key: number,
  observer?: Observer,
): Uint8Array {
  const source = testSource(quintic, key);
  if (!('ownCells' in setting))
    return proveLink(kernels, setting.statement, setting.groups, source, observer);
  const { statement, groups, ownCells } = setting;
  return proveLinear(kernels, statement, groups, source, observer, ownCells);
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
