/** Honest proofs of every kind over toy parameters, and one set over S128, for both verifiers: see tests/reference/. */
import { koalaBear } from '../../src/field/koalabear.ts';
import type { ExtensionField } from '../../src/field/field.ts';
import { referenceKernels, type Kernels } from '../../src/kernels/index.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { linkInstance, type Lifetime } from '../../src/params/instance.ts';
import type { CodeParameters, Level, Parameters } from '../../src/params/parameters.ts';
import { S128, unsafeToyProfile, type Profile } from '../../src/params/profile.ts';
import { leastQueries } from '../../src/params/queries.ts';
import { commitGroup, type OwnedGroup } from '../../src/pcs/group-prove.ts';
import { proveLinearBody } from '../../src/pcs/linear-prove.ts';
import { linearDomain, linearInstance, type LinearStatement } from '../../src/pcs/linear-statement.ts';
import { proveLinkBody } from '../../src/pcs/link-prove.ts';
import { linkDomain, type LinkStatement } from '../../src/pcs/link-statement.ts';
import type { CommittedGroup, GroupIdentity } from '../../src/pcs/opening.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import type { Observer } from '../../src/transcript/transcript.ts';
import { toyField } from './scenarios.ts';
import { applyWeight, codeOf, exampleWeights, testSource } from './linear.ts';
import { balanceOf, exampleOf, exampleTable } from './lookup-programs.ts';
import {
  lookupOpeningWord,
  lookupParameters,
  proveLookupOpening,
  twinLookupOpeningWord,
  type LookupStatement,
} from './lookup-opening.ts';
import { linearWord, linkWord, twinLinearWord, twinLinkWord } from './twin.ts';
import { linearChanges, linkChanges, lookupChanges, type Change } from './twin-statements.ts';
import { generator } from './words.ts';

/** A statement with proofs of it and both verifiers. */
export interface TwinCase {
  readonly name: string;
  readonly proofs: readonly Uint8Array[];
  /** The verdict of src/. @param change of the statement, by number */
  word(proof: Uint8Array, change?: number, observer?: Observer): string;
  /** The verdict of the twin. */
  twin(proof: Uint8Array, change?: number): string;
  /** Names of the changes of the statement. */
  readonly changes: readonly string[];
}

function caseOf<S>(
  name: string,
  field: ExtensionField,
  statement: S,
  proofs: readonly Uint8Array[],
  changes: readonly Change<S>[],
  word: (field: ExtensionField, statement: S, proof: Uint8Array, observer?: Observer) => string,
  twin: (field: ExtensionField, statement: S, proof: Uint8Array) => string,
): TwinCase {
  const changed = (i?: number): S => (i === undefined ? statement : changes[i]!.statement);
  return {
    name,
    proofs,
    word: (proof, change, observer) => word(field, changed(change), proof, observer),
    twin: (proof, change) => twin(field, changed(change), proof),
    changes: changes.map((change) => change.name),
  };
}

/** A toy profile over the field of some kernels. */
export function toyProfile({ ext }: Kernels, lambda: number): Profile {
  return unsafeToyProfile(lambda, { modulus: ext.base.modulus, degree: ext.degree });
}

/** A schedule of one's own in place of the chosen one. */
function withSchedule(
  parameters: Parameters,
  levels: readonly (readonly [fold: number, rate: number])[],
): Parameters {
  const { lambda } = parameters.profile;
  return {
    ...parameters,
    levels: levels.map(([logFold, logInverseRate]): Level => {
      const code = { length: 2 ** logInverseRate, dimension: 1 };
      return { logFold, logInverseRate, queries: leastQueries(code, lambda) as number };
    }),
    logFinal: levels.reduce((log, [fold]) => log - fold, parameters.code.logData + 1),
  };
}

function identity(label: string, lifetime: Lifetime, columns: number, epoch: number): GroupIdentity {
  const group = Uint8Array.from({ length: 8 }, (_, i) => label.charCodeAt(0) + i);
  return { label, group, epoch, lifetime, columns, uses: 1 };
}

