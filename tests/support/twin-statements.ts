/** Changes of statements: one value at a time, everything that a statement says. */
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import type { LinearStatement } from '../../src/pcs/linear-statement.ts';
import type { LinkStatement } from '../../src/pcs/link-statement.ts';
import type { CommittedGroup } from '../../src/pcs/opening.ts';
import type { Factor, Term } from '../../src/pcs/weight.ts';
import type { LookupProgram } from '../../src/tlookup/shape.ts';
import type { LookupStatement } from './lookup-opening.ts';
import { withCode, withLevel, withPads } from './params.ts';

export interface Change<S> {
  readonly name: string;
  readonly statement: S;
}

function flip(bytes: Uint8Array, at = 0): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

function replace<T>(list: readonly T[], i: number, value: T): T[] {
  return list.map((old, j) => (j === i ? value : old));
}

/** Every number of a parameter set, one up and one down. */
export function parameterChanges(parameters: Parameters): Change<Parameters>[] {
  const { code, levels, pads, profile, logFinal } = parameters;
  const { field } = profile;
  const both = (name: string, of: (by: number) => Parameters): Change<Parameters>[] =>
    [1, -1].map((by) => ({ name: `parameters: ${name} ${by}`, statement: of(by) }));
  return [
    ...both('lambda', (by) => ({ ...parameters, profile: { ...profile, lambda: profile.lambda + by } })),
    ...both('profile', (by) => ({ ...parameters, profile: { ...profile, id: profile.id + by } })),
    ...both('p', (by) => ({
      ...parameters,
      profile: { ...profile, field: { ...field, modulus: field.modulus + by } },
    })),
    ...both('d', (by) => ({
      ...parameters,
      profile: { ...profile, field: { ...field, degree: field.degree + by } },
    })),
    ...both('proof of work', (by) => ({ ...parameters, profile: { ...profile, powBits: by } })),
    ...both('m', (by) => withCode(parameters, { logData: code.logData + by })),
    ...both('t', (by) => withCode(parameters, { padLength: code.padLength + by })),
    ...both('q0', (by) => withCode(parameters, { queries: code.queries + by })),
    ...levels.flatMap((level, j) => [
      ...both(`k_${j}`, (by) => withLevel(parameters, j, { logFold: level.logFold + by })),
      ...both(`r_${j}`, (by) => withLevel(parameters, j, { logInverseRate: level.logInverseRate + by })),
      ...both(`q_${j}`, (by) => withLevel(parameters, j, { queries: level.queries + by })),
    ]),
    ...both('final', (by) => ({ ...parameters, logFinal: logFinal + by })),
    ...both('s', (by) => withPads(parameters, { size: pads.size + by })),
    ...both('n_H', (by) => withPads(parameters, { logCodeword: pads.logCodeword + by })),
    ...both('q_H', (by) => withPads(parameters, { queries: pads.queries + by })),
    { name: 'parameters: no levels', statement: { ...parameters, levels: [] } },
  ];
}

export function groupChanges(group: CommittedGroup): Change<CommittedGroup>[] {
  const change = (name: string, by: Partial<CommittedGroup>): Change<CommittedGroup> => ({
    name: `${group.label}: ${name}`,
    statement: { ...group, ...by },
  });
  return [
    change('label', { label: 'V' }),
    change('label of a proof', { label: 'AM' }),
    change('no label', { label: '' }),
    change('group', { group: flip(group.group, 7) }),
    change('short group', { group: group.group.slice(1) }),
    change('epoch', { epoch: group.epoch + 1 }),
    change('negative epoch', { epoch: -1 }),
    change('lifetime', { lifetime: group.lifetime === 'static' ? 'carried' : 'static' }),
    change('lifetime of a proof', { lifetime: 'proof' }),
    change('a column more', { columns: group.columns + 1 }),
    change('no columns', { columns: 0 }),
    change('2^24 + 1 columns', { columns: 2 ** 24 + 1 }),
    change('half a column', { columns: group.columns + 0.5 }),
    change('no uses', { uses: 0 }),
    change('a lifetime that is none', { lifetime: 'eternal' as 'static' }),
    change('uses', { uses: 2 }),
    change('many uses', { uses: 1000 }),
    change('cap', { cap: flip(group.cap) }),
    change('cap twice', { cap: Uint8Array.from([...group.cap, ...group.cap]) }),
    change('cap of three', { cap: new Uint8Array(96) }),
    change('no cap', { cap: new Uint8Array(0) }),
  ];
}

