/**
 * A prover of the inner argument that is written out cell by cell, with a door at each place where a fold can be cheated:
 * the oracle, the messages of a round, the folded vector. Challenges are live. For small fields.
 */
import { codePoint } from '../../../src/code/point.ts';
import type { Ext, ExtensionField } from '../../../src/field/field.ts';
import { packExt } from '../../../src/kernels/contract/layout.ts';
import type { Kernels } from '../../../src/kernels/index.ts';
import { commitRows, pickRows, writeRows } from '../../../src/merkle/rows-prove.ts';
import { distinctPositions } from '../../../src/merkle/rows-verify.ts';
import { levelGeometry, type LevelGeometry } from '../../../src/params/parameters.ts';
import { verdictOf, type Verdict } from '../../../src/pcs/linear-verify.ts';
import { commitOracle, writeRoot, type WhirOracle } from '../../../src/pcs/whir/prove.ts';
import { eqTable } from '../../../src/sumcheck/eq.ts';
import { verifyWhir, whirTree, type WhirParameters } from '../../../src/pcs/whir/verify.ts';
import { publicRandom } from '../../../src/secret/released.ts';
import { nextClaim } from '../../../src/sumcheck/round.ts';
import { proverChannel, type ProverChannel } from '../../../src/transcript/prover.ts';
import type { Domain } from '../../../src/transcript/statement.ts';
import { verifierChannel } from '../../../src/transcript/verifier.ts';

const LIE = 'a lie over a toy field';

export interface FoldCheat {
  /** How far the claim is above <vector, eq(point, .)>. */
  readonly error: Ext;
  /** Another vector, whose rows stand in G_1 at some positions; the prover goes on with it. */
  readonly twin?: { readonly vector: readonly Ext[]; readonly positions: readonly number[] };
  /** Errors of h(0) and h(inf) for a claim that is off by `gap`. */
  readonly round?: (gap: Ext) => readonly [Ext, Ext];
  /** What level j, from 0, hands on, given its fold, the form of the next claim, and how far that claim is off. */
  readonly fold?: (j: number, vector: readonly Ext[], form: readonly Ext[], gap: Ext) => Ext[];
}

/** Sums of products, in K. */
export function dot(field: ExtensionField, a: readonly Ext[], b: readonly Ext[]): Ext {
  return a.reduce((sum: Ext, x, i) => field.add(sum, field.mul(x, b[i] as Ext)), field.zero);
}

/** One run: the verdict, and the positions that were drawn on each oracle. */
export function foldSession(
  kernels: Kernels,
  parameters: WhirParameters,
  domain: Domain,
  vector: readonly Ext[],
  point: readonly Ext[],
  cheat: FoldCheat,
): { readonly verdict: Verdict; readonly positions: readonly (readonly number[])[] } {
  const { ext: field } = kernels;
  const form = eqTable(field, point);
  const claimed = field.add(dot(field, vector, form), cheat.error);
  const ch = proverChannel(domain);
  const positions = proveFold(kernels, ch, parameters, { vector, form, claimed }, cheat);
  const proof = ch.finish();
  const verdict = verdictOf(() => {
    const reader = verifierChannel(domain, proof);
    const root = reader.readDigest('root/G1');
    verifyWhir(reader, parameters, root, [{ kind: 'eq', coefficient: field.one, point }], claimed);
    reader.finish();
  });
  return { verdict, positions };
}

interface Claim {
  readonly vector: readonly Ext[];
  readonly form: readonly Ext[];
  readonly claimed: Ext;
}