/** Cells of 14 bits at most, below half of a small modulus. */
export function smallCells(field: ExtensionField, count: number, seed: number): Int16Array {
  const next = generator(seed);
  const bound = Math.min(8191, (field.base.modulus - 1) / 2);
  return Int16Array.from({ length: count }, () => (next() % (2 * bound + 1)) - bound);
}

/** Commits columns of random cells. */
function commit(
  kernels: Kernels,
  parameters: Parameters,
  id: GroupIdentity,
  cells: Int16Array,
  seed: number,
  logCap: number,
): OwnedGroup {
  const n = 2 ** parameters.code.logData;
  const read = (first: number, count: number): Int16Array => cells.subarray(first * n, (first + count) * n);
  return commitGroup(kernels, testSource(kernels.ext, seed), parameters, id, read, logCap);
}

const committed = ({ identity: id, cap }: OwnedGroup): CommittedGroup => ({ ...id, cap });

export interface LinearRecipe {
  readonly name: string;
  readonly profile: Profile;
  readonly code: CodeParameters;
  readonly groups: readonly (readonly [id: GroupIdentity, logCap: number])[];
  readonly own: number;
  readonly levels?: readonly (readonly [number, number])[];
}

/** A linear opening of groups and own columns, with what its prover knows. */
export function linearSetting(kernels: Kernels, recipe: LinearRecipe, seed: number) {
  const { profile, code, own } = recipe;
  const { ext: field } = kernels;
  const m = code.logData;
  const ids = recipe.groups.map(([id]) => id);
  const columns = ids.reduce((sum, id) => sum + id.columns, own);
  const cells = smallCells(field, columns * 2 ** m, seed);
  const claims = exampleWeights(field, columns, m, seed).map((weight) => ({
    weight,
    value: applyWeight(field, weight, cells, m),
  }));
  const context = Uint8Array.of(1, 2, 3);
  const empty = { groups: ids.map((id) => ({ ...id, cap: new Uint8Array(32) })), claims, context };
  const draft = completeInstance(linearInstance({ ...empty, ownColumns: own }), code, profile);
  if (draft === undefined) throw new Error(`no parameters for ${recipe.name}`);
  const parameters =
    recipe.levels === undefined ? draft.parameters : withSchedule(draft.parameters, recipe.levels);
  let first = 0;
  const groups = recipe.groups.map(([id, logCap], i) => {
    const part = cells.subarray(first * 2 ** m, (first += id.columns) * 2 ** m);
    return commit(kernels, parameters, id, part, seed + i, logCap);
  });
  const statement: LinearStatement = {
    ...{ parameters, groups: groups.map(committed), claims, context },
    ...(own > 0 && { ownColumns: own }),
  };
  const ownCells = Uint32Array.from(cells.subarray(first * 2 ** m), (x) => field.base.fromInt(x));
  return { name: recipe.name, statement, groups, cells, ownCells };
}

function linearCase(kernels: Kernels, recipe: LinearRecipe, seed: number): TwinCase {
  const { statement, groups, ownCells } = linearSetting(kernels, recipe, seed);
  const proofs = [1, 2].map((key) => {
    const ch = proverChannel(linearDomain(kernels.ext, statement));
    const source = testSource(kernels.ext, seed + 10 * key);
    kernels.memory.scope(() => proveLinearBody(kernels, ch, statement, groups, source, true, ownCells));
    return ch.finish();
  });
  const changes = linearChanges(kernels.ext, statement);
  return caseOf(recipe.name, kernels.ext, statement, proofs, changes, linearWord, twinLinearWord);
}

function linkCase(
  kernels: Kernels,
  name: string,
  profile: Profile,
  code: CodeParameters,
  seed: number,
): TwinCase {
  const columns = 3;
  const draft = completeInstance(linkInstance(columns), code, profile);
  if (draft === undefined) throw new Error(`no parameters for ${name}`);
  const { parameters } = draft;
  const cells = smallCells(kernels.ext, columns * 2 ** code.logData, seed);
  const groups = [6, 7].map((epoch) =>
    commit(kernels, parameters, identity('W', 'static', columns, epoch), cells, seed + epoch, 1),
  ) as [OwnedGroup, OwnedGroup];
  const statement: LinkStatement = {
    parameters,
    older: committed(groups[0]),
    newer: committed(groups[1]),
    context: Uint8Array.of(4),
  };
  const proofs = [1, 2].map((key) => {
    const ch = proverChannel(linkDomain(kernels.ext, statement));
    const source = testSource(kernels.ext, seed + 10 * key);
    kernels.memory.scope(() => proveLinkBody(kernels, ch, statement, groups, source));
    return ch.finish();
  });
  return caseOf(name, kernels.ext, statement, proofs, linkChanges(statement), linkWord, twinLinkWord);
}