function bump(field: ExtensionField, x: Ext): Ext {
  return field.add(x, field.one);
}

/** Of the first factor of a term. */
function factorChanges(field: ExtensionField, { column, coefficient, factors }: Term): Change<Term>[] {
  const [first, ...rest] = factors;
  const term = (name: string, factor: Factor): Change<Term> => ({
    name,
    statement: { column, coefficient, factors: [factor, ...rest] },
  });
  switch (first?.kind) {
    case 'eq':
      return [
        term('point', { kind: 'eq', point: replace(first.point, 0, bump(field, first.point[0]!)) }),
        term('short point', { kind: 'eq', point: first.point.slice(1) }),
        term('not canonical', {
          kind: 'eq',
          point: replace(
            first.point,
            0,
            field.zero.map(() => field.base.modulus as Fe),
          ),
        }),
      ];
    case 'fixed':
      return [
        term('index', { ...first, index: first.index - 1 }),
        term('index too large', { ...first, index: 2 ** first.bits }),
      ];
    case 'dense':
      return [
        term('values', { kind: 'dense', values: replace(first.values, 1, bump(field, first.values[1]!)) }),
        term('odd values', { kind: 'dense', values: first.values.slice(1) }),
      ];
    case 'sparse':
      return [
        term('entries', { ...first, entries: first.entries.slice(1) }),
        term('entries not ascending', { ...first, entries: [...first.entries].reverse() }),
      ];
    default:
      return [];
  }
}

export function linearChanges(field: ExtensionField, statement: LinearStatement): Change<LinearStatement>[] {
  const { claims, groups, parameters, ownColumns = 0 } = statement;
  const change = (name: string, by: Partial<LinearStatement>): Change<LinearStatement> => ({
    name,
    statement: { ...statement, ...by },
  });
  const m = parameters.code.logData;
  /** Two factors without entries, `bits` and the rest of m. */
  const bitsOf = (all: number, bits: number): Factor[] => [
    { kind: 'sparse', bits, entries: [] },
    { kind: 'sparse', bits: all - bits, entries: [] },
  ];
  const termChanges = (j: number, i: number): Change<LinearStatement>[] => {
    const { weight, value } = claims[j]!;
    const term = weight[i]!;
    const changed: Change<Term>[] = [
      { name: 'coefficient', statement: { ...term, coefficient: bump(field, term.coefficient) } },
      { name: 'column', statement: { ...term, column: term.column + 1 } },
      { name: 'no column', statement: { ...term, column: -1 } },
      { name: 'factor doubled', statement: { ...term, factors: [...term.factors, ...term.factors] } },
      { name: 'factors reversed', statement: { ...term, factors: [...term.factors].reverse() } },
      { name: 'bits of -1', statement: { ...term, factors: bitsOf(m, -1) } },
      { name: 'half bits', statement: { ...term, factors: bitsOf(m, 0.5) } },
      ...factorChanges(field, term),
    ];
    return changed.map(({ name, statement: by }) =>
      change(`claim ${j}, term ${i}: ${name}`, {
        claims: replace(claims, j, { value, weight: replace(weight, i, by) }),
      }),
    );
  };
  return [
    change('nothing', {}),
    change('context', { context: Uint8Array.of(1, 2, 4) }),
    change('longer context', { context: Uint8Array.of(1, 2, 3, 0) }),
    change('no context', { context: new Uint8Array(0) }),
    ...[1, -1].map((by) => change(`own columns ${by}`, { ownColumns: ownColumns + by })),
    change('own columns beyond a tree', { ownColumns: 2 ** 24 }),
    change('half a column', { ownColumns: ownColumns + 0.5 }),
    change('no claims', { claims: [] }),
    change('a claim less', { claims: claims.slice(1) }),
    change('claims in another order', { claims: [...claims].reverse() }),
    change('a claim twice', { claims: [...claims, claims[0]!] }),
    ...claims.flatMap((claim, j) => [
      change(`value ${j}`, { claims: replace(claims, j, { ...claim, value: bump(field, claim.value) }) }),
      change(`no weight ${j}`, { claims: replace(claims, j, { ...claim, weight: [] }) }),
      ...claim.weight.flatMap((_, i) => termChanges(j, i)),
    ]),
    change('groups in another order', { groups: [...groups].reverse() }),
    change('no groups', { groups: [] }),
    ...groups.flatMap((group, i) =>
      groupChanges(group).map(({ name, statement: by }) => change(name, { groups: replace(groups, i, by) })),
    ),
    ...parameterChanges(parameters).map(({ name, statement: by }) => change(name, { parameters: by })),
  ];
}

