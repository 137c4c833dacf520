/**
 * Proofs of programs, kind `program`: spec/program-proofs.md sections 4 and 5. The program itself is one that spec/programs.md
 * does not refuse.
 */
import { eqIndex, eqTable, powers, type Algebra } from './algebra.ts';
import { challenge, challenges, finish, openChannel, readDigest, type Channel } from './channel.ts';
import type { Weight } from './claims.ts';
import { compile, type Compiled, type Source } from './compiled.ts';
import type { Element } from './field.ts';
import {
  expand,
  lineUpSegments,
  sideAt,
  type Expansion,
  type FormClaim,
  type Functional,
  type Weighted,
} from './functionals.ts';
import { checkParameters, type Demand } from './gate.ts';
import { blocksOf, columnsOf } from './layout.ts';
import type { Gate } from './linear.ts';
import { at, logCeil, range, total } from './lists.ts';
import { checkProgram as checkLookups } from './lookup-program.ts';
import { lookupDemand, verifyLookups, type LeafEquation, type LookupEquations } from './lookups.ts';
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
    ...zeroClaims(ch, compiled), // step 3
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

/** Section 4: one claim for each block and column, eq(point, .) on the block's cells, the last index at the low bits. */
function lookupClaims(K: Algebra, { sources }: Compiled, { parts }: LeafEquation): FormClaim[] {
  return parts.map(({ balance, index, column, point, coefficient }) => {
    const { relation, block }: Source = at(at(sources, balance), index);
    let high = point.length;
    const weights = block.map(({ first, bits }, i): Weighted => {
      high -= bits;
      const values = eqTable(K, point.slice(high, high + bits));
      return { index: at(relation.indices, i).name, first, values };
    });
    return { form: at(relation.forms, column), coefficient, weights };
  });
}

/** ceil(log2 n) for every index of size n. */
function bitsOfIndices(indices: readonly { readonly size: number }[]): number {
  return total(indices.map(({ size }) => logCeil(size)));
}

function pointBits({ zeros }: Compiled): number {
  return Math.max(0, ...zeros.map(({ indices }) => bitsOfIndices(indices)));
}

/** Step 3: every zero relation at z, times batch^(k+1); a claim for each of its blocks. */
function zeroClaims(ch: Channel, compiled: Compiled): FormClaim[] {
  const { zeros } = compiled;
  if (zeros.length === 0) return [];
  const { K } = ch;
  const z = challenges(ch, 'zero/point', pointBits(compiled));
  const [, ...coefficients] = powers(K, challenge(ch, 'zero/batch'), zeros.length + 1);
  return zeros.flatMap(({ indices, forms }, k) => {
    const eq = indices.map((_, i) => {
      const low = bitsOfIndices(indices.slice(i + 1));
      return eqTable(K, z.slice(low, low + logCeil(at(indices, i).size)));
    });
    return blocksOf(indices.map(({ size }) => size)).map((block): FormClaim => {
      const weights = block.map(({ first, bits }, i): Weighted => {
        return { index: at(indices, i).name, first, values: at(eq, i).slice(first, first + 2 ** bits) };
      });
      return { form: at(forms, 0), coefficient: at(coefficients, k), weights };
    });
  });
}

/** A functional on public tensors is a number. */
function publicPart(K: Algebra, tensors: ReadonlyMap<string, Tensor>, functional: Functional): Element {
  const parts = [...functional].map(([name, weights]) => {
    const tensor = tensors.get(name) as Tensor;
    if (tensor.kind !== 'public') return K.zero;
    return K.sum(weights.map((weight, i) => K.scale(weight, BigInt(tensor.values[i] as number))));
  });
  return K.sum(parts);
}

/** A functional on committed tensors, column by column; groups in order, then the proof's own. */
function columnWeight(K: Algebra, compiled: Compiled, m: number, functional: Functional): Weight {
  const layouts = [...compiled.groups, compiled.own];
  const columns = new Map<number, Element[]>();
  for (const [name, weights] of functional) {
    const home = compiled.homes.get(name);
    if (home === undefined) continue;
    const first = total(layouts.slice(0, home.group).map((layout) => columnsOf(layout, m)));
    const addresses = at(at(layouts, home.group).addresses, home.tensor);
    weights.forEach((weight, cell) => put(K, columns, m, first, at(addresses, cell), weight));
  }
  return denseTerms(K, columns);
}

/** Claim (4): the sum over parts of coefficient * (extension of a tensor's cells from `first` on). */
function multiplicityClaim(
  K: Algebra,
  { groups, own, multiplicities }: Compiled,
  m: number,
  { parts, value }: LeafEquation,
): Claim {
  const firstColumn = total(groups.map((layout) => columnsOf(layout, m)));
  const columns = new Map<number, Element[]>();
  for (const { balance, index, first, point, coefficient } of parts) {
    const addresses = at(own.addresses, at(at(multiplicities, balance), index));
    for (const i of range(2 ** point.length)) {
      const weight = K.mul(coefficient, eqIndex(K, point, i));
      put(K, columns, m, firstColumn, at(addresses, first + i), weight);
    }
  }
  return { weight: denseTerms(K, columns), value };
}

/** Adds a weight at an address of a layout that begins with a column. */
function put(
  K: Algebra,
  columns: Map<number, Element[]>,
  m: number,
  firstColumn: number,
  address: number,
  weight: Element,
): void {
  const column = firstColumn + Math.floor(address / 2 ** m);
  const cells = columns.get(column) ?? range(2 ** m).map(() => K.zero);
  const cell = address % 2 ** m;
  cells[cell] = K.add(at(cells, cell), weight);
  columns.set(column, cells);
}

function denseTerms(K: Algebra, columns: ReadonlyMap<number, Element[]>): Weight {
  return [...columns].map(([column, values]) => {
    return { column, coefficient: K.one, factors: [{ kind: 'dense', values }] };
  });
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

/** Elements of all segments. They depend on the program alone: here with all weights 1. */
function liveProducts(K: Algebra, { program, zeros, sources }: Compiled): number {
  const onZeros = zeros.flatMap((relation) =>
    blocksOf(relation.indices.map(({ size }) => size)).map((block) => ({ relation, block })),
  );
  const claims = [...sources.flat(), ...onZeros].flatMap(({ relation: { indices, forms }, block }) =>
    forms.map((form): FormClaim => {
      const weights = block.map(({ first, bits }, i): Weighted => {
        return { index: at(indices, i).name, first, values: range(2 ** bits).map(() => K.one) };
      });
      // Only terms with two views count.
      return { form: form.filter(({ views }) => views.length === 2), coefficient: K.one, weights };
    }),
  );
  const tensors = new Map(program.tensors.map((tensor) => [tensor.name, tensor]));
  return lineUpSegments(expand(K, tensors, claims).segments).live;
}
