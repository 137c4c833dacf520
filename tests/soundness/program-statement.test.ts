/**
 * STM-1, STM-2, STM-4 and TRS-3 to TRS-6 for programs: what a proof is a proof of, and what each challenge depends on. The order is that of
 * section 5 of spec/program-proofs.md.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import { encodeParameters } from '../../src/params/encoding.ts';
import { verdictOf, type Verdict } from '../../src/pcs/linear-verify.ts';
import { proveProgram } from '../../src/relation/prove.ts';
import type { Program } from '../../src/relation/program.ts';
import { verifyProgram, verifyProgramBody } from '../../src/relation/verify.ts';
import { verifyProgramClaim, type ProgramClaim } from '../../src/relation/verify-program.ts';
import type { CommittedGroup } from '../../src/pcs/opening.ts';
import { programDomain, type ProgramStatement } from '../../src/relation/statement.ts';
import { domainDigest, type Domain } from '../../src/transcript/statement.ts';
import type { TranscriptEvent } from '../../src/transcript/transcript.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';
import { toys } from '../support/fields.ts';
import { lookupOf, rangeTable, read, times } from '../support/example-programs.ts';
import { codeOf, testSource } from '../support/linear.ts';
import { programFixture } from '../support/programs.ts';
import { S128 } from '../../src/params/profile.ts';
import { corpus } from '../support/soundness/corpus.ts';
import { replay, segmentsOf } from '../support/soundness/layout.ts';
import { groupChanges, parameterChanges } from '../support/soundness/leaves.ts';
import { caseOf, programSettings } from '../support/soundness/program-fixtures.ts';
import {
  domainOfProgram,
  programLog,
  statementOf,
  verifyClaim,
  type StoredProgram,
} from '../support/soundness/program-statements.ts';
import { codeOfVerdict, verifyStatement } from '../support/soundness/statements.ts';
import { hex } from '../support/transcript.ts';
import { valueMutants } from '../support/value-mutants.ts';

const kernels = await wasmKernels({ threads: 1 });
afterAll(() => kernels.close());
const { programs, fixtures } = await corpus();
const REFUSED = ['WEAK_PARAMS', 'MERKLE_ROOT', 'NON_CANONICAL', 'TRUNCATED', 'STATEMENT'];
const code = (statement: StoredProgram, proof: Uint8Array): string =>
  codeOfVerdict(verifyClaim(statement, proof));

/** Statements that differ in one leaf outside the program. */
function leavesOf(statement: StoredProgram): [name: string, changed: StoredProgram][] {
  const { parameters, groups, context } = statement;
  return [
    ...parameterChanges(parameters).map(([name, changed]): [string, StoredProgram] => [`parameters: ${name}`, { ...statement, parameters: changed }]), // prettier-ignore
    ...groups.flatMap((group, g) => {
      const { alone, shared } = groupChanges(group);
      return [...alone, ...shared].map(([name, change]): [string, StoredProgram] => [
        `group ${g}: ${name}`,
        { ...statement, groups: groups.map((one, i) => (i === g ? { ...one, ...change } : one)) },
      ]);
    }),
    ...(groups.length > 1 ? [['groups exchanged', { ...statement, groups: [...groups].reverse() }] as [string, StoredProgram]] : []), // prettier-ignore
    ['groups: one more', { ...statement, groups: [...groups, ...programs[0]!.statement.groups.slice(0, 1)] }],
    ['groups: one less', { ...statement, groups: groups.slice(0, -1) }],
    ['context: a bit', { ...statement, context: context.map((byte) => byte ^ 1) }],
    ['context: longer', { ...statement, context: Uint8Array.of(...context, 0) }],
    ['context: empty', { ...statement, context: new Uint8Array(0) }],
  ];
}

describe.each(programs)('STM-1: $name', ({ statement, proofs }) => {
  const leaves = leavesOf(statement).filter(
    ([name, { groups }]) => name !== 'groups: one less' || groups.length < statement.groups.length,
  );
  test.each(leaves)('%s', (_, other) => expect(REFUSED).toContain(code(other, proofs[0])));

  test('protocol, kind, version, field', () => {
    const domain = domainOfProgram(statement);
    const verdict = (change: Partial<Domain>): string =>
      codeOfVerdict(
        verdictOf(() => {
          const ch = verifierChannel({ ...domain, ...change }, proofs[0]);
          verifyProgramBody(ch, statementOf(statement));
          ch.finish();
        }),
      );
    expect(verdict({})).toBe('accepted');
    for (const change of [
      { protocol: 'zkdm' },
      { kind: 'linear-opening' },
      { kind: 'programs' },
      { formatVersion: domain.formatVersion + 1 },
    ]) {
      // prettier-ignore
      expect(['MERKLE_ROOT', 'NON_CANONICAL']).toContain(verdict(change));
    }
  });
});

