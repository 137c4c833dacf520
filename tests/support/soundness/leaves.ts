/** STM-1: a statement with one leaf changed, for every leaf. Statements with a changed leaf are well-formed. */
import type { Fe } from '../../../src/field/field.ts';
import { quintic } from '../../../src/field/quintic.ts';
import type { PublicClaim } from '../../../src/pcs/claim-encoding.ts';
import { committedColumns, ownColumns, type LinearStatement } from '../../../src/pcs/linear-statement.ts';
import type { LinkStatement } from '../../../src/pcs/link-statement.ts';
import type { CommittedGroup } from '../../../src/pcs/opening.ts';
import type { Factor, Term } from '../../../src/pcs/weight.ts';
import { leastPadQueries } from '../../../src/params/queries.ts';
import type { Parameters } from '../../../src/params/parameters.ts';
import { codeOf } from '../linear.ts';
import { bump, level, withLevels } from './fixtures.ts';
import { groupsOf, isLink, type AnyStatement } from './statements.ts';

export interface ChangedStatement {
  readonly name: string;
  readonly statement: AnyStatement;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

/** The statement with one leaf changed, once for every leaf. */
export function leavesOf(statement: AnyStatement): ChangedStatement[] {
  const text = JSON.stringify(statement);
  // A list of one does not change when it is reordered.
  return allLeaves(statement).filter((leaf) => JSON.stringify(leaf.statement) !== text);
}

function allLeaves(statement: AnyStatement): ChangedStatement[] {
  return [
    ...parameterLeaves(statement),
    ...groupsOf(statement).flatMap((_, g) => groupLeaves(statement, g)),
    ...(isLink(statement) ? linkLeaves(statement) : [...ownLeaves(statement), ...claimLeaves(statement)]),
    { name: 'context: a bit', statement: { ...statement, context: flipped(statement.context, 0) } },
    { name: 'context: longer', statement: { ...statement, context: Uint8Array.of(...statement.context, 0) } },
    { name: 'context: empty', statement: { ...statement, context: new Uint8Array(0) } },
  ];
}

function withGroups(statement: AnyStatement, groups: readonly CommittedGroup[]): AnyStatement {
  if (!isLink(statement)) return { ...statement, groups };
  const [older, newer] = groups as [CommittedGroup, CommittedGroup];
  return { ...statement, older, newer };
}

/** What both epochs of a link have in common: one changed alone makes no statement. */
function linkLeaves(statement: LinkStatement): ChangedStatement[] {
  const { older, newer } = statement;
  const at = (
    name: string,
    change: (group: CommittedGroup) => Partial<CommittedGroup>,
  ): ChangedStatement => ({
    name: `both groups: ${name}`,
    statement: withGroups(
      statement,
      [older, newer].map((group) => ({ ...group, ...change(group) })),
    ),
  });
  return [
    at('label', ({ label }) => ({ label: `${label.slice(0, 7)}x` })),
    at('id', ({ group }) => ({ group: flipped(group, 7) })),
    at('epoch', ({ epoch }) => ({ epoch: epoch + 1 })),
    at('high half of the epoch', ({ epoch }) => ({ epoch: epoch + 2 ** 32 })),
    at('columns', ({ columns }) => ({ columns: columns + 1 })),
    at('caps exchanged', (group) => ({ cap: group === older ? newer.cap : older.cap })),
  ];
}

/** Columns of the proof's own: more, fewer, and one that was a group's. */
function ownLeaves(statement: LinearStatement): ChangedStatement[] {
  const own = ownColumns(statement);
  const last = statement.groups.at(-1) as CommittedGroup;
  const shift = (by: number): LinearStatement => ({
    ...statement,
    ownColumns: own + by,
    groups: [...statement.groups.slice(0, -1), { ...last, columns: last.columns - by }],
  });
  const leaves = [
    { name: 'own columns: one more', statement: { ...statement, ownColumns: own + 1 } },
    ...(last.columns > 1 ? [{ name: "own columns: one of the last group's", statement: shift(1) }] : []),
    ...(own > 0 ? [{ name: 'own columns: one goes to the last group', statement: shift(-1) }] : []),
  ];
  return leaves;
}

/** Other parameter sets that are as strong: numbers that nothing but the digest of the set tells apart. */
export function parameterChanges(parameters: Parameters): [name: string, changed: Parameters][] {
  const { code, pads, levels } = parameters;
  const first = levels[0]?.logFold as number;
  const longer = pads.logCodeword + 1;
  const queries = leastPadQueries(pads.size, longer, parameters.profile.lambda) as number;
  const padLength = 2 * code.padLength > 2 ** code.logData ? code.padLength / 2 : 2 * code.padLength;
  return [
    ['n_H', { ...parameters, pads: { ...pads, logCodeword: longer, queries } }],
    ['levels', withLevels(parameters, [level(first, 4)])],
    ['more levels', withLevels(parameters, [level(first, 4), level(2, 4), level(1, 4)])],
    ['t', { ...parameters, code: codeOf(parameters.profile, code.logData, padLength) }],
  ];
}

function parameterLeaves(statement: AnyStatement): ChangedStatement[] {
  return parameterChanges(statement.parameters).map(([name, parameters]) => ({
    name: `parameters: ${name}`,
    statement: { ...statement, parameters },
  }));
}

/** What names a group's tree, and what may differ between two epochs of a link. */
export function groupChanges(old: CommittedGroup): {
  readonly alone: [name: string, change: Partial<CommittedGroup>][];
  readonly shared: [name: string, change: Partial<CommittedGroup>][];
} {
  const doubled = new Uint8Array(2 * old.cap.length);
  doubled.set(old.cap);
  doubled.set(old.cap, old.cap.length);
  return {
    alone: [
      ['uses', { uses: old.uses + 1 }],
      ['first byte of the cap', { cap: flipped(old.cap, 0) }],
      ['last byte of the cap', { cap: flipped(old.cap, old.cap.length - 1) }],
      ['larger cap', { cap: doubled }],
    ],
    shared: [
      ['label', { label: `${old.label.slice(0, 7)}x` }],
      ['id', { group: flipped(old.group, 7) }],
      ['epoch', { epoch: old.epoch + 1 }],
      ['high half of the epoch', { epoch: old.epoch + 2 ** 32 }],
      ['lifetime', { lifetime: old.lifetime === 'static' ? 'carried' : 'static' }],
      ['columns', { columns: old.columns + 1 }],
    ],
  };
}

function groupLeaves(statement: AnyStatement, g: number): ChangedStatement[] {
  const groups = groupsOf(statement);
  const { alone, shared } = groupChanges(groups[g] as CommittedGroup);
  return [...alone, ...(isLink(statement) ? [] : shared)].map(([name, change]) => ({
    name: `group ${g}: ${name}`,
    statement: withGroups(
      statement,
      groups.map((group, i) => (i === g ? { ...group, ...change } : group)),
    ),
  }));
}

function claimLeaves(statement: LinearStatement): ChangedStatement[] {
  const { claims } = statement;
  const at = (name: string, changed: readonly PublicClaim[]): ChangedStatement => ({
    name: `claims: ${name}`,
    statement: { ...statement, claims: changed },
  });
  const replace = (j: number, claim: PublicClaim): PublicClaim[] =>
    claims.map((c, i) => (i === j ? claim : c));
  const terms = (j: number, k: number, changed: Term): PublicClaim[] => {
    const claim = claims[j] as PublicClaim;
    return replace(j, { ...claim, weight: claim.weight.map((term, i) => (i === k ? changed : term)) });
  };
  const result: ChangedStatement[] = [
    at('reordered', [...claims].reverse()),
    at('one missing', claims.slice(1)),
    at('one doubled', [...claims, claims[0] as PublicClaim]),
  ];
  claims.forEach((claim, j) => {
    result.push(at(`value ${j}`, replace(j, { ...claim, value: bump(claim.value) })));
    result.push(at(`last limb of value ${j}`, replace(j, { ...claim, value: lastLimb(claim.value) })));
    result.push(
      at(
        `terms of ${j} reordered or doubled`,
        replace(j, { ...claim, weight: [...claim.weight, ...claim.weight].slice(1) }),
      ),
    );
    claim.weight.forEach((term, k) => {
      if (k > 0 && k < claim.weight.length - 1) return;
      result.push(
        at(`term ${j}.${k}: coefficient`, terms(j, k, { ...term, coefficient: bump(term.coefficient) })),
      );
      if (committedColumns(statement) > 1) {
        result.push(
          at(
            `term ${j}.${k}: column`,
            terms(j, k, { ...term, column: term.column === 0 ? 1 : term.column - 1 }),
          ),
        );
      }
      term.factors.forEach((factor, f) => {
        for (const [what, changed] of factorLeaves(factor)) {
          const factors = term.factors.map((old, i) => (i === f ? changed : old));
          result.push(at(`term ${j}.${k}: factor ${f}: ${what}`, terms(j, k, { ...term, factors })));
        }
      });
      if (term.factors.length > 1) {
        result.push(
          at(
            `term ${j}.${k}: factors reordered`,
            terms(j, k, { ...term, factors: [...term.factors].reverse() }),
          ),
        );
      }
    });
  });
  return result;
}

const lastLimb = (x: readonly Fe[]): Fe[] =>
  x.map((limb, i) => (i === 4 ? quintic.base.add(limb, quintic.base.one) : limb));

/** Every value of a factor, and other factors that have the same numbers. */
function factorLeaves(factor: Factor): [string, Factor][] {
  switch (factor.kind) {
    case 'eq': {
      const { point } = factor;
      const last = point.length - 1;
      return [
        ['first coordinate', { ...factor, point: point.map((x, i) => (i === 0 ? bump(x) : x)) }],
        ['last limb of the last', { ...factor, point: point.map((x, i) => (i === last ? lastLimb(x) : x)) }],
        ['coordinates reordered', { ...factor, point: [...point.slice(1), point[0] as Fe[]].reverse() }],
      ];
    }
    case 'pairs': {
      const [[at0, at1], ...rest] = factor.pairs as [[Fe[], Fe[]], ...[Fe[], Fe[]][]];
      return [
        ['value at 0', { ...factor, pairs: [[bump(at0), at1], ...rest] }],
        ['value at 1', { ...factor, pairs: [[at0, bump(at1)], ...rest] }],
        ['a pair turned', { ...factor, pairs: [[at1, at0], ...rest] }],
      ];
    }
    case 'fixed': {
      const { bits, index } = factor;
      const point = Array.from({ length: bits }, (_, b) => ((index >>> b) & 1 ? quintic.one : quintic.zero));
      return [
        ['index', { ...factor, index: index ^ 1 }],
        ['the same as eq', { kind: 'eq', point }],
        ['the same as sparse', { kind: 'sparse', bits, entries: [[index, quintic.one]] }],
      ];
    }
    case 'dense': {
      const values = (at: number) => factor.values.map((x, i) => (i === at ? bump(x) : x));
      return [
        ['first value', { ...factor, values: values(0) }],
        ['last value', { ...factor, values: values(factor.values.length - 1) }],
      ];
    }
    case 'sparse': {
      const [head, ...rest] = factor.entries as [[number, Fe[]], ...[number, Fe[]][]];
      return [
        ['index', { ...factor, entries: [[head[0] + 1, head[1]], ...rest] }],
        ['value', { ...factor, entries: [[head[0], bump(head[1])], ...rest] }],
        ['one entry less', { ...factor, entries: rest }],
        ['a zero entry more', { ...factor, entries: [head, [head[0] + 1, quintic.zero], ...rest] }],
      ];
    }
  }
}
