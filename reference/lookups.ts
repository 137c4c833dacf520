/**
 * The lookup argument up to its two leaf equations: spec/lookups.md sections 5 and 6. A caller has read the roots of
 * everything that holds columns and multiplicities; it hands both equations to reference/opening.ts as claims.
 */
import { dotIntegers, eqIndex, eqTable, type Algebra } from './algebra.ts';
import { challenge, challenges, type Channel } from './channel.ts';
import type { Element } from './field.ts';
import type { Demand } from './gate.ts';
import { at, logCeil, range, total } from './lists.ts';
import {
  treesOf,
  type LeafTree,
  type LookupProgram,
  type Table,
  type TableColumn,
} from './lookup-program.ts';
import {
  combine,
  constant,
  difference,
  multiply,
  mustVanish,
  receive,
  valueOf,
  type Book,
  type Form,
  type Hidden,
} from './pads.ts';
import { maskedEqSumcheck } from './sumcheck.ts';

/** coefficient * (extension, at the point, of the cells from `first` on of a column). */
export interface LeafPart {
  readonly balance: number;
  /** Which source of the balance; of multiplicities, which of its tables. */
  readonly index: number;
  /** Which column of the source; of multiplicities, 0. */
  readonly column: number;
  readonly first: number;
  readonly point: readonly Element[];
  readonly coefficient: Element;
}

/** The sum of the parts is a hidden value. */
export interface LeafEquation {
  readonly parts: readonly LeafPart[];
  readonly value: Form;
}

/** Both must be discharged. */
export interface LookupEquations {
  readonly columns: LeafEquation;
  readonly multiplicities: LeafEquation;
}

/** Claims on p~ and q~ of a layer at (y, z). */
interface LayerClaim {
  readonly y: readonly Element[];
  readonly z: readonly Element[];
  readonly p: Form;
  readonly q: Form;
}

/** Section 8: what the argument asks of the parameters; `constraints` without the two equations that it leaves. */
export function lookupDemand(
  program: LookupProgram,
): Pick<Demand, 'balances' | 'exposed' | 'products' | 'constraints' | 'terms'> {
  const trees = treesOf(program);
  const T = trees.length;
  const [n, k] = [Math.max(...trees.map(({ depth }) => depth)), logCeil(T)];
  return {
    balances: program.balances.map(
      ({ sources, tables }) =>
        total(sources.map(({ count }) => count)) + total(tables.map((t) => at(program.tables, t).rows)),
    ),
    exposed: 3 * T + 4 * n + total(range(n).map((j) => 2 * (j + k))),
    products: 2 * T + 2 * n,
    constraints: T + program.balances.length + n,
    terms: [k], // of z: there may be more trees than balances
  };
}

/** Section 5, for a program that `checkProgram` accepted. */
export function verifyLookups(ch: Channel, book: Book, program: LookupProgram): LookupEquations {
  const { K } = book;
  const trees = treesOf(program);
  const alpha = challenge(ch, 'lookup/alpha'); // step 1
  const width = Math.max(...program.tables.map(({ columns }) => columns.length));
  const betas = challenges(ch, 'lookup/beta', width);
  const { p, q } = readRoots(ch, book, trees, program.balances.length); // step 2
  const z = challenges(ch, 'lookup/start', logCeil(trees.length)); // step 3
  const depth = Math.max(...trees.map((tree) => tree.depth));
  let claim = startClaim(K, p, q, z);
  for (const _ of range(depth)) claim = verifyLayer(ch, book, claim); // steps 4 to 8
  return leafEquations(K, program, trees, { alpha, betas }, claim);
}

/** Step 2: every denominator has an inverse, and the fractions of every balance add up to zero. */
function readRoots(
  ch: Channel,
  book: Book,
  trees: readonly LeafTree[],
  balances: number,
): { p: Form[]; q: Form[] } {
  const { K } = book;
  const sent = receive(ch, book, 'lookup/roots', 3 * trees.length);
  const roots = trees.map(({ balance }, i) => {
    const [p, q, u] = sent.slice(3 * i, 3 * i + 3) as [Hidden, Hidden, Hidden];
    mustVanish(book, difference(K, multiply(book, q, u), constant(K.one)));
    return { balance, fraction: multiply(book, p, u), p: valueOf(K, p), q: valueOf(K, q) };
  });
  for (const b of range(balances)) {
    const own = roots.filter(({ balance }) => balance === b);
    mustVanish(
      book,
      combine(
        K,
        own.map(({ fraction }) => [K.one, fraction]),
      ),
    );
  }
  return { p: roots.map((root) => root.p), q: roots.map((root) => root.q) };
}