test('STM-1: every value of a program', () => {
  const { statement, proofs } = programs[0]!;
  const codes = new Map<string, number>();
  let wellFormed = 0;
  const digests = new Set([hex(domainDigest(domainOfProgram(statement)))]);
  for (const [path, changed] of valueMutants(statement.program, 'program')) {
    const other = { ...statement, program: changed as Program };
    // Those that are no programs are refused for that; of the others the digest, and the verdict of some.
    const early = code(other, new Uint8Array(0));
    codes.set(early, (codes.get(early) ?? 0) + 1);
    expect([path, early === 'INTERNAL' || early === 'accepted']).toEqual([path, false]);
    if (early !== 'TRUNCATED') continue;
    const digest = hex(domainDigest(domainOfProgram(other)));
    expect([path, digests.has(digest)]).toEqual([path, false]);
    digests.add(digest);
    if (wellFormed++ % 12 > 0) continue;
    expect([path, REFUSED.includes(code(other, proofs[0]))]).toEqual([path, true]);
  }
  expect(wellFormed).toBeGreaterThan(100);
  expect([...codes.keys()].filter((one) => one.startsWith('PROGRAM_')).length).toBeGreaterThan(4);
});

test('STM-2: every stored proof against every other statement, of programs and of openings', () => {
  for (const a of programs) {
    for (const b of [...programs, ...fixtures]) {
      if (a.name === b.name) continue;
      expect([a.name, b.name, REFUSED.includes(code(a.statement, b.proofs[0]))]).toEqual([
        a.name,
        b.name,
        true,
      ]);
    }
  }
  for (const { name, statement } of fixtures) {
    for (const { proofs } of programs) {
      const got = codeOfVerdict(verifyStatement(quintic, statement, proofs[0]));
      expect([name, REFUSED.includes(got)]).toEqual([name, true]);
    }
  }
});

describe('a claim as it arrives', () => {
  const { statement, proofs } = programs[0]!;
  const claim: ProgramClaim = {
    ...statement,
    field: quintic,
    parameters: encodeParameters(statement.parameters),
  };
  const { program } = statement;
  const NOTHING = undefined as never;
  test.each<[string, unknown, Partial<ProgramClaim>, string]>([
    ['no bytes at all', undefined, {}, 'STATEMENT'],
    ['text', 'proof', {}, 'STATEMENT'],
    ['an array', [1, 2], {}, 'STATEMENT'],
    ['parameters cut', proofs[0], { parameters: claim.parameters.slice(1) }, 'NON_CANONICAL|TRUNCATED|PARAMETERS|WEAK_PARAMS|VERSION'], // prettier-ignore
    ['no relations', proofs[0], { program: { ...program, relations: [] } }, 'PROGRAM_SHAPE'],
    ['no program', proofs[0], { program: NOTHING }, 'INTERNAL'],
    ['no group', proofs[0], { groups: [] }, 'STATEMENT'],
    ['groups that are nothing', proofs[0], { groups: claim.groups.map(() => NOTHING) }, 'INTERNAL'],
  ])('%s', (_, proof, change, expected) => {
    const verdict: Verdict = verifyProgramClaim(proof as Uint8Array, { ...claim, ...change });
    expect(verdict.ok).toBe(false);
    expect(expected.split('|')).toContain(codeOfVerdict(verdict));
  });
});

describe("malformed statements are the caller's mistake", () => {
  const { statement: stored, proofs } = programs[0]!;
  const statement = statementOf(stored);
  const group = (change: Partial<CommittedGroup>): Partial<ProgramStatement> => ({
    groups: statement.groups.map((one, i) => (i === 1 ? { ...one, ...change } : one)),
  });
  const other = toys[0]!.field;
  test.each<[string, Partial<ProgramStatement>, string]>([
    ['another field', { compiled: { ...statement.compiled, field: other } }, 'field'],
    ['one group', { groups: statement.groups.slice(1) }, 'groups: expected 2, got 1'],
    ['three groups', { groups: [...statement.groups, statement.groups[0]!] }, 'groups: expected 2, got 3'],
    ['a group that is called AM', group({ label: 'AM' }), 'label'],
    ['columns of another program', group({ columns: 2 }), 'groups[1]: columns: expected 1'],
    ['no columns', group({ columns: 0 }), 'columns'],
    ['a cap of more digests than leaves', group({ cap: new Uint8Array(32 * 2 ** 13) }), 'cap'],
    ['no cap', group({ cap: new Uint8Array(0) }), 'cap'],
  ])('%s', (_, change, message) => {
    const run = (): Verdict => verifyProgram({ ...statement, ...change }, proofs[0]);
    expect(run).toThrow(RangeError);
    expect(run).toThrow(message);
  });
  test('a proof that is no bytes', () => {
    for (const proof of [undefined, 'proof', [1, 2], new Uint16Array(4)]) {
      expect(() => verifyProgram(statement, proof as unknown as Uint8Array)).toThrow(TypeError);
    }
  });
  test('and are a refusal to who trusts nobody', () => {
    expect(code({ ...stored, ...(group({ label: 'AM' }) as Partial<StoredProgram>) }, proofs[0])).toBe(
      'STATEMENT',
    );
  });
});