export function linkChanges(statement: LinkStatement): Change<LinkStatement>[] {
  const { older, newer, parameters } = statement;
  const change = (name: string, by: Partial<LinkStatement>): Change<LinkStatement> => ({
    name,
    statement: { ...statement, ...by },
  });
  return [
    change('nothing', {}),
    change('context', { context: new Uint8Array(0) }),
    change('epochs exchanged', { older: newer, newer: older }),
    change('caps exchanged', {
      older: { ...older, cap: newer.cap },
      newer: { ...newer, cap: older.cap },
    }),
    change('both one epoch later', {
      older: { ...older, epoch: older.epoch + 1 },
      newer: { ...newer, epoch: newer.epoch + 1 },
    }),
    change('both of another label', { older: { ...older, label: 'V' }, newer: { ...newer, label: 'V' } }),
    change('both with a column less', {
      older: { ...older, columns: older.columns - 1 },
      newer: { ...newer, columns: newer.columns - 1 },
    }),
    ...groupChanges(older).map(({ name, statement: by }) => change(`older ${name}`, { older: by })),
    ...groupChanges(newer).map(({ name, statement: by }) => change(`newer ${name}`, { newer: by })),
    ...parameterChanges(parameters).map(({ name, statement: by }) => change(name, { parameters: by })),
  ];
}

export function lookupChanges(statement: LookupStatement): Change<LookupStatement>[] {
  const { program, parameters } = statement;
  const { tables, balances } = program;
  const change = (name: string, by: Partial<LookupProgram>): Change<LookupStatement> => ({
    name,
    statement: { ...statement, program: { ...program, ...by } },
  });
  const [table, balance] = [tables[0]!, balances[0]!];
  const dense = tables.findIndex(({ columns }) => columns[0]?.kind === 'dense');
  const columns = tables[dense]!.columns.map((column) =>
    column.kind === 'dense'
      ? { ...column, values: column.values.map((x, i) => (i === 0 ? x + 1 : x)) }
      : column,
  );
  return [
    change('nothing', {}),
    change('tag', { tables: replace(tables, 0, { ...table, tag: table.tag + 7 }) }),
    change('tags equal', { tables: replace(tables, 0, { ...table, tag: tables[1]!.tag }) }),
    change('a row more', { tables: replace(tables, 0, { ...table, rows: table.rows + 1 }) }),
    change('no rows', { tables: replace(tables, 0, { ...table, rows: 0 }) }),
    change('no columns', { tables: replace(tables, 0, { ...table, columns: [] }) }),
    change('an entry', { tables: replace(tables, dense, { ...tables[dense]!, columns }) }),
    change('first', { tables: replace(tables, 0, { ...table, columns: [{ kind: 'range', first: 4 }] }) }),
    change('first out of range', {
      tables: replace(tables, 0, { ...table, columns: [{ kind: 'range', first: 2 ** 31 }] }),
    }),
    change('a lookup more', {
      balances: replace(balances, 0, {
        ...balance,
        sources: replace(balance.sources, 0, {
          ...balance.sources[0]!,
          count: balance.sources[0]!.count + 1,
        }),
      }),
    }),
    change('2^40 lookups', {
      balances: replace(balances, 0, {
        ...balance,
        sources: replace(balance.sources, 0, { ...balance.sources[0]!, count: 2 ** 40 }),
      }),
    }),
    change('2^26 lookups', {
      balances: replace(balances, 0, {
        ...balance,
        sources: replace(balance.sources, 0, { ...balance.sources[0]!, count: 2 ** 26 }),
      }),
    }),
    change('no sources', { balances: replace(balances, 0, { ...balance, sources: [] }) }),
    change('a table twice', { balances: replace(balances, 0, { ...balance, tables: [0, 0, 1] }) }),
    change('sources exchanged', {
      balances: replace(balances, 0, { ...balance, sources: [...balance.sources].reverse() }),
    }),
    change('tables exchanged', {
      balances: replace(balances, 0, { ...balance, tables: [...balance.tables].reverse() }),
    }),
    change('no balances', { balances: [] }),
    change('balances exchanged', { balances: [...balances].reverse() }),
    ...parameterChanges(parameters).map(({ name, statement: by }) => ({
      name,
      statement: { ...statement, parameters: by },
    })),
  ];
}