function proveFold(
  kernels: Kernels,
  ch: ProverChannel,
  parameters: WhirParameters,
  start: Claim,
  cheat: FoldCheat,
): number[][] {
  const { ext: field } = kernels;
  const levels = levelGeometry(parameters);
  const all: number[][] = [];
  let oracle = firstOracle(kernels, levels[0] as LevelGeometry, start.vector, cheat);
  writeRoot(ch, 'root/G1', oracle.rows);
  let claim = { ...start, vector: cheat.twin?.vector ?? start.vector };
  levels.forEach((level, j) => {
    claim = proveRounds(field, ch, level, claim, cheat);
    const gap = field.sub(claim.claimed, dot(field, claim.vector, claim.form));
    const vector = cheat.fold?.(j, claim.vector, claim.form, gap) ?? claim.vector;
    const next = levels[j + 1];
    const bound = next && commitOracle(kernels, next, j + 2, packExt(vector, field));
    if (bound === undefined) ch.writeExts('whir/final', publicRandom(vector, LIE));
    else writeRoot(ch, 'whir/root', bound.rows);
    const drawn = distinctPositions(
      ch.challengePositions('whir/positions', level.queries, level.logCodeword),
    );
    all.push(drawn);
    const values = pickRows(oracle.codeword, oracle.rows.tree.words, drawn);
    writeRows(kernels, ch, oracle.rows, drawn, { values, salts: null }, LIE);
    if (bound === undefined) return;
    claim = joined(field, ch.challengeExt('whir/eta'), level, drawn, { ...claim, vector });
    oracle = bound;
  });
  return all;
}

/** G_1, with the rows of the twin where it has some. */
function firstOracle(
  kernels: Kernels,
  level: LevelGeometry,
  vector: readonly Ext[],
  { twin }: FoldCheat,
): WhirOracle {
  const honest = commitOracle(kernels, level, 1, packExt(vector, kernels.ext));
  if (twin === undefined) return honest;
  const other = commitOracle(kernels, level, 1, packExt(twin.vector, kernels.ext)).codeword;
  const { words } = honest.rows.tree;
  const codeword = honest.codeword.slice();
  for (const row of twin.positions) codeword.set(other.subarray(row * words, (row + 1) * words), row * words);
  return { rows: commitRows(kernels, whirTree(kernels.ext, level, 1), codeword, null), codeword };
}

function proveRounds(
  field: ExtensionField,
  ch: ProverChannel,
  level: LevelGeometry,
  start: Claim,
  cheat: FoldCheat,
): Claim {
  let { vector, form, claimed } = start;
  for (let i = 0; i < level.logFold; i++) {
    const half = vector.length / 2;
    const slope = (f: readonly Ext[]): Ext[] => f.slice(half).map((x, k) => field.sub(x, f[k] as Ext));
    const [v, w] = [slope(vector), slope(form)];
    const gap = field.sub(claimed, dot(field, vector, form));
    const [atZero, atInfinity] = cheat.round?.(gap) ?? [field.zero, field.zero];
    const message = [
      field.add(dot(field, vector.slice(0, half), form.slice(0, half)), atZero),
      field.add(dot(field, v, w), atInfinity),
    ] as const;
    ch.writeExts('whir/round', publicRandom([...message], LIE));
    const r = ch.challengeExt('whir/gamma');
    const bind = (f: readonly Ext[], s: readonly Ext[]): Ext[] =>
      s.map((x, k) => field.add(f[k] as Ext, field.mul(r, x)));
    claimed = nextClaim(field, claimed, ...message, r);
    [vector, form] = [bind(vector, v), bind(form, w)];
  }
  return { vector, form, claimed };
}

/** The claim with the values of the vector at the opened points. */
function joined(
  field: ExtensionField,
  eta: Ext,
  level: LevelGeometry,
  drawn: readonly number[],
  { vector, form, claimed }: Claim,
): Claim {
  let [sum, total, power] = [form, claimed, field.one];
  for (const position of drawn) {
    power = field.mul(power, eta);
    let x = power;
    const point = codePoint(field.base, level.logCodeword, position);
    const powers = vector.map(() => {
      const now = x;
      x = field.mulBase(x, point);
      return now;
    });
    sum = sum.map((y, i) => field.add(y, powers[i] as Ext));
    total = field.add(total, dot(field, powers, vector));
  }
  return { vector, form: sum, claimed: total };
}
