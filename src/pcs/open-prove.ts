/** The opening of committed columns: the prover's side of `open-verify.ts`, the same messages in the same order. */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { BLOCK, extWords, packExt } from '../kernels/contract/layout.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import type { Multilinear } from '../kernels/contract/sumcheck.ts';
import { writeRows, type CommittedRows, type OpenedRows } from '../merkle/rows-prove.ts';
import { distinctPositions } from '../merkle/rows-verify.ts';
import type { MaskedValue } from '../pads/affine.ts';
import type { ProverPads } from '../pads/pads-prove.ts';
import { proveSumcheck } from '../pads/sumcheck-prove.ts';
import {
  columnCode,
  levelGeometry,
  LOG_CODE_EXPANSION,
  type LevelGeometry,
  type Parameters,
} from '../params/parameters.ts';
import { publicRandom } from '../secret/released.ts';
import type { ProverChannel } from '../transcript/prover.ts';
import { BATCH_COLUMNS, inBatches, type ColumnSource } from './columns.ts';
import { addCombination } from './fold-prove.ts';
import { mergeOracle } from './merge-prove.ts';
import type { Claim } from './opening.ts';
import { combinationForm, powersOf, weightsAt } from './open-verify.ts';
import { residentGroups } from './resident-prove.ts';
import { noMark, type Mark } from './steps-prove.ts';
import { addPowers, commitOracle, proveWhir, writeRoot } from './whir/prove.ts';

/** A committed group with what its owner knows. */
export interface OpenableGroup {
  readonly source: ColumnSource;
  readonly rows: CommittedRows;
  /**
   * The rows at some positions, kept or recomputed.
   * @param source the same columns, where they are quicker to read
   */
  open(positions: readonly number[], source?: ColumnSource): OpenedRows;
  /** Whether its columns lie in kernel memory, while the scope lasts that it was made in, has been decided (`residentGroups`). */
  readonly resident?: true;
}

/** Everything that is committed before the first challenge, as the prover knows it. */
export interface OpenableTrees {
  readonly parameters: Parameters;
  /** Groups with trees of their own, in the order of their columns. */
  readonly groups: readonly OpenableGroup[];
  /** The proof's own columns and, behind them, the d base columns of the mask. */
  readonly own: OpenableGroup;
}

export function proveOpening(
  kernels: Kernels,
  ch: ProverChannel,
  pads: ProverPads,
  openable: OpenableTrees,
  claims: readonly Claim[],
  mark: Mark = noMark,
): void {
  mark('merge');
  const { ext: field } = kernels;
  const { parameters } = openable;
  const cells = 2 ** parameters.code.logData;
  const groups = residentGroups(kernels, openable.groups, cells);
  const trees = { ...openable, groups };
  const { algebra } = pads.ledger;
  const sources = sourcesOf(trees);
  const columns = sources.reduce((sum, source) => sum + source.columns, 0) - field.degree;

  const b = ch.challengeExt('merge/b');
  const powers = powersOf(field, b, claims.length);
  const claimed = algebra.combine(claims.map(({ value }, j) => [powers[j] as Ext, value] as const));
  // What merges needs is gone before rows are opened, which takes the same memory.
  const { merged, values } = kernels.memory.scope(() => {
    const oracle = mergeOracle(kernels, sources, claims, powers, parameters.code.logData);
    mark('merge rounds');
    const merged = proveSumcheck(pads, ch, 'merge', parameters.code.logData, claimed, oracle);
    return { merged, values: oracle.values() };
  });
  const y = pads.send(ch, 'open/y', values.slice(0, columns));
  const yMask = pads.send(ch, 'open/y-mask', [maskValue(kernels, values.slice(columns))])[0] as MaskedValue;
  const weighted = [...weightsAt(field, claims, powers, merged.point)];
  const sum = algebra.combine(weighted.map(([l, w]) => [w, algebra.value(y[l] as MaskedValue)] as const));
  pads.ledger.assertZero(algebra.sub(merged.claim, sum));

  mark('combination and inner argument');
  proveCombination(kernels, ch, pads, trees, merged.point, y, yMask);
}

/** Everything behind the evaluations: `verifyCombination` with its messages. */
export function proveCombination(
  kernels: Kernels,
  ch: ProverChannel,
  pads: ProverPads,
  trees: OpenableTrees,
  point: readonly Ext[],
  y: readonly MaskedValue[],
  yMask: MaskedValue,
): void {
  const { parameters } = trees;
  const sources = sourcesOf(trees);
  const rho = ch.challengeExts('open/rho', y.length);
  const combined = combination(kernels, parameters, sources, [...rho, ...basis(kernels)]);
  const { a, form } = evaluationForm(kernels, parameters, combined, point);
  ch.writeExts('open/a', publicRandom([a], "a function of g', which the mask makes uniform"));
  pads.ledger.assertZero(combinationForm(pads.ledger, y, yMask, rho, a));

  const first = levelGeometry(parameters)[0] as LevelGeometry;
  const inner = commitOracle(kernels, first, 1, combined);
  writeRoot(ch, 'open/inner-root', inner.rows);
  const positions = openGroups(kernels, ch, trees);
  const eta = ch.challengeExt('open/eta');
  addPowers(kernels, form, parameters.code.logData + LOG_CODE_EXPANSION, positions, eta);
  kernels.toMontgomery(combined, combined);
  const live = columnCode(parameters.code).dimension;
  const vector = { words: combined, live, numVars: parameters.code.logData + 1 };
  proveWhir(kernels, ch, parameters, inner, { vector, form });
}

