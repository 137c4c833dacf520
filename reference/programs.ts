/**
 * Proofs of programs, kind `program`: spec/program-proofs.md sections 4 and 5. The program itself is one that spec/programs.md
 * does not refuse.
 */
import { eqTable, type Algebra } from './algebra.ts';
import { challenge, challenges, finish, openChannel, readDigest, type Channel } from './channel.ts';
import { columnWeight, multiplicityClaim, publicPart } from './column-weights.ts';
import { compile, type Compiled } from './compiled.ts';
import type { Element } from './field.ts';
import { liveProducts, lookupClaims, pointBits, zeroClaims } from './form-claims.ts';
import {
  expand,
  lineUpSegments,
  sideAt,
  type Expansion,
  type FormClaim,
  type Functional,
} from './functionals.ts';
import { checkParameters, type Demand } from './gate.ts';
import { columnsOf } from './layout.ts';
import type { Gate } from './linear.ts';
import { at, logCeil } from './lists.ts';
import { checkProgram as checkLookups } from './lookup-program.ts';
import { lookupDemand, verifyLookups, type LookupEquations } from './lookups.ts';
import { verifyOpening, type Claim } from './opening.ts';
import { verifyPadProof } from './pad-proof.ts';
import { constant, difference, multiply, mustVanish, openBook, receive, valueOf, type Book, type Form, type Hidden } from './pads.ts'; // prettier-ignore
import type { ParameterSet } from './parameter-set.ts';
import { programDigest, type Program, type Tensor } from './program.ts';
import { verdictOf, wellFormed, type Verdict } from './refusal.ts';
import { checkGroups, domain, groupDigest, type CommittedGroup } from './statement.ts';
import { maskedSumcheck } from './sumcheck.ts';
import type { Domain } from './transcript.ts';

export interface ProgramStatement {
  readonly parameters: ParameterSet;
  readonly program: Program;
  /** The groups that hold the static tensors, in order. */
  readonly groups: readonly CommittedGroup[];
  readonly context: Uint8Array;
}

/** Whether a proof convinces of a statement. @throws RangeError for a statement that is none */
export function verifyProgram(
  K: Algebra,
  statement: ProgramStatement,
  proof: Uint8Array,
  gate: Gate = checkParameters,
): Verdict {
  const { parameters, program, groups } = statement;
  const m = parameters.code.logData;
  checkGroups(K, parameters, groups);
  const compiled = compile(program);
  const columns = compiled.groups.map((layout) => columnsOf(layout, m));
  wellFormed(groups.length === columns.length, `${groups.length} groups`);
  wellFormed(
    groups.every((group, g) => group.columns === columns[g]),
    'columns of groups',
  );

  return verdictOf(() => {
    if (compiled.lookups !== undefined) checkLookups(K.p, compiled.lookups);
    gate(parameters, programDemand(K, compiled, groups, m));
    const ch = openChannel(K, programDomain(K, statement), proof);
    const book = openBook(K);
    const ownRoot = readDigest(ch, 'root/AM'); // step 1
    const padRoot = readDigest(ch, 'root/PAD');
    const lookups = compiled.lookups && verifyLookups(ch, book, compiled.lookups); // step 2
    const claims = readClaims(ch, book, compiled, m, lookups);
    const trees = { parameters, groups, ownColumns: columnsOf(compiled.own, m), ownRoot };
    verifyOpening(ch, book, trees, claims); // step 7
    verifyPadProof(ch, book, parameters.pads, padRoot);
    finish(ch);
  });
}

export function programDomain(K: Algebra, statement: ProgramStatement): Domain {
  const { parameters, program, groups, context } = statement;
  return domain(K, 'program', parameters, [
    ['program', 'digest', programDigest(K.p, program)],
    ...groups.map((group, i) => [`group-${i}`, 'digest', groupDigest(group, parameters)] as const),
    ['context', 'bytes', context],
  ]);
}

