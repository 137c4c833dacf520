/**
 * WHIR in the clear: the prover's side of `verify.ts`, the same messages in the same order. The vector is uniformly
 * random, so everything sent here is public randomness.
 */
import { bitReverse } from '../../field/domain.ts';
import type { Ext } from '../../field/field.ts';
import type { Kernels } from '../../kernels/contract.ts';
import { extWords, packExt, readExt, unpackExt } from '../../kernels/contract/layout.ts';
import { hotWords } from '../../kernels/memory/hot.ts';
import type { Multilinear } from '../../kernels/contract/sumcheck.ts';
import { decodeDigests } from '../../merkle/digests.ts';
import { commitRows, pickRows, writeRows, type CommittedRows } from '../../merkle/rows-prove.ts';
import { distinctPositions } from '../../merkle/rows-verify.ts';
import { levelGeometry, type LevelGeometry } from '../../params/parameters.ts';
import { publicRandom } from '../../secret/released.ts';
import type { ProverChannel } from '../../transcript/prover.ts';
import { whirTree, type WhirParameters } from './verify.ts';

const REASON = 'a function of the uniformly random vector of the inner argument';

/** An oracle of the inner argument: the codeword's rows and the tree over them. */
export interface WhirOracle {
  readonly rows: CommittedRows;
  /** [2^logCodeword][columns * d]. */
  readonly codeword: Uint32Array;
}

/**
 * Encodes and hashes a level's vector; codeword and tree lie in the current scope of the kernel memory.
 *
 * @param vector K array of columns * 2^logColumn elements, plain words
 * @param j the level, from 1
 */
export function commitOracle(
  kernels: Kernels,
  level: LevelGeometry,
  j: number,
  vector: Uint32Array,
): WhirOracle {
  const { degree } = kernels.ext;
  const columns = level.columns * degree;
  const codeword = hotWords(kernels, columns * 2 ** level.logCodeword);
  kernels.memory.scope(() => {
    const message = limbRows(kernels, vector, level.columns, 2 ** level.logColumn);
    kernels.encode(codeword, message, { logN: level.logCodeword, columns });
  });
  return { rows: commitRows(kernels, whirTree(kernels.ext, level, j), codeword, null), codeword };
}

/** Columns over K as rows of limbs; columns shorter than a block of the layout go one element at a time. */
function limbRows(kernels: Kernels, vector: Uint32Array, columns: number, length: number): Uint32Array {
  const { degree } = kernels.ext;
  const rows = hotWords(kernels, columns * length * degree);
  if (length % 4 === 0) {
    kernels.kRows(rows, vector, columns);
    return rows;
  }
  for (let c = 0; c < columns; c++) {
    for (let i = 0; i < length; i++) {
      rows.set(readExt(vector, c * length + i, degree), (i * columns + c) * degree);
    }
  }
  return rows;
}

/** Writes the root of an oracle. */
export function writeRoot(ch: ProverChannel, label: string, oracle: CommittedRows): void {
  ch.writeDigests(
    label,
    publicRandom(decodeDigests(oracle.cap), 'a root of salted or publicly random leaves'),
  );
}

/** The claim <vector, form> that the argument carries along; both over K, Montgomery forms. */
export interface WhirClaim {
  readonly vector: Multilinear;
  readonly form: Multilinear;
}

/**
 * @param oracle G_1, whose root is already sent
 * @param claim on v_1; its arrays are overwritten
 */
export function proveWhir(
  kernels: Kernels,
  ch: ProverChannel,
  parameters: WhirParameters,
  oracle: WhirOracle,
  claim: WhirClaim,
): void {
  const levels = levelGeometry(parameters);
  let current = claim;
  let opened = oracle;
  for (const [index, level] of levels.entries()) {
    const bound = proveRounds(kernels, ch, level, current);
    const next = levels[index + 1];
    const plain = plainWords(kernels, bound.vector);
    if (next === undefined) {
      const final = unpackExt(plain, bound.vector.live, ch.field.degree);
      ch.writeExts('whir/final', publicRandom(final, REASON));
      openRows(kernels, ch, level, opened);
      return;
    }
    const nextOracle = commitOracle(kernels, next, index + 2, plain);
    writeRoot(ch, 'whir/root', nextOracle.rows);
    const positions = openRows(kernels, ch, level, opened);
    const eta = ch.challengeExt('whir/eta');
    addPowers(kernels, bound.form, level.logCodeword, positions, eta);
    current = bound;
    opened = nextOracle;
  }
}

/** The level's sumcheck; returns the claim with the level's variables bound. */
function proveRounds(kernels: Kernels, ch: ProverChannel, level: LevelGeometry, claim: WhirClaim): WhirClaim {
  let { vector, form } = claim;
  let values = kernels.productRound([[vector, form]]);
  for (let i = 0; i < level.logFold; i++) {
    ch.writeExts('whir/round', publicRandom([values.at0, values.atInfinity], REASON));
    const r = ch.challengeExt('whir/gamma');
    if (i === level.logFold - 1) {
      vector = kernels.bind(vector.words, vector, r);
      form = kernels.bind(form.words, form, r);
    } else {
      const next = kernels.bindProductRound([vector.words, form.words], [[vector, form]], r);
      [[vector, form]] = next.pairs as [[Multilinear, Multilinear]];
      values = next.values;
    }
  }
  return { vector, form };
}

/** Draws the level's positions, opens the rows there; returns the positions. */
function openRows(kernels: Kernels, ch: ProverChannel, level: LevelGeometry, oracle: WhirOracle): number[] {
  const positions = distinctPositions(
    ch.challengePositions('whir/positions', level.queries, level.logCodeword),
  );
  const values = pickRows(oracle.codeword, oracle.rows.tree.words, positions);
  writeRows(kernels, ch, oracle.rows, positions, { values, salts: null }, REASON);
  return positions;
}

/**
 * form += sum_i eta^(i+1) pow(x_i), x_i the point of the i-th stored row: one transposed transform, not one pass a point.
 *
 * @param form Montgomery forms, written out up to `live`
 */
export function addPowers(
  kernels: Kernels,
  form: Multilinear,
  logDomain: number,
  rows: readonly number[],
  eta: Ext,
): void {
  const { ext, radix } = kernels;
  const weights: Ext[] = [];
  let power = ext.mulBase(ext.one, radix);
  for (let i = 0; i < rows.length; i++) weights.push((power = ext.mul(power, eta)));
  const exponents = rows.map((row) => bitReverse(row, logDomain));
  const words = extWords(form.live, ext.degree);
  const target = form.words.subarray(0, words);
  kernels.memory.scope(() => {
    const sum = hotWords(kernels, words);
    kernels.evaluateAtTransposed(sum, packExt(weights, ext), logDomain, exponents, form.live);
    kernels.add(target, target, sum);
  });
}

/** The written part of a multilinear as plain words. */
function plainWords(kernels: Kernels, a: Multilinear): Uint32Array {
  const words = a.words.subarray(0, extWords(a.live, kernels.ext.degree));
  const plain = hotWords(kernels, words.length);
  kernels.fromMontgomery(plain, words);
  return plain;
}
