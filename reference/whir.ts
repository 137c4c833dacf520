/** The inner argument, in the clear, on a uniformly random vector: spec/commitment.md 7.3, 7.5 and 7.6. */
import { codePoint, dot, encodeAt, eqIndex, eqPoint, eqTable, powers, type Algebra } from './algebra.ts';
import { challenge, group, positions, readDigest, readExts, type Channel } from './channel.ts';
import { powMod, type Element } from './field.ts';
import { at, range } from './lists.ts';
import { proofTree, readRows } from './merkle.ts';
import { geometry, type Geometry, type ParameterSet } from './parameter-set.ts';
import { require } from './refusal.ts';
import { roundCoefficients } from './sumcheck.ts';

/** What opened rows say: <v, pow(x)> = value. */
export interface OpenedValue {
  readonly x: bigint;
  readonly value: Element;
}

/**
 * One summand of Omega_j, as its coefficient and a vector of length 2^logSize: eq(point, .) or pow(x). Both are products over
 * the bits of the index, so binding the highest variable changes the coefficient alone.
 */
type Summand = { readonly coefficient: Element } & (
  { readonly kind: 'eq'; readonly point: readonly Element[] } | { readonly kind: 'pow'; readonly x: bigint }
);

/** <v_j, Omega_j> = sigma_j. */
interface InnerClaim {
  readonly omega: readonly Summand[];
  readonly sigma: Element;
}

/** @param root of G_1 @param point r @param a <g', w_r> @param opened values of G_0 */
export function verifyInner(
  ch: Channel,
  parameters: ParameterSet,
  root: Uint8Array,
  point: readonly Element[],
  a: Element,
  opened: readonly OpenedValue[],
  eta: Element,
): void {
  const { K } = ch;
  // w_r[j] = eq(r, j) for j < 2^m and zero above: eq of one more variable that is 0.
  const wr: Summand = { kind: 'eq', coefficient: K.one, point: [...point, K.zero] };
  let claim = joinOpened(K, { omega: [wr], sigma: a }, opened, eta); // step 5
  let oracle = root;
  const levels = geometry(parameters);
  levels.forEach((level, index) => {
    const { gamma, folded } = foldClaim(ch, level, claim);
    if (index < levels.length - 1) {
      const next = readDigest(ch, 'whir/root');
      const values = openOracle(ch, level, index + 1, oracle, gamma);
      claim = joinOpened(K, folded, values, challenge(ch, 'whir/eta'));
      oracle = next;
    } else {
      const final = readExts(ch, 'whir/final', 2 ** parameters.logFinal);
      const values = openOracle(ch, level, index + 1, oracle, gamma);
      checkFinal(K, final, folded, values);
    }
  });
}

/** Omega + sum_{i >= 1} eta^i pow(x_i), sigma likewise. */
function joinOpened(
  K: Algebra,
  { omega, sigma }: InnerClaim,
  opened: readonly OpenedValue[],
  eta: Element,
): InnerClaim {
  const weights = powers(K, eta, opened.length + 1).slice(1);
  return {
    omega: [
      ...omega,
      ...opened.map(({ x }, i): Summand => ({ kind: 'pow', coefficient: at(weights, i), x })),
    ],
    sigma: K.add(
      sigma,
      dot(
        K,
        weights,
        opened.map(({ value }) => value),
      ),
    ),
  };
}

/** Step 6: k_j rounds on the highest variables. `gamma` has its low variable first. */
function foldClaim(
  ch: Channel,
  level: Geometry,
  claim: InnerClaim,
): { gamma: Element[]; folded: InnerClaim } {
  const { K } = ch;
  let { omega, sigma } = claim;
  let gamma: Element[] = [];
  for (const i of range(level.logFold)) {
    const [zero, infinity] = readExts(ch, 'whir/round', 2) as [Element, Element];
    const r = challenge(ch, 'whir/gamma');
    sigma = dot(K, roundCoefficients(K, r), [sigma, zero, infinity]);
    omega = omega.map((summand) => bindHighest(K, summand, level.logMessage - i, r));
    gamma = [r, ...gamma];
  }
  return { gamma, folded: { omega, sigma } };
}

/** (1 - r) * (lower half) + r * (upper half) of a vector of length 2^logSize. */
function bindHighest(K: Algebra, summand: Summand, logSize: number, r: Element): Summand {
  const { coefficient } = summand;
  if (summand.kind === 'eq') {
    const z = at(summand.point, logSize - 1);
    const point = summand.point.slice(0, -1);
    return { ...summand, coefficient: K.mul(coefficient, eqPoint(K, [z], [r])), point };
  }
  const upper = powMod(summand.x, 2n ** BigInt(logSize - 1), K.p); // pow(x) above is x^(half) times pow(x) below
  const factor = K.add(K.sub(K.one, r), K.scale(r, upper));
  return { ...summand, coefficient: K.mul(coefficient, factor) };
}

/** Opens G_j; <v_{j+1}, pow(x)> = sum_b eq(gamma_j, b) row_b. Columns that are zero by construction are not in the row. */
function openOracle(
  ch: Channel,
  level: Geometry,
  j: number,
  root: Uint8Array,
  gamma: readonly Element[],
): OpenedValue[] {
  const { K } = ch;
  const { columns, logCodeword, queries } = level;
  const opened = positions(ch, 'whir/positions', queries, logCodeword);
  const tree = proofTree(`G${j}`, columns * K.degree, logCodeword, false);
  const weights = range(columns).map((b) => eqIndex(K, gamma, b));
  return readRows(ch, tree, root, opened).map((row, i) => ({
    x: codePoint(K, logCodeword, at(opened, i)),
    value: dot(K, weights, group(ch, row)),
  }));
}

/** Step 6, j = R: the last opened values, in order, and then the weighted sum. */
function checkFinal(
  K: Algebra,
  final: readonly Element[],
  { omega, sigma }: InnerClaim,
  opened: readonly OpenedValue[],
): void {
  for (const { x, value } of opened) {
    require(K.equal(encodeAt(K, final, x), value), 'FINAL_QUERY', `at ${x}`);
  }
  const sums = omega.map((summand) => {
    const vector =
      summand.kind === 'eq' ? dot(K, final, eqTable(K, summand.point)) : encodeAt(K, final, summand.x);
    return K.mul(summand.coefficient, vector);
  });
  require(K.equal(K.sum(sums), sigma), 'FINAL_SUM', 'final weighted sum');
}