/** All columns of the opening: the groups', then the proof's own and the base columns of the mask. */
function sourcesOf(trees: OpenableTrees): ColumnSource[] {
  return [...trees.groups.map((group) => group.source), trees.own.source];
}

/** 1, x, .., x^(d-1): the coefficients of the mask's base columns. */
function basis(kernels: Kernels): Ext[] {
  const { ext } = kernels;
  return Array.from({ length: ext.degree }, (_, e) =>
    ext.fromLimbs(ext.zero.map((_z, i) => (i === e ? 1 : 0))),
  );
}

/** sum_e x^e values[e]: the mask's value from those of its base columns. */
export function maskValue(kernels: Kernels, values: readonly Ext[]): Ext {
  const { ext } = kernels;
  return basis(kernels).reduce(
    (sum: Ext, power, e) => ext.add(sum, ext.mul(power, values[e] as Ext)),
    ext.zero,
  );
}

/** Cells that a combination reads at once: every batch of columns passes over all of g'. */
const COMBINED_CELLS = 2 ** 26;

/**
 * g' = sum over base columns of coefficient * column, cells and pads: a K array of k0 elements, plain words, in the current
 * scope.
 */
function combination(
  kernels: Kernels,
  parameters: Parameters,
  sources: readonly ColumnSource[],
  coefficients: readonly Ext[],
): Uint32Array {
  const { degree } = kernels.ext;
  const cells = 2 ** parameters.code.logData;
  const { padLength } = parameters.code;
  const whole = hotWords(kernels, extWords(cells + padLength, degree)).fill(0);
  const data = whole.subarray(0, extWords(cells, degree));
  const pads =
    cells % BLOCK === 0 ? whole.subarray(data.length) : new Uint32Array(extWords(padLength, degree));
  let base = 0;
  const most = Math.max(BATCH_COLUMNS, Math.floor(COMBINED_CELLS / cells));
  for (const source of sources) {
    const add = (first: number, count: number): void => {
      const e = packExt(coefficients.slice(base, base + count), kernels.ext);
      addCombination(kernels, data, source.data(first, count), count, cells, e);
      kernels.memory.scope(() => {
        const target = pads.subarray(0, extWords(source.padLength, degree));
        const into = hotWords(kernels, count * source.padLength);
        addCombination(kernels, target, source.pads(first, count, into), count, source.padLength, e);
      });
      base += count;
    };
    inBatches(source, add, most);
  }
  if (cells % BLOCK !== 0) copyElements(whole, cells, pads, padLength, degree);
  return whole;
}

/** For toy sizes, where the pads do not begin with a block. */
function copyElements(to: Uint32Array, at: number, from: Uint32Array, count: number, degree: number): void {
  const word = (i: number, j: number): number => (i >> 2) * BLOCK * degree + BLOCK * j + (i & 3);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < degree; j++) to[word(at + i, j)] = from[word(i, j)] as number;
  }
}

/**
 * w_r as a multilinear, Montgomery forms, and a = <g', w_r>. The form is written out on all 2^(m+1) cells: g' ends at k0,
 * but the powers that join the form do not, and a sumcheck sees them beyond g' as soon as a variable is bound.
 */
function evaluationForm(
  kernels: Kernels,
  parameters: Parameters,
  combined: Uint32Array,
  point: readonly Ext[],
): { a: Ext; form: Multilinear } {
  const { ext, radix } = kernels;
  const live = 2 ** (parameters.code.logData + 1);
  const words = hotWords(kernels, extWords(live, ext.degree));
  const data = words.subarray(0, extWords(2 ** parameters.code.logData, ext.degree));
  words.fill(0, data.length);
  kernels.eqTable(data, point, ext.one);
  // kDot divides by R for each of its Montgomery operands; g' is plain here.
  const a = ext.mulBase(kernels.kDot(combined.subarray(0, data.length), data), radix);
  return { a, form: { words, live, numVars: parameters.code.logData + 1 } };
}

/** Draws the positions of the outer code and opens every tree there. */
function openGroups(kernels: Kernels, ch: ProverChannel, trees: OpenableTrees): number[] {
  const { code } = trees.parameters;
  const drawn = ch.challengePositions('open/positions', code.queries, code.logData + LOG_CODE_EXPANSION);
  const positions = distinctPositions(drawn);
  for (const group of trees.groups) {
    writeRows(
      kernels,
      ch,
      group.rows,
      positions,
      group.open(positions),
      'rows within the budget of their pads',
    );
  }
  const reason = 'rows of columns that this proof alone opens, and of its mask';
  writeRows(kernels, ch, trees.own.rows, positions, trees.own.open(positions), reason);
  return positions;
}
