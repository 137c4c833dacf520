/**
 * Lookups whose columns and multiplicities are a proof's own committed columns: the two leaf equations go into the opening as
 * claims with hidden values. Both verifiers, and one prover. What a program of relations will do, with nothing beside it.
 */
import type { Element } from '../../reference/field.ts';
import { openChannel, finish, readDigest } from '../../reference/channel.ts';
import { checkProgram, lookupProgramDigest as digestOf } from '../../reference/lookup-program.ts';
import * as twinLookups from '../../reference/lookups.ts';
import * as twinOpening from '../../reference/opening.ts';
import * as twinPadProof from '../../reference/pad-proof.ts';
import { openBook, type Form } from '../../reference/pads.ts';
import { verdictOf as twinVerdictOf } from '../../reference/refusal.ts';
import { domain } from '../../reference/statement.ts';
import type { Ext, ExtensionField } from '../../src/field/field.ts';
import { blake3 } from '../../src/hash/blake3.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { affineAlgebra, type Affine } from '../../src/pads/affine.ts';
import { createPadLedger } from '../../src/pads/ledger.ts';
import { createProverPads } from '../../src/pads/pads-prove.ts';
import { createPadPlanner, type PadPlan } from '../../src/pads/plan.ts';
import { commitPads, provePads } from '../../src/pads/proof-prove.ts';
import { verifyPadProof } from '../../src/pads/proof-verify.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { encodeParameters } from '../../src/params/encoding.ts';
import type { Instance } from '../../src/params/instance.ts';
import type { CodeParameters, Parameters } from '../../src/params/parameters.ts';
import type { Profile } from '../../src/params/profile.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { proveOpening } from '../../src/pcs/open-prove.ts';
import { verifyOpening } from '../../src/pcs/open-verify.ts';
import { planOpening, type Claim } from '../../src/pcs/opening.ts';
import { commitOwn } from '../../src/pcs/own-prove.ts';
import { writeRoot } from '../../src/pcs/whir/prove.ts';
import { lookupProgramDigest } from '../../src/tlookup/digest.ts';
import type { BalanceWitness } from '../../src/tlookup/leaves-prove.ts';
import { lookupInstance, planLookups } from '../../src/tlookup/plan.ts';
import { proveLookups } from '../../src/tlookup/prove.ts';
import { loadLookups, type LookupProgram } from '../../src/tlookup/shape.ts';
import { verifyLookups } from '../../src/tlookup/verify.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { statementDigest, type Domain } from '../../src/transcript/statement.ts';
import type { Observer } from '../../src/transcript/transcript.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';
import { testSource } from './linear.ts';
import { checkAny, twinField, twinGate, twinProgram, wordOf } from './twin.ts';

const KIND = 'test-lookups';

export interface LookupStatement {
  readonly parameters: Parameters;
  readonly program: LookupProgram;
}

/** Column numbers: of every balance its sources, column by column, then its multiplicities. */
function columnNumbers({ tables, balances }: LookupProgram): {
  readonly of: (balance: number, index: number, column: number) => number;
  readonly multiplicitiesOf: (balance: number, index: number) => number;
  readonly columns: number;
} {
  const numbers = new Map<string, number>();
  balances.forEach(({ sources, tables: own }, b) => {
    sources.forEach(({ table }, s) =>
      tables[table]!.columns.forEach((_, c) => numbers.set(`${b} ${s} ${c}`, numbers.size)),
    );
    own.forEach((_, t) => numbers.set(`${b} m ${t}`, numbers.size));
  });
  return {
    of: (b, s, c) => numbers.get(`${b} ${s} ${c}`)!,
    multiplicitiesOf: (b, t) => numbers.get(`${b} m ${t}`)!,
    columns: numbers.size,
  };
}

/** An equation in elements E with a value of type V: of src/ or of the twin. */
interface Equation<E, V> {
  readonly value: V;
  readonly parts: readonly {
    readonly balance: number;
    readonly index: number;
    readonly column: number;
    readonly first: number;
    readonly point: readonly E[];
    readonly coefficient: E;
  }[];
}

type FactorOf<E> =
  | { readonly kind: 'eq'; readonly point: readonly E[] }
  | { readonly kind: 'fixed'; readonly bits: number; readonly index: number };

/** The claim of an equation: every part is eq at a point on the low bits, one index on those above. */
function claimsOf<E, V>(
  { of, multiplicitiesOf }: ReturnType<typeof columnNumbers>,
  m: number,
  equations: { readonly columns: Equation<E, V>; readonly multiplicities: Equation<E, V> },
) {
  type Part = Equation<E, V>['parts'][number];
  const claim = ({ parts, value }: Equation<E, V>, columnOf: (part: Part) => number) => ({
    value,
    weight: parts.map((part) => {
      const bits = part.point.length;
      const factors: FactorOf<E>[] = [
        { kind: 'eq', point: part.point },
        { kind: 'fixed', bits: m - bits, index: part.first / 2 ** bits },
      ];
      return { column: columnOf(part), coefficient: part.coefficient, factors };
    }),
  });
  return [
    claim(equations.columns, (part) => of(part.balance, part.index, part.column)),
    claim(equations.multiplicities, (part) => multiplicitiesOf(part.balance, part.index)),
  ];
}

