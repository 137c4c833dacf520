/**
 * The opening of committed columns under linear claims: spec/commitment.md sections 6 and 7. Values of claims are affine forms,
 * so that other arguments can hand over what they leave (reference/lookups.ts).
 */
import { codePoint, powers } from './algebra.ts';
import { challenge, challenges, group, positions, readDigest, readExts, type Channel } from './channel.ts';
import { weightAt, type Weight } from './claims.ts';
import type { Element } from './field.ts';
import { at, range, total } from './lists.ts';
import { proofTree, readRows, type Tree } from './merkle.ts';
import {
  combine,
  constant,
  difference,
  mustVanish,
  receive,
  valueOf,
  type Book,
  type Form,
  type Hidden,
} from './pads.ts';
import { logLength, type ParameterSet } from './parameter-set.ts';
import type { CommittedGroup } from './statement.ts';
import { maskedSumcheck } from './sumcheck.ts';
import { verifyInner, type OpenedValue } from './whir.ts';

export interface Claim {
  readonly weight: Weight;
  readonly value: Form;
}

/** What was committed before the first challenge. */
export interface Trees {
  readonly parameters: ParameterSet;
  readonly groups: readonly CommittedGroup[];
  /** Columns of the proof's own, behind those of the groups. */
  readonly ownColumns: number;
  /** Root of AM. */
  readonly ownRoot: Uint8Array;
}

/** Section 6: the merge to one point and the evaluations there; then section 7. */
export function verifyOpening(ch: Channel, book: Book, trees: Trees, claims: readonly Claim[]): void {
  const { K } = book;
  const columns = total(trees.groups.map((g) => g.columns)) + trees.ownColumns;
  const b = powers(K, challenge(ch, 'merge/b'), claims.length);
  const v = combine(
    K,
    claims.map(({ value }, j) => [at(b, j), value]),
  );
  const { point, claim } = maskedSumcheck(ch, book, 'merge', trees.parameters.code.logData, v);
  const y = receive(ch, book, 'open/y', columns);
  const yMask = at(receive(ch, book, 'open/y-mask', 1), 0);
  const weighted = y.map((value, l): [Element, Form] => {
    const W = K.sum(claims.map(({ weight }, j) => K.mul(at(b, j), weightAt(K, weight, l, point))));
    return [W, valueOf(K, value)];
  });
  mustVanish(book, difference(K, claim, combine(K, weighted))); // form 1
  verifyCombination(ch, book, trees, point, y, yMask);
}

/** Section 7: the values y_l and y_M are those of the columns at a point. Two columns may share a value (section 10). */
export function verifyCombination(
  ch: Channel,
  book: Book,
  trees: Trees,
  point: readonly Element[],
  y: readonly Hidden[],
  yMask: Hidden,
): void {
  const { K } = book;
  const rho = challenges(ch, 'open/rho', y.length); // step 1
  const a = at(readExts(ch, 'open/a', 1), 0); // step 2
  const values = y.map((value, l): [Element, Form] => [at(rho, l), valueOf(K, value)]);
  const sum = combine(K, [...values, [K.one, valueOf(K, yMask)]]);
  mustVanish(book, difference(K, sum, constant(a))); // form 2
  const root = readDigest(ch, 'open/inner-root'); // step 3
  const opened = openColumns(ch, trees, rho); // step 4
  const eta = challenge(ch, 'open/eta'); // step 5
  verifyInner(ch, trees.parameters, root, point, a, opened, eta);
}

/** Section 2: the tree of a group. */
export function groupTree(
  { code }: ParameterSet,
  { label, epoch, group: id, columns }: CommittedGroup,
): Tree {
  return { label, epoch, group: id, columns, logLeaves: logLength(code), salted: true };
}

/** Step 4: G_0(x_i) = sum_l rho_l row_l + sum_e x^e row_{M,e} at q0 positions. */
function openColumns(ch: Channel, trees: Trees, rho: readonly Element[]): OpenedValue[] {
  const { K } = ch;
  const { parameters, groups, ownColumns, ownRoot } = trees;
  const log = logLength(parameters.code);
  const opened = positions(ch, 'open/positions', parameters.code.queries, log);
  const rows = groups.map((g) => readRows(ch, groupTree(parameters, g), g.cap, opened));
  const own = readRows(ch, proofTree('AM', ownColumns + K.degree, log, true), ownRoot, opened);
  return opened.map((position, i) => {
    // The words of all columns in order; behind them the d words of M, which are one element of K.
    const words = [...rows, own].flatMap((tree) => at(tree, i));
    const mask = at(group(ch, words.slice(rho.length)), 0);
    const terms = range(rho.length).map((l) => K.scale(at(rho, l), at(words, l)));
    return { x: codePoint(K, log, position), value: K.add(K.sum(terms), mask) };
  });
}