/** p~(z) = sum_i eq(z, i) p_i, q~(z) = 1 + sum_i eq(z, i) (q_i - 1). */
function startClaim(K: Algebra, p: readonly Form[], q: readonly Form[], z: readonly Element[]): LayerClaim {
  const one = constant(K.one);
  const above = q.map((form, i): [Element, Form] => [eqIndex(K, z, i), difference(K, form, one)]);
  return {
    y: [],
    z,
    p: combine(
      K,
      p.map((form, i) => [eqIndex(K, z, i), form]),
    ),
    q: combine(K, [[K.one, one], ...above]),
  };
}

/** One layer: rounds; four values; a line through the halves. */
function verifyLayer(ch: Channel, book: Book, { y, z, p, q }: LayerClaim): LayerClaim {
  const { K } = book;
  const lambda = challenge(ch, 'lookup/lambda');
  const start = combine(K, [
    [K.one, p],
    [lambda, q],
  ]);
  const { point, claim } = maskedEqSumcheck(ch, book, 'lookup', [...z, ...y], start); // y is bound before z
  const nodes = receive(ch, book, 'lookup/nodes', 4) as [Hidden, Hidden, Hidden, Hidden];
  const [p0, q1, q0, c] = nodes;
  const products = combine(K, [
    [K.one, multiply(book, p0, q1)],
    [K.one, multiply(book, q0, c)],
  ]);
  mustVanish(book, difference(K, claim, products));
  const tau = challenge(ch, 'lookup/tau');
  const [P0, Q1, Q0, C] = nodes.map((node) => valueOf(K, node)) as [Form, Form, Form, Form];
  const rest = K.sub(K.one, tau);
  const p1 = combine(K, [
    [K.one, C],
    [K.sub(K.zero, lambda), Q1],
  ]);
  return {
    y: [...point.slice(z.length), tau],
    z: point.slice(0, z.length),
    p: combine(K, [
      [rest, P0],
      [tau, p1],
    ]),
    q: combine(K, [
      [rest, Q0],
      [tau, Q1],
    ]),
  };
}

/** Section 6. */
function leafEquations(
  K: Algebra,
  { tables }: LookupProgram,
  trees: readonly LeafTree[],
  { alpha, betas }: { readonly alpha: Element; readonly betas: readonly Element[] },
  { y, z, p, q }: LayerClaim,
): LookupEquations {
  const columns: LeafPart[] = [];
  const multiplicities: LeafPart[] = [];
  let knownQ = K.one;
  let knownP = K.zero;
  const minus = (x: Element): Element => K.sub(K.zero, x);
  trees.forEach(({ balance, depth, blocks }, i) => {
    const low = y.slice(0, y.length - depth);
    const Y = y.slice(y.length - depth);
    for (const { kind, index, table, first, bits, at: leaf } of blocks) {
      const place = eqIndex(K, Y.slice(bits), leaf / 2 ** bits);
      const kappa = K.product([eqIndex(K, z, i), eqIndex(K, low, 0), place]);
      const part = { balance, index, first, point: Y.slice(0, bits) };
      const { tag, columns: of }: Table = at(tables, table);
      let denominator = K.sub(alpha, K.from(tag + 1n)); // less 1, less what is committed
      const values = kind === 'lookup' ? [] : tableValues(K, of, first, part.point);
      of.forEach((_, k) => {
        const beta = at(betas, k);
        if (kind === 'lookup') columns.push({ ...part, column: k, coefficient: minus(K.mul(kappa, beta)) });
        else denominator = K.sub(denominator, K.mul(beta, at(values, k)));
      });
      knownQ = K.add(knownQ, K.mul(kappa, denominator));
      if (kind === 'lookup') knownP = K.add(knownP, kappa);
      else multiplicities.push({ ...part, column: 0, coefficient: minus(kappa) });
    }
  });
  return {
    columns: { parts: columns, value: difference(K, q, constant(knownQ)) },
    multiplicities: { parts: multiplicities, value: difference(K, p, constant(knownP)) },
  };
}

/**
 * The extensions of 2^bits cells of all columns of a table, at one point. A range is first + i, and i = sum_b 2^b i_b is multilinear.
 */
function tableValues(
  K: Algebra,
  columns: readonly TableColumn[],
  first: number,
  point: readonly Element[],
): Element[] {
  const eq = columns.some(({ kind }) => kind === 'dense') ? eqTable(K, point) : [];
  return columns.map((column) => {
    if (column.kind === 'dense') return dotIntegers(K, column.values.slice(first, first + eq.length), eq);
    const index = K.sum(point.map((x, b) => K.scale(x, 2n ** BigInt(b))));
    return K.add(K.from(column.first + BigInt(first)), index);
  });
}
