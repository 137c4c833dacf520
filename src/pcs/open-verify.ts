/**
 * The opening of committed columns under linear claims: the verifier. spec/commitment.md sections 6 and 7.
 *
 *   V -> P   b
 *   merge    padded sumcheck of sum_l f_l W_l over the m bits of a cell                        -> point r
 *   P -> V   y_l = f_l~(r) for every column, y_M, masked
 *   V -> P   rho, independent for every column
 *   P -> V   a = <g', w_r> in the clear, g' = sum rho_l f_l + M;  root of G_1
 *   V -> P   q0 positions; opened: the rows of every tree there
 *   V -> P   eta, then the inner argument on g'
 *   leaves   two affine forms on the pads
 *   error    (J-1)/|K|, 2/|K| a round, n0/|K| + 1/|K| (combination), (1-delta0)^q0, (q0+1)/|K|, inner
 */
import { codePoint } from '../code/point.ts';
import { createDot } from '../field/dot.ts';
import type { Ext, ExtensionField, Fe } from '../field/field.ts';
import { distinctPositions, readRows, type RowTree } from '../merkle/rows-verify.ts';
import type { Affine, MaskedValue } from '../pads/affine.ts';
import type { PadLedger } from '../pads/ledger.ts';
import { receive, verifySumcheck } from '../pads/sumcheck-verify.ts';
import { LOG_CODE_EXPANSION, type Parameters } from '../params/parameters.ts';
import type { VerifierChannel } from '../transcript/verifier.ts';
import {
  groupTree,
  maskOfRow,
  ownTree,
  type Claim,
  type CommittedGroup,
  type EvaluatedClaim,
} from './opening.ts';
import { evaluateWeight } from './weight.ts';
import { joinValues, verifyWhir } from './whir/verify.ts';

/** Everything that is committed before the first challenge, as the verifier knows it. */
export interface OpenedTrees {
  readonly parameters: Parameters;
  /** Groups with trees of their own, in the order of their columns. */
  readonly groups: readonly CommittedGroup[];
  /** Columns of the proof's own tree, after those of the groups. */
  readonly ownColumns: number;
  readonly ownRoot: Uint8Array;
}

export function verifyOpening(
  ch: VerifierChannel,
  ledger: PadLedger,
  trees: OpenedTrees,
  claims: readonly (Claim | EvaluatedClaim)[],
): void {
  const { field } = ch;
  const { algebra } = ledger;
  const { parameters } = trees;
  const columns = trees.groups.reduce((sum, group) => sum + group.columns, trees.ownColumns);

  const b = ch.challengeExt('merge/b');
  const powers = powersOf(field, b, claims.length);
  const claimed = algebra.combine(claims.map(({ value }, j) => [powers[j] as Ext, value] as const));
  const merged = verifySumcheck(ledger, ch, 'merge', parameters.code.logData, claimed);
  const y = receive(ledger, ch, 'open/y', columns);
  const yMask = receive(ledger, ch, 'open/y-mask', 1)[0] as MaskedValue;
  const weights = weightsAt(field, claims, powers, merged.point);
  const weighted = [...weights].map(([l, w]) => [w, algebra.value(y[l] as MaskedValue)] as const);
  ledger.assertZero(algebra.sub(merged.claim, algebra.combine(weighted)));

  verifyCombination(ch, ledger, trees, merged.point, y, yMask);
}

/**
 * Everything behind the evaluations: that y_l = f_l~(point) for all columns, and y_M likewise.
 *
 * @param y one sent value per column; two columns may share one
 */
export function verifyCombination(
  ch: VerifierChannel,
  ledger: PadLedger,
  trees: OpenedTrees,
  point: readonly Ext[],
  y: readonly MaskedValue[],
  yMask: MaskedValue,
): void {
  const { field } = ch;
  const rho = ch.challengeExts('open/rho', y.length);
  const a = ch.readExt('open/a');
  ledger.assertZero(combinationForm(ledger, y, yMask, rho, a));

  const root = ch.readDigest('open/inner-root');
  const opened = readCombination(ch, trees, rho);
  const eta = ch.challengeExt('open/eta');
  const wr = { kind: 'eq', coefficient: field.one, point: [...point, field.zero] } as const;
  const { forms, sum } = joinValues(field, [wr], a, opened, eta);
  verifyWhir(ch, trees.parameters, root, forms, sum);
}

/** 1, b, .., b^(n-1). */
export function powersOf(field: ExtensionField, b: Ext, n: number): Ext[] {
  const powers: Ext[] = [];
  for (let j = 0; j < n; j++) powers.push(j === 0 ? field.one : field.mul(powers[j - 1] as Ext, b));
  return powers;
}

/** sum_j b^j weight_{j,l} at the point, for every column that a claim touches. */
export function weightsAt(
  field: ExtensionField,
  claims: readonly (Claim | EvaluatedClaim)[],
  powers: readonly Ext[],
  point: readonly Ext[],
): Map<number, Ext> {
  const total = new Map<number, Ext>();
  claims.forEach((claim, j) => {
    const values = 'weightAt' in claim ? claim.weightAt(point) : evaluateWeight(field, claim.weight, point);
    for (const [column, value] of values) {
      const term = field.mul(powers[j] as Ext, value);
      const old = total.get(column);
      total.set(column, old === undefined ? term : field.add(old, term));
    }
  });
  return total;
}

/** sum_l rho_l y_l + y_M - a. */
export function combinationForm(
  ledger: PadLedger,
  y: readonly MaskedValue[],
  yMask: MaskedValue,
  rho: readonly Ext[],
  a: Ext,
): Affine {
  const { algebra } = ledger;
  const { field } = algebra;
  const terms = y.map((exposed, l) => [rho[l] as Ext, algebra.value(exposed)] as const);
  return algebra.combine([
    ...terms,
    [field.one, algebra.value(yMask)],
    [field.neg(field.one), algebra.constant(a)],
  ]);
}

/** The rows at q0 positions and what they say about g': its polynomial's value at each point. */
function readCombination(
  ch: VerifierChannel,
  trees: OpenedTrees,
  rho: readonly Ext[],
): { x: Fe; value: Ext }[] {
  const { field } = ch;
  const { code } = trees.parameters;
  const logDomain = code.logData + LOG_CODE_EXPANSION;
  const positions = distinctPositions(ch.challengePositions('open/positions', code.queries, logDomain));
  const values = positions.map(() => field.zero);
  let first = 0;
  const addRows = (tree: RowTree, cap: Uint8Array, columns: number): (readonly Fe[])[] => {
    const rows = readRows(ch, tree, cap, positions);
    const combine = createDot(field, rho.slice(first, first + columns));
    rows.forEach((row, i) => {
      values[i] = field.add(values[i] as Ext, combine(row.slice(0, columns)));
    });
    first += columns;
    return rows;
  };
  for (const group of trees.groups) {
    addRows(groupTree(trees.parameters, group), group.cap, group.columns);
  }
  const own = addRows(ownTree(field, trees.parameters, trees.ownColumns), trees.ownRoot, trees.ownColumns);
  return positions.map((position, i) => ({
    x: codePoint(field.base, logDomain, position),
    value: field.add(values[i] as Ext, maskOfRow(own[i] as readonly Fe[], trees.ownColumns)),
  }));
}
