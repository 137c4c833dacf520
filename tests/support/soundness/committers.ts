/** Groups whose owner does not hold what its tree commits to: other cells, words that are no codewords. */
import type { Ext } from '../../../src/field/field.ts';
import { quintic } from '../../../src/field/quintic.ts';
import type { Kernels } from '../../../src/kernels/index.ts';
import { commitRows, pickRows } from '../../../src/merkle/rows-prove.ts';
import { arraySource, type ColumnSource } from '../../../src/pcs/columns.ts';
import { batchMessage } from '../../../src/pcs/commit.ts';
import type { PublicClaim } from '../../../src/pcs/claim-encoding.ts';
import type { LinearStatement } from '../../../src/pcs/linear-statement.ts';
import type { OpenableGroup } from '../../../src/pcs/open-prove.ts';
import { groupTree, type CommittedGroup, type GroupIdentity } from '../../../src/pcs/opening.ts';
import { columnCode, type Parameters } from '../../../src/params/parameters.ts';
import { S128 } from '../../../src/params/profile.ts';
import { applyWeight, codeOf, exampleWeights, linearParameters, randomCells } from '../linear.ts';
import { generator } from '../words.ts';
import { addedWord } from './bends.ts';
import { randomWords, type Setting } from './fixtures.ts';
import type { Strategy } from './strategies.ts';

/** The codewords of a source of at most sixteen columns: [n0][columns]. */
export function encodeSource(kernels: Kernels, parameters: Parameters, source: ColumnSource): Uint32Array {
  const { columns } = source;
  const codeword = new Uint32Array(columnCode(parameters.code).length * columns);
  const logN = parameters.code.logData + 2;
  kernels.encode(codeword, batchMessage(kernels, source, 0, columns), { logN, columns });
  return codeword;
}

/** Commits any words as the rows of a group. */
export function commitWords(
  kernels: Kernels,
  parameters: Parameters,
  identity: GroupIdentity,
  source: ColumnSource,
  words: Uint32Array,
): { committed: CommittedGroup; group: OpenableGroup } {
  const next = generator(4242);
  const salts = Uint32Array.from({ length: 4 * columnCode(parameters.code).length }, () => next());
  const tree = groupTree(parameters, { ...identity, cap: new Uint8Array(32) });
  const rows = commitRows(kernels, tree, words, salts);
  const open = (positions: readonly number[]) => ({
    values: pickRows(words, identity.columns, positions),
    salts: pickRows(salts, 4, positions),
  });
  return { committed: { ...identity, cap: rows.cap }, group: { source, rows, open } };
}

/** Words of a column with every word of some rows changed by what `by` says. */
function disturb(words: Uint32Array, by: (row: number) => number): Uint32Array {
  return words.map((word, row) => (word + by(row)) % quintic.base.modulus);
}

/** True claims about cells, with the weights of a statement. */
function trueClaims(weights: readonly PublicClaim[], cells: Int32Array, m: number): PublicClaim[] {
  return weights.map(({ weight }) => ({ weight, value: applyWeight(quintic, weight, cells, m) }));
}

/** Opens other cells than those that are committed; the claims hold for the other cells. */
export function otherCells(kernels: Kernels, { statement, groups, ownCells }: Setting): Strategy[] {
  const { parameters } = statement;
  const m = parameters.code.logData;
  const counts = groups.map(({ source }) => source.columns);
  const cells = randomCells(counts.reduce((a, b) => a + b, 0) * 2 ** m, 777);
  const all = Int32Array.from([...cells, ...ownCells]);
  const claimed: LinearStatement = { ...statement, claims: trueClaims(statement.claims, all, m) };
  let first = 0;
  const sources = groups.map(({ source: { columns, padLength } }) => {
    const own = cells.subarray(first * 2 ** m, (first + columns) * 2 ** m);
    first += columns;
    return arraySource(columns, own, padLength, new Uint32Array(columns * padLength));
  });
  // The rows are opened from the committed columns, wherever the prover would rather read them.
  const otherSource = groups.map((group, g) => ({
    ...group,
    source: sources[g] as ColumnSource,
    open: (positions: readonly number[]) => group.open(positions),
  }));
  const otherRows = otherSource.map((group, g): OpenableGroup => {
    const words = encodeSource(kernels, parameters, group.source);
    const open = groups[g]?.open as OpenableGroup['open'];
    return {
      ...group,
      open: (positions) => ({ ...open(positions), values: pickRows(words, group.source.columns, positions) }),
    };
  });
  const base = { alone: true, claimed, ownCells };
  return [
    { ...base, name: 'other cells, rows as committed', code: 'FINAL_SUM', groups: otherSource },
    {
      ...base,
      name: 'other cells, other rows, siblings as committed',
      code: 'MERKLE_ROOT',
      groups: otherRows,
    },
  ];
}