function instanceOf(field: ExtensionField, program: LookupProgram): Instance {
  const own = lookupInstance(loadLookups(field.base, program));
  const { columns } = columnNumbers(program);
  return {
    ...own,
    kind: 'program',
    groups: [{ name: 'AM', lifetime: 'proof', columns, uses: 1 }],
    claims: 2,
    constraints: own.constraints + 2,
  };
}

export function lookupParameters(
  field: ExtensionField,
  profile: Profile,
  code: CodeParameters,
  program: LookupProgram,
): Parameters {
  const draft = completeInstance(instanceOf(field, program), code, profile);
  if (draft === undefined) throw new Error('no parameters');
  return draft.parameters;
}

function planOf(field: ExtensionField, { parameters, program }: LookupStatement): PadPlan {
  const planner = createPadPlanner();
  planLookups(planner, loadLookups(field.base, program));
  planOpening(planner, parameters, columnNumbers(program).columns);
  return planner.plan();
}

function domainOf(field: ExtensionField, { parameters, program }: LookupStatement): Domain {
  const digest = lookupProgramDigest(loadLookups(field.base, program));
  return {
    protocol: 'zkdl',
    kind: KIND,
    formatVersion: 1,
    field,
    parametersDigest: blake3(encodeParameters(parameters)),
    statementDigest: statementDigest([{ label: 'program', type: 'digest', value: digest }]),
  };
}

/** @param witnesses honest, or of a liar: nothing is checked here */
export function proveLookupOpening(
  kernels: Kernels,
  statement: LookupStatement,
  witnesses: readonly BalanceWitness[],
  seed: number,
): Uint8Array {
  const { parameters, program } = statement;
  const { ext: field } = kernels;
  const lookups = loadLookups(field.base, program);
  const numbers = columnNumbers(program);
  const m = parameters.code.logData;
  const cells = new Uint32Array(numbers.columns * 2 ** m);
  witnesses.forEach(({ sources, multiplicities }, b) => {
    sources.forEach((columns, s) =>
      columns.forEach((column, c) => cells.set(column, numbers.of(b, s, c) * 2 ** m)),
    );
    multiplicities.forEach((counts, t) => cells.set(counts, numbers.multiplicitiesOf(b, t) * 2 ** m));
  });
  const ch = proverChannel(domainOf(field, statement));
  const source = testSource(field, seed);
  kernels.memory.scope(() => {
    const pads = createProverPads(source, planOf(field, statement));
    const own = commitOwn(kernels, source, parameters, numbers.columns, cells);
    const committedPads = commitPads(kernels, source, parameters.pads, pads);
    writeRoot(ch, 'root/AM', own.rows);
    writeRoot(ch, 'root/PAD', committedPads.rows);
    const left = proveLookups(kernels, pads, ch, lookups, witnesses);
    const claims: Claim[] = claimsOf<Ext, Affine>(numbers, m, left);
    proveOpening(kernels, ch, pads, { parameters, groups: [], own }, claims);
    provePads(kernels, ch, committedPads, pads.ledger.finish(), false);
  });
  return ch.finish();
}

export function lookupOpeningWord(
  field: ExtensionField,
  statement: LookupStatement,
  proof: Uint8Array,
  observer?: Observer,
): string {
  const { parameters, program } = statement;
  return wordOf(() =>
    verdictOf(() => {
      const lookups = loadLookups(field.base, program);
      checkAny(parameters, instanceOf(field, program));
      const numbers = columnNumbers(program);
      const ch = verifierChannel(domainOf(field, statement), proof, observer);
      const ledger = createPadLedger(affineAlgebra(field), planOf(field, statement));
      const ownRoot = ch.readDigest('root/AM');
      const padRoot = ch.readDigest('root/PAD');
      const left = verifyLookups(ledger, ch, lookups);
      const claims: Claim[] = claimsOf<Ext, Affine>(numbers, parameters.code.logData, left);
      verifyOpening(ch, ledger, { parameters, groups: [], ownColumns: numbers.columns, ownRoot }, claims);
      verifyPadProof(ch, parameters.pads, padRoot, ledger.finish());
      ch.finish();
    }),
  );
}

/** The same with the twin's parts, from its own layout, its own count of pads and its own digests. */
export function twinLookupOpeningWord(
  field: ExtensionField,
  { parameters, program }: LookupStatement,
  proof: Uint8Array,
): string {
  const K = twinField(field);
  const twin = twinProgram(program);
  return wordOf(() =>
    twinVerdictOf(() => {
      checkProgram(K.p, twin);
      const numbers = columnNumbers(program);
      const demand = twinLookups.lookupDemand(twin);
      twinGate(parameters, {
        ...demand,
        kind: 'program',
        groups: [{ lifetime: 'proof', columns: numbers.columns, uses: 1 }],
        claims: 2,
        constraints: demand.constraints + 2,
      });
      const ch = openChannel(K, domain(K, KIND, parameters, [['program', 'digest', digestOf(twin)]]), proof);
      const book = openBook(K);
      const ownRoot = readDigest(ch, 'root/AM');
      const padRoot = readDigest(ch, 'root/PAD');
      const left = twinLookups.verifyLookups(ch, book, twin);
      const claims = claimsOf<Element, Form>(numbers, parameters.code.logData, left);
      const trees = { parameters, groups: [], ownColumns: numbers.columns, ownRoot };
      twinOpening.verifyOpening(ch, book, trees, claims);
      twinPadProof.verifyPadProof(ch, book, parameters.pads, padRoot);
      finish(ch);
    }),
  );
}