function lookupCase(
  kernels: Kernels,
  name: string,
  profile: Profile,
  code: CodeParameters,
  seed: number,
): TwinCase {
  const { ext: field } = kernels;
  const sizes = [5, 8, 3];
  const program = {
    tables: sizes.map((rows, t) => exampleTable(field.base, 2 * t + 1, rows, 1 + t, t === 0)),
    balances: [balanceOf([0, 7], [1, 5]), balanceOf([2, 3], [0, 1], [2, 8])],
  };
  const { witnesses } = exampleOf(field.base, program, seed);
  const statement: LookupStatement = {
    parameters: lookupParameters(field, profile, code, program),
    program,
  };
  // An honest prover cannot divide by zero; over a toy field it meets one now and then.
  const proofs: Uint8Array[] = [];
  for (let key = 1; proofs.length < 2 && key < 100; key++) {
    try {
      proofs.push(proveLookupOpening(kernels, statement, witnesses, seed + key));
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('lookup: ')) throw error;
    }
  }
  return caseOf(
    name,
    field,
    statement,
    proofs,
    lookupChanges(statement),
    lookupOpeningWord,
    twinLookupOpeningWord,
  );
}

/** The toy recipes over KoalaBear: lies with live challenges are made of them as well. */
export function quinticRecipes(kernels: Kernels): LinearRecipe[] {
  const profile = toyProfile(kernels, 4);
  return [
    {
      name: 'linear over KoalaBear: two groups, three levels',
      profile,
      code: codeOf(profile, 4, 16),
      groups: [
        [identity('W', 'static', 2, 3), 2],
        [identity('state', 'carried', 1, 2 ** 33), 0],
      ],
      own: 0,
      levels: [
        [2, 1],
        [1, 2],
        [1, 3],
      ],
    },
    {
      name: 'linear over KoalaBear: one group, one level',
      profile,
      code: codeOf(profile, 4, 16),
      groups: [[identity('x', 'static', 2, 0), 6]],
      own: 0,
      levels: [[3, 2]],
    },
  ];
}

/** @param kernels over the production field */
export function twinCases(kernels: Kernels): TwinCase[] {
  const small = referenceKernels(toyField('F_97^2'));
  const [f97, koala] = [toyProfile(small, 2), toyProfile(kernels, 3)];
  if (kernels.ext.base !== koalaBear) throw new Error('expected kernels over KoalaBear');
  return [
    ...quinticRecipes(kernels).map((recipe, i) => linearCase(kernels, recipe, 100 + i)),
    linearCase(
      small,
      {
        name: 'linear over F_97^2: a group and two own columns',
        profile: f97,
        code: codeOf(f97, 3, 8),
        groups: [[identity('W', 'static', 2, 1), 0]],
        own: 2,
        levels: [
          [1, 1],
          [1, 2],
        ],
      },
      200,
    ),
    linearCase(
      kernels,
      {
        name: 'linear over KoalaBear: own columns only',
        profile: koala,
        code: codeOf(koala, 3, 8),
        groups: [],
        own: 3,
      },
      300,
    ),
    linkCase(small, 'link over F_97^2', f97, codeOf(f97, 3, 8), 400),
    linkCase(kernels, 'link over KoalaBear', koala, codeOf(koala, 4, 8), 500),
    lookupCase(kernels, 'lookups over KoalaBear', koala, codeOf(koala, 3, 8), 600),
    linearCase(
      kernels,
      {
        name: 'linear over S128',
        profile: S128,
        code: codeOf(S128, 10, 1024),
        groups: [[identity('W', 'static', 2, 0), 4]],
        own: 1,
      },
      700,
    ),
  ];
}