/** Groups of one column each that hold words near a codeword or far from every one; claims about the near codeword. */
export function badWords(kernels: Kernels): Strategy[] {
  const [m, t] = [10, 1024];
  const code = codeOf(S128, m, t);
  const single = (label: string): GroupIdentity => {
    const group = new Uint8Array(8).fill(label.charCodeAt(0));
    return { label, group, epoch: 0, lifetime: 'static', columns: 1, uses: 1 };
  };
  const build = (
    name: string,
    words: readonly ((codeword: Uint32Array) => Uint32Array)[],
    ownWord?: Uint32Array,
  ): Strategy => {
    const own = ownWord === undefined ? 0 : 1;
    const ownCells = randomWords(own * 2 ** m, 32);
    const identities = words.map((_, g) => single(`bad${g}`));
    const weights = exampleWeights(quintic, words.length + own, m, 9).map((weight) => ({
      weight,
      value: [] as Ext,
    }));
    const parameters = linearParameters(S128, code, identities, weights.length, own);
    const cells = randomCells(words.length * 2 ** m, 31);
    const made = identities.map((identity, g) => {
      const own = cells.subarray(g * 2 ** m, (g + 1) * 2 ** m);
      const source = arraySource(1, own, t, new Uint32Array(t).fill(5));
      const honest = encodeSource(kernels, parameters, source);
      return commitWords(
        kernels,
        parameters,
        identity,
        source,
        (words[g] as (w: Uint32Array) => Uint32Array)(honest),
      );
    });
    const claimed = {
      parameters,
      groups: made.map(({ committed }) => committed),
      ownColumns: own,
      claims: trueClaims(weights, Int32Array.from([...cells, ...ownCells]), m),
      context: new Uint8Array(0),
    };
    const groups = made.map(({ group }) => group);
    const bend = ownWord && addedWord(own + quintic.degree, 0, ownWord);
    return { name, code: 'FINAL_SUM', alone: true, claimed, groups, ownCells, ...(bend && { bend }) };
  };
  const P = quintic.base.modulus;
  const third = (row: number): number => (row % 10 < 3 ? 1 : 0);
  const tail = higherDegree(kernels, m, t);
  return [
    build('30 % of the positions wrong', [(w) => disturb(w, third)]),
    build('a polynomial of degree k0', [(w) => disturb(w, (row) => tail[row] as number)]),
    build('two words far from the code whose sum is a codeword', [
      (w) => disturb(w, (row) => tail[row] as number),
      (w) => disturb(w, (row) => P - (tail[row] as number)),
    ]),
    build('an own column of degree k0', [(w) => w], tail),
    build(
      'a word of a group and one of its own, far from the code, whose sum is a codeword',
      [(w) => disturb(w, (row) => tail[row] as number)],
      tail.map((word) => (P - word) % P),
    ),
  ];
}

/** The word of X^k0. */
function higherDegree(kernels: Kernels, m: number, t: number): Uint32Array {
  const message = new Uint32Array(2 ** m + t + 1);
  message[2 ** m + t] = 1;
  const word = new Uint32Array(2 ** (m + 2));
  kernels.encode(word, message, { logN: m + 2, columns: 1 });
  return word;
}
