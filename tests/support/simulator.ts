/**
 * The simulator of spec/zero-knowledge.md, section 4: statement, challenges and coins in, a proof out. It is given no
 * cell, no pad and no mask; what it shares with the prover are the functions of g' and the book of affine forms.
 */
import { codePoint } from '../../src/code/point.ts';
import { encodeAt } from '../../src/code/encode-at.ts';
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import { leafDigest } from '../../src/hash/leaf.ts';
import { bytesOfWords, wordsOfBytes } from '../../src/hash/words.ts';
import { extWords, packExt } from '../../src/kernels/contract/layout.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { buildTree, capOf } from '../../src/merkle/prove.ts';
import { writeRows, type CommittedRows } from '../../src/merkle/rows-prove.ts';
import { distinctPositions, treeFormat, type RowTree } from '../../src/merkle/rows-verify.ts';
import { affineAlgebra, type MaskedValue } from '../../src/pads/affine.ts';
import { createPadLedger, type PadLedger } from '../../src/pads/ledger.ts';
import type { PadPlan } from '../../src/pads/plan.ts';
import { padTree } from '../../src/pads/proof-verify.ts';
import { batchConstraints, innerProduct, productSums } from '../../src/pads/relations.ts';
import { boundClaim } from '../../src/pads/sumcheck-verify.ts';
import { levelGeometry, LOG_CODE_EXPANSION, type Parameters } from '../../src/params/parameters.ts';
import type { PublicClaim } from '../../src/pcs/claim-encoding.ts';
import { combinationForm, powersOf, weightsAt } from '../../src/pcs/open-verify.ts';
import { ownTree, type Claim } from '../../src/pcs/opening.ts';
import { eqTable } from '../../src/sumcheck/eq.ts';
import { addPowers, commitOracle, proveWhir, writeRoot } from '../../src/pcs/whir/prove.ts';
import { publicRandom } from '../../src/secret/released.ts';
import type { ProverChannel } from '../../src/transcript/prover.ts';
import type { Challenger } from '../../src/transcript/transcript.ts';

const REASON = 'simulated: made without a witness';

/** The uniform values that determine a view. */
export interface Coins {
  /** Masked messages, in the order of sending. */
  readonly masked: readonly Ext[];
  /** g', k0 elements. */
  readonly combined: readonly Ext[];
  /** Rows of the proof's own columns, one for each position. */
  readonly ownRows: readonly (readonly Fe[])[];
  readonly x: readonly Ext[];
  readonly v: Ext;
  /** h-rows of PAD, one for each position. */
  readonly padRows: readonly Ext[];
  /** Words for salts and for digests of leaves that stay closed. */
  readonly hash: () => number;
}

/** A group's table of opened rows behind a simulated tree. */
export interface SimulatedRows {
  readonly committed: CommittedRows;
  readonly rows: ReadonlyMap<number, readonly Fe[]>;
  open(positions: readonly number[]): { values: Uint32Array; salts: Uint32Array };
}

/** A tree whose leaves are random digests, but for the rows that will be opened. */
export function simulateRows(
  kernels: Kernels,
  tree: RowTree,
  rows: ReadonlyMap<number, readonly Fe[]>,
  hash: () => number,
): SimulatedRows {
  const leaves = 2 ** tree.shape.logLeaves;
  const digests = Uint32Array.from({ length: 8 * leaves }, hash);
  const salts = new Map([...rows.keys()].map((i) => [i, Uint32Array.from({ length: 4 }, hash)]));
  for (const [i, row] of rows) {
    const salt = bytesOfWords(salts.get(i) as Uint32Array);
    const digest = leafDigest(treeFormat(tree), row, salt);
    digests.set(wordsOfBytes(new Uint32Array(8), digest), 8 * i);
  }
  const stored = buildTree(kernels, tree.shape, digests);
  return {
    committed: { tree, stored, cap: capOf(stored) },
    rows,
    open: (positions) => ({
      values: Uint32Array.from(positions.flatMap((i) => [...(rows.get(i) as readonly Fe[])])),
      salts: Uint32Array.from(positions.flatMap((i) => [...(salts.get(i) as Uint32Array)])),
    }),
  };
}

/** Sends masked values of the coins. */
export type Send = (label: string, count: number) => MaskedValue[];

/** An argument in front of the opening: its messages, and the claims it comes to. */
export type Argument = (ch: ProverChannel, ledger: PadLedger, send: Send) => readonly Claim[];