describe('claims about integers that relations do not back', () => {
  const i = { name: 'i', size: 1 };
  const cell = (c: number, name: string) => times(c, [read(name, 'i')]);
  /** x and its half y, rounded down: the remainder is looked up, the range of y is not. */
  const halved = (range?: { min: number; max: number }): Program => ({
    tensors: [
      { kind: 'witness', name: 'x', shape: [1], range: { min: 0, max: 7 } },
      { kind: 'witness', name: 'y', shape: [1], ...(range && { range }) },
    ],
    tables: [rangeTable('bit', 2), rangeTable('byte', 8)],
    virtuals: [{ name: 'v', indices: [i], range: 'residue', terms: [cell(1, 'x')] }],
    relations: [
      lookupOf('x', [i], 'byte', [cell(1, 'x')]),
      lookupOf('half', [i], 'bit', [cell(1, 'v'), cell(-2, 'y')]),
    ],
  });
  const half = (5 + quintic.base.modulus) / 2; // half of 5 modulo p, remainder 0
  test.each<[string, Program, number, string]>([
    ['a quotient without a range', halved(), 2, 'PROGRAM_RANGE'],
    ['the other quotient of 5', halved(), half, 'PROGRAM_RANGE'],
    ['a range that is claimed and not proven', halved({ min: 0, max: 3 }), half, 'PROGRAM_RANGE'],
  ])('%s: relations hold modulo p, and the claim is refused', (_, program, y, expected) => {
    const of = caseOf(program, new Map([['x', [5]], ['y', [y]]])); // prettier-ignore
    const fixture = programFixture(kernels, S128, codeOf(S128, 10, 2 ** 10), of);
    const proof = proveProgram(kernels, fixture.statement, [], testSource(quintic, 3), fixture.witness);
    expect(verifyProgram(fixture.statement, proof)).toEqual({ ok: true });
    const { parameters, groups, context } = fixture.statement;
    expect(code({ parameters, groups, context, program }, proof)).toBe(expected);
  });
});

