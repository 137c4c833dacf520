/**
 * WHIR in unique decoding, in the clear, on a uniformly random vector: the verifier.
 *
 *   claim     sum of forms on v_1 = sigma; the oracle G_1 of v_1 is bound, and so are the forms
 *   level j   for each of k_j rounds:  P -> V  h(0), h(inf)         V -> P  gamma
 *             P -> V  root of G_{j+1}, or the whole last vector
 *             V -> P  q_j positions of G_j;  opened: the rows there
 *             V -> P  eta: the opened values join the claim         (not at the last level)
 *   end       every opened value and the claim are checked on the last vector
 *   error     per level: 2/|K| a round, interleaving factor * 2^logDomain/|K| for folding, (1 - delta)^q for the
 *             queries, (q + 1)/|K| for joining; spec/commitment.md section 7
 *
 * Source: Arnon, Chiesa, Fenzi, Yogev, "WHIR", 2024/1586, construction 5.1 in its interleaved form, without
 * out-of-domain samples: in unique decoding the list has one element.
 */
import { refuse } from '../../errors/proof-error.ts';
import { createDot } from '../../field/dot.ts';
import type { Ext, ExtensionField, Fe } from '../../field/field.ts';
import { encodeAt } from '../../code/encode-at.ts';
import { codePoint } from '../../code/point.ts';
import { distinctPositions, readRows, type RowTree } from '../../merkle/rows-verify.ts';
import { levelGeometry, type LevelGeometry, type Parameters } from '../../params/parameters.ts';
import { nextClaim } from '../../sumcheck/round.ts';
import type { VerifierChannel } from '../../transcript/verifier.ts';
import { eqTable } from '../../sumcheck/eq.ts';
import { applyForms, bindForms, type Form } from './functional.ts';

/** The part of a parameter set that the inner argument reads. */
export type WhirParameters = Pick<Parameters, 'code' | 'levels' | 'logFinal'>;

/** The tree of the oracle of level j, from 1: rows of K elements, limb by limb, unsalted. */
export function whirTree(field: ExtensionField, level: LevelGeometry, j: number): RowTree {
  return {
    domain: { label: `G${j}`, epoch: 0, group: new Uint8Array(8) },
    shape: { logLeaves: level.logCodeword, logCap: 0 },
    words: level.columns * field.degree,
    salted: false,
  };
}

/**
 * @param root of G_1, already read
 * @param forms the claim's linear forms on v_1
 * @param sigma their value
 */
export function verifyWhir(
  ch: VerifierChannel,
  parameters: WhirParameters,
  root: Uint8Array,
  forms: readonly Form[],
  sigma: Ext,
): void {
  const { field } = ch;
  let claim = { forms, sum: sigma };
  let oracle = root;
  const levels = levelGeometry(parameters);
  for (const [index, level] of levels.entries()) {
    const { gamma, sum } = readRounds(ch, level, claim.sum);
    const bound = bindForms(field, claim.forms, level.logMessage, gamma);
    const last = index === levels.length - 1;
    const next = last ? undefined : ch.readDigest('whir/root');
    const vector = last ? ch.readExts('whir/final', 2 ** parameters.logFinal) : [];
    const opened = readValues(ch, level, whirTree(field, level, index + 1), oracle, gamma);
    if (next !== undefined) {
      claim = joinOpened(ch, bound, sum, opened);
      oracle = next;
    } else {
      checkFinal(field, vector, bound, sum, opened);
    }
  }
}

/** The level's sumcheck on its highest variables. */
function readRounds(ch: VerifierChannel, level: LevelGeometry, claimedSum: Ext): { gamma: Ext[]; sum: Ext } {
  let sum = claimedSum;
  const gamma: Ext[] = [];
  for (let i = 0; i < level.logFold; i++) {
    const [atZero, atInfinity] = ch.readExts('whir/round', 2) as [Ext, Ext];
    const r = ch.challengeExt('whir/gamma');
    sum = nextClaim(ch.field, sum, atZero, atInfinity, r);
    gamma.unshift(r);
  }
  return { gamma, sum };
}

/** A queried point and the value of the folded vector's polynomial there, as the opened row has it. */
interface OpenedValue {
  readonly x: Fe;
  readonly value: Ext;
}

function readValues(
  ch: VerifierChannel,
  level: LevelGeometry,
  tree: RowTree,
  root: Uint8Array,
  gamma: readonly Ext[],
): OpenedValue[] {
  const { field } = ch;
  const drawn = ch.challengePositions('whir/positions', level.queries, level.logCodeword);
  const positions = distinctPositions(drawn);
  const fold = rowFolder(field, eqTable(field, gamma).slice(0, level.columns)); // absent columns are zero
  return readRows(ch, tree, root, positions).map((row, i) => {
    const x = codePoint(field.base, level.logCodeword, positions[i] as number);
    return { x, value: fold(row) };
  });
}

/**
 * row -> sum_b weights[b] * row_b for rows of K elements, limb by limb: sum over b and e of (weights[b] x^e) * limb e of row_b, one sum
 * over the words of the row.
 */
function rowFolder(field: ExtensionField, weights: readonly Ext[]): (row: readonly Fe[]) => Ext {
  const basis = field.zero.map((_, e) => field.fromLimbs(field.zero.map((_z, i) => (i === e ? 1 : 0))));
  return createDot(
    field,
    weights.flatMap((weight) => basis.map((power) => field.mul(weight, power))),
  );
}

function joinOpened(ch: VerifierChannel, forms: readonly Form[], sum: Ext, opened: readonly OpenedValue[]) {
  const { field } = ch;
  const eta = ch.challengeExt('whir/eta');
  return joinValues(field, forms, sum, opened, eta);
}

/** Adds eta^(i+1) * (value of pow(x_i)) to a claim. */
export function joinValues(
  field: ExtensionField,
  forms: readonly Form[],
  sum: Ext,
  opened: readonly OpenedValue[],
  eta: Ext,
): { forms: Form[]; sum: Ext } {
  const joined: Form[] = [...forms];
  let total = sum;
  let power = field.one;
  for (const { x, value } of opened) {
    power = field.mul(power, eta);
    joined.push({ kind: 'pow', coefficient: power, x });
    total = field.add(total, field.mul(power, value));
  }
  return { forms: joined, sum: total };
}

function checkFinal(
  field: ExtensionField,
  vector: readonly Ext[],
  forms: readonly Form[],
  sum: Ext,
  opened: readonly OpenedValue[],
): void {
  const points = opened.map(({ x }) => x);
  encodeAt(field, vector, points).forEach((expected, i) => {
    if (!field.equals(expected, (opened[i] as OpenedValue).value)) {
      refuse(
        'FINAL_QUERY',
        'whir/final',
        `query ${i}: expected the final vector to agree with the opened row`,
      );
    }
  });
  if (!field.equals(applyForms(field, forms, vector), sum)) {
    refuse('FINAL_SUM', 'whir/final', 'expected the weighted sum of the final vector to equal the claim');
  }
}