export interface Simulation {
  readonly parameters: Parameters;
  readonly plan: PadPlan;
  readonly groups: readonly SimulatedRows[];
  readonly ownColumns: number;
  /** None for a link, whose two groups are of one width. Of a program: what is sent before its claims, and these. */
  readonly claims: readonly PublicClaim[] | Argument;
  readonly link?: boolean;
  /** The same challenges as the channel gives, to be looked at in advance. */
  readonly ahead: Challenger;
}

export function simulateProof(
  kernels: Kernels,
  ch: ProverChannel,
  simulation: Simulation,
  coins: Coins,
): void {
  const { ext: field } = kernels;
  const { parameters, plan, groups, ownColumns, ahead } = simulation;
  const { code, pads } = parameters;
  const logDomain = code.logData + LOG_CODE_EXPANSION;
  const columns = groups.reduce((sum, { committed }) => sum + committed.tree.words, ownColumns);
  const positions = distinctPositions(ahead.challengePositions('open/positions', code.queries, logDomain));
  const own = simulateOwn(kernels, simulation, coins, positions, ahead.challengeExts('open/rho', columns));
  const padPositions = distinctPositions(
    ahead.challengePositions('pads/positions', pads.queries, pads.logCodeword),
  );
  const delta = ahead.challengeExt('pads/delta');
  const padRows = simulatePads(kernels, parameters, coins, padPositions, delta);
  writeRoot(ch, 'root/AM', own.committed);
  writeRoot(ch, 'root/PAD', padRows.committed);

  const ledger = createPadLedger(affineAlgebra(field), plan);
  let sent = 0;
  const send = (label: string, count: number): MaskedValue[] => {
    const values = coins.masked.slice(sent, (sent += count));
    ch.writeExts(label, publicRandom(values, REASON));
    return values.map((value) => ledger.record(value));
  };
  const simulated = simulation.link === true ? linkEvaluations : mergedEvaluations;
  const { point, y, yMask } = simulated(ch, ledger, simulation, columns, send);
  const rho = ch.challengeExts('open/rho', columns);
  const a = innerProduct(field, eqTable(field, point), coins.combined);
  ch.writeExts('open/a', publicRandom([a], REASON));
  ledger.assertZero(combinationForm(ledger, y, yMask, rho, a));
  innerArgument(kernels, ch, simulation, coins, point, own);

  const gamma = ch.challengeExt('pads/gamma');
  const sums = productSums(field, plan, ch.challengeExts('pads/chi', plan.products.length));
  const batch = batchConstraints(field, ledger.finish(), gamma);
  const { x, v } = coins;
  const beta = field.sub(innerProduct(field, batch.form, x), field.mul(delta, batch.value));
  const left = field.add(field.sub(sums.quadratic(x), field.mul(delta, sums.products(x))), sums.star(x));
  const u = field.sub(left, field.mul(delta, v));
  ch.writeExts('pads/sums', publicRandom([beta, u, v], REASON));
  ch.challengeExt('pads/delta');
  ch.writeExts('pads/revealed', publicRandom(x, REASON));
  ch.challengePositions('pads/positions', pads.queries, pads.logCodeword);
  writeRows(kernels, ch, padRows.committed, padPositions, padRows.open(padPositions), REASON);
}

/** The messages before the combination, whatever they hide. */
interface Evaluations {
  readonly point: readonly Ext[];
  /** One for each column; columns of a link share theirs with those of the other epoch. */
  readonly y: readonly MaskedValue[];
  readonly yMask: MaskedValue;
}

function mergedEvaluations(
  ch: ProverChannel,
  ledger: PadLedger,
  { parameters, claims: stated }: Simulation,
  columns: number,
  send: Send,
): Evaluations {
  const { algebra } = ledger;
  const { field } = algebra;
  const claims =
    typeof stated === 'function'
      ? stated(ch, ledger, send)
      : stated.map(({ weight, value }) => ({ weight, value: algebra.constant(value) }));
  const powers = powersOf(field, ch.challengeExt('merge/b'), claims.length);
  let claim = algebra.combine(claims.map(({ value }, j) => [powers[j] as Ext, value] as const));
  const point: Ext[] = [];
  for (let i = 0; i < parameters.code.logData; i++) {
    const [atZero, atInfinity] = send('merge/round', 2) as [MaskedValue, MaskedValue];
    const r = ch.challengeExt('merge/r');
    claim = boundClaim(ledger, claim, atZero, atInfinity, r);
    point.unshift(r);
  }
  const y = send('open/y', columns);
  const yMask = send('open/y-mask', 1)[0] as MaskedValue;
  const weighted = [...weightsAt(field, claims, powers, point)];
  const sum = algebra.combine(weighted.map(([l, w]) => [w, algebra.value(y[l] as MaskedValue)] as const));
  ledger.assertZero(algebra.sub(claim, sum));
  return { point, y, yMask };
}