/** Challenge, and what must stand above it, and what must not. Every challenge of a program is in one of these lists. */
const ORDER: readonly (readonly [challenge: string, after: RegExp, before: RegExp])[] = [
  ['lookup/alpha', /^root\//, /^(lookup\/(roots|round|nodes)|product|merge)/],
  ['lookup/beta', /^root\//, /^(lookup\/(roots|round|nodes)|product|merge)/],
  ['lookup/start', /^(root\/|lookup\/roots)/, /^(lookup\/(round|nodes)|product|merge)/],
  ['zero/point', /^(root\/|lookup\/)/, /^(product|merge)/],
  ['zero/batch', /^(root\/|lookup\/|zero\/point)/, /^(product|merge)/],
  ['merge/b', /^(root\/|lookup\/|zero\/|product\/)/, /^(merge\/round|open\/)/],
  [
    'open/rho',
    /^(root\/|lookup\/|zero\/|product\/|merge\/|open\/y)/,
    /^(open\/a|open\/inner-root|whir\/|pads\/)/,
  ],
];
/** Drawn once for every message in front of them. */
const PAIRED: readonly (readonly [message: string, challenge: string])[] = [
  ['lookup/round', 'lookup/r'],
  ['lookup/nodes', 'lookup/tau'],
  ['product/round', 'product/r'],
  ['merge/round', 'merge/r'],
  ['whir/round', 'whir/gamma'],
];
/** Of the opening and the pad proof: their order is tested where they are. */
const OPENING = /^(open\/(positions|eta)|whir\/(positions|eta)|pads\/(gamma|chi|delta|positions))$/;

describe.each(programs)('challenges: $name', ({ name, statement, proofs }) => {
  const proof = proofs[0];
  const log = programLog(statement, proof);
  const all = (label: string): number[] => log.flatMap((event, i) => (event.label === label ? [i] : []));
  const like = (label: RegExp): number[] => log.flatMap((event, i) => (label.test(event.label) ? [i] : []));

  test('TRS-3, TRS-4: prover and verifier log the same events, which hold every byte', () => {
    const setting = programSettings(kernels).find((one) => one.name === name)!;
    const written: TranscriptEvent[] = [];
    const own = proveProgram(kernels, setting.statement, setting.groups, testSource(quintic, 3), setting.witness, { observer: (event) => written.push(event) }); // prettier-ignore
    const read: TranscriptEvent[] = [];
    expect(verifyProgram(setting.statement, own, (event) => read.push(event))).toEqual({ ok: true });
    expect(read).toEqual(written);
    expect(segmentsOf(read).at(-1)?.end).toBe(own.length);
  });

  test('STM-1: a domain that the prover is given is bound as it is, and accepted under its own statement alone', () => {
    const setting = programSettings(kernels).find((one) => one.name === name)!;
    const other = { ...setting.statement, context: Uint8Array.of(...setting.statement.context, 1) };
    const prove = (domain: Domain) => proveProgram(kernels, setting.statement, setting.groups, testSource(quintic, 3), setting.witness, { domain }); // prettier-ignore
    expect(verifyProgram(setting.statement, prove(programDomain(setting.statement)))).toEqual({ ok: true });
    const proof = prove(programDomain(other));
    expect(verifyProgram(setting.statement, proof)).toMatchObject({ ok: false });
    expect(verifyProgram(other, proof)).toEqual({ ok: true });
  });

  test('TRS-5: every challenge is in a list', () => {
    const known = [...ORDER.map(([label]) => label), ...PAIRED.map(([, label]) => label), 'lookup/lambda'];
    const drawn = log.filter(({ kind }) => kind === 'challenge').map(({ label }) => label);
    expect(drawn.filter((label) => !known.includes(label) && !OPENING.test(label))).toEqual([]);
  });

  test.each(ORDER.filter(([label]) => all(label).length > 0))('STM-4: %s', (challenge, after, before) => {
    const [at, ...more] = all(challenge) as [number, ...number[]];
    expect(more).toEqual([]);
    for (const i of like(after)) expect([log[i]!.label, i < at || log[i]!.label === challenge]).toEqual([log[i]!.label, true]); // prettier-ignore
    for (const i of like(before)) expect([log[i]!.label, i > at]).toEqual([log[i]!.label, true]);
    expect(like(after).length).toBeGreaterThan(1);
  });

  test('STM-4: both roots are the first that is sent, and no root but of the opening follows', () => {
    const messages = log.filter(({ kind }) => kind === 'message').map(({ label }) => label);
    expect(messages.slice(0, 2)).toEqual(['root/AM', 'root/PAD']);
    expect(log.slice(0, 2).every(({ kind }) => kind === 'message')).toBe(true);
    expect(
      messages.slice(2).filter((label) => /root/.test(label) && !/^(open|whir|lookup)\//.test(label)),
    ).toEqual([]);
  });

  test('rounds: each challenge directly behind its message; lambda behind what it joins', () => {
    for (const [message, challenge] of PAIRED) expect(all(challenge)).toEqual(all(message).map((i) => i + 1));
    const joins = [...all('lookup/start'), ...all('lookup/tau').slice(0, -1)];
    expect(all('lookup/lambda')).toEqual(joins.map((i) => i + 1));
  });

  test('TRS-6: one bit of each message changes all later challenges and no earlier one', () => {
    const domain = domainOfProgram(statement);
    const honest = replay(quintic, statement, log, proof, domain);
    expect(honest.states).toEqual(log.map(({ state }) => Buffer.from(state).toString('hex')));
    const challenges = log.flatMap(({ kind }, i) => (kind === 'challenge' ? [i] : []));
    let at = 0;
    let looked = 0;
    log.forEach((event, i) => {
      const [start, end] = [at, at + event.bytes];
      if (event.kind !== 'message' && event.kind !== 'opening') return;
      at = end;
      // Of the opening's own messages some.
      if (event.bytes === 0 || (!/^(root|lookup|product)\//.test(event.label) && i % 6 > 0)) return;
      if (/^lookup\/round/.test(event.label) && i % 3 > 0) return;
      const flipped = proof.slice();
      const word = end - start >= 8 ? start + 4 : start;
      flipped[word]! ^= 1;
      const { states } = replay(quintic, statement, log, flipped, domain);
      const changed = challenges.map((c) => states[c] !== honest.states[c]);
      expect([event.label, changed]).toEqual([event.label, challenges.map((c) => event.kind === 'message' && c > i)]); // prettier-ignore
      looked++;
    });
    expect(looked).toBeGreaterThan(8);
  });
});