/** Steps 3 to 6, and what is left to the opening. */
function readClaims(
  ch: Channel,
  book: Book,
  compiled: Compiled,
  m: number,
  lookups: LookupEquations | undefined,
): Claim[] {
  const { K } = book;
  const tensors = tensorsOf(compiled);
  const onForms = [
    ...(lookups === undefined ? [] : lookupClaims(K, compiled, lookups.columns)),
    ...drawZeros(ch, compiled), // step 3
  ];
  const expansion = expand(K, tensors, onForms);
  const claim = (functional: Functional, value: Form): Claim => ({
    weight: columnWeight(K, compiled, m, functional),
    value: difference(K, value, constant(publicPart(K, tensors, functional))),
  });
  const value = lookups?.columns.value ?? constant(K.zero);
  const rest = difference(K, value, constant(expansion.constant));
  const multiplicities =
    lookups === undefined ? [] : [multiplicityClaim(K, compiled, m, lookups.multiplicities)];
  if (expansion.segments.length === 0) return [claim(expansion.functional, rest), ...multiplicities];

  const { sum, a, b, eq } = readProduct(ch, book, expansion);
  const placed = lineUpSegments(expansion.segments);
  return [
    claim(expansion.functional, difference(K, rest, valueOf(K, sum))),
    claim(sideAt(K, tensors, placed, eq, 0), valueOf(K, a)),
    claim(sideAt(K, tensors, placed, eq, 1), valueOf(K, b)),
    ...multiplicities,
  ];
}

/** Steps 4 to 6: the sum of A B, and A~ and B~ at a point, with eq(point, .). */
function readProduct(
  ch: Channel,
  book: Book,
  { segments }: Expansion,
): { sum: Hidden; a: Hidden; b: Hidden; eq: Element[] } {
  const { K } = book;
  const variables = logCeil(lineUpSegments(segments).live);
  const sum = at(receive(ch, book, 'product/sum', 1), 0);
  const { point, claim } = maskedSumcheck(ch, book, 'product', variables, valueOf(K, sum));
  const [a, b] = receive(ch, book, 'product/values', 2) as [Hidden, Hidden];
  mustVanish(book, difference(K, claim, multiply(book, a, b)));
  return { sum, a, b, eq: eqTable(K, point) };
}

/** By name. */
function tensorsOf({ program }: Compiled): Map<string, Tensor> {
  return new Map(program.tensors.map((tensor) => [tensor.name, tensor]));
}

/** Step 3. */
function drawZeros(ch: Channel, compiled: Compiled): FormClaim[] {
  if (compiled.zeros.length === 0) return [];
  const z = challenges(ch, 'zero/point', pointBits(compiled));
  return zeroClaims(ch.K, compiled, z, challenge(ch, 'zero/batch'));
}

/** Sections 6 and 7: what a program asks of its parameters. */
export function programDemand(
  K: Algebra,
  compiled: Compiled,
  groups: readonly CommittedGroup[],
  m: number,
): Demand {
  const { lookups, zeros, own } = compiled;
  const none = { balances: [], exposed: 0, products: 0, constraints: 0, terms: [] };
  const ofLookups = lookups === undefined ? none : lookupDemand(lookups);
  const live = liveProducts(K, compiled);
  const product = live === 0 ? 0 : 1;
  return {
    kind: 'program',
    groups: [...groups, { lifetime: 'proof', columns: columnsOf(own, m), uses: 1 }],
    claims: 1 + 2 * product + (lookups === undefined ? 0 : 1),
    balances: ofLookups.balances,
    exposed: ofLookups.exposed + product * (1 + 2 * logCeil(live) + 2),
    products: ofLookups.products + product,
    constraints: ofLookups.constraints + product + 2, // and the two of the opening
    terms: [
      ...ofLookups.terms,
      ...(zeros.length === 0 ? [] : [pointBits(compiled), zeros.length]),
      ...(live === 0 ? [] : [2]),
    ],
  };
}