function linkEvaluations(
  ch: ProverChannel,
  _ledger: PadLedger,
  { parameters }: Simulation,
  columns: number,
  send: Send,
): Evaluations {
  const point = ch.challengeExts('link/r', parameters.code.logData);
  const y = send('open/y', columns / 2);
  return { point, y: [...y, ...y], yMask: send('open/y-mask', 1)[0] as MaskedValue };
}

/** Own rows from the coins; rows of M solved from g'. */
function simulateOwn(
  kernels: Kernels,
  { parameters, groups, ownColumns }: Simulation,
  coins: Coins,
  positions: readonly number[],
  rho: readonly Ext[],
): SimulatedRows {
  const { ext: field } = kernels;
  const logDomain = parameters.code.logData + LOG_CODE_EXPANSION;
  const points = positions.map((position) => codePoint(field.base, logDomain, position));
  const values = encodeAt(field, coins.combined, points);
  const rows = positions.map((position, i): [number, Fe[]] => {
    const ownRow = coins.ownRows[i] as readonly Fe[];
    const row = [...groups.flatMap((group) => [...(group.rows.get(position) as readonly Fe[])]), ...ownRow];
    const others = row.reduce(
      (sum: Ext, word, l) => field.add(sum, field.mulBase(rho[l] as Ext, word)),
      field.zero,
    );
    return [position, [...ownRow, ...field.sub(values[i] as Ext, others)]];
  });
  return simulateRows(kernels, ownTree(field, parameters, ownColumns), new Map(rows), coins.hash);
}

/** h-rows from the coins; r-rows solved from x. */
function simulatePads(
  kernels: Kernels,
  { pads }: Parameters,
  coins: Coins,
  positions: readonly number[],
  delta: Ext,
): SimulatedRows {
  const { ext: field } = kernels;
  const points = positions.map((position) => codePoint(field.base, pads.logCodeword, position));
  const values = encodeAt(field, coins.x, points);
  const rows = positions.map((position, i): [number, Fe[]] => {
    const h = coins.padRows[i] as Ext;
    return [position, [...h, ...field.sub(values[i] as Ext, field.mul(delta, h))]];
  });
  return simulateRows(kernels, padTree(field, pads), new Map(rows), coins.hash);
}

/** Everything that is a function of g', and the opened rows. */
function innerArgument(
  kernels: Kernels,
  ch: ProverChannel,
  { parameters, groups }: Simulation,
  { combined }: Coins,
  point: readonly Ext[],
  own: SimulatedRows,
): void {
  const { ext: field, radix } = kernels;
  const { code } = parameters;
  const logDomain = code.logData + LOG_CODE_EXPANSION;
  const vector = packExt(combined, field);
  const inner = commitOracle(kernels, levelGeometry(parameters)[0]!, 1, vector);
  writeRoot(ch, 'open/inner-root', inner.rows);
  const positions = distinctPositions(ch.challengePositions('open/positions', code.queries, logDomain));
  for (const group of groups)
    writeRows(kernels, ch, group.committed, positions, group.open(positions), REASON);
  writeRows(kernels, ch, own.committed, positions, own.open(positions), REASON);
  const live = 2 ** (code.logData + 1);
  const words = new Uint32Array(extWords(live, field.degree));
  words.set(packExt(eqTable(field, point).map((x) => field.mulBase(x, radix)), field)); // prettier-ignore
  const form = { words, live, numVars: code.logData + 1 };
  addPowers(kernels, form, logDomain, positions, ch.challengeExt('open/eta'));
  kernels.toMontgomery(vector, vector);
  const claim = { vector: { words: vector, live: combined.length, numVars: code.logData + 1 }, form };
  proveWhir(kernels, ch, parameters, inner, claim);
}

/** Coins from words below p and words of 32 bits. */
export function drawCoins(
  field: ExtensionField,
  parameters: Parameters,
  plan: PadPlan,
  ownColumns: number,
  word: () => number,
  hash: () => number,
): Coins {
  const { code, pads } = parameters;
  const fe = (): Fe => field.base.fe(word());
  const exts = (count: number): Ext[] =>
    Array.from({ length: count }, () => Array.from({ length: field.degree }, fe));
  return {
    masked: exts(plan.exposures),
    combined: exts(2 ** code.logData + code.padLength),
    ownRows: Array.from({ length: code.queries }, () => Array.from({ length: ownColumns }, fe)),
    x: exts(pads.size + pads.queries),
    v: exts(1)[0] as Ext,
    padRows: exts(pads.queries),
    hash,
  };
}
