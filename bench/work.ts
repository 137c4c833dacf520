/**
 * How much work a kernel call is, from the sizes of its arguments: what a floor is computed from, and what does not change
 * with the machine. Multiplications are products of two words of F or of a word and a weight (one of K by one of K
 * counts 25, by Karatsuba-free definition); hashes are compressions of BLAKE3; bytes are those of all operands.
 */
import { bitReverse } from '../src/field/domain.ts';
import { leafWords, type LeafFormat } from '../src/hash/leaf.ts';
import { subtreesOf } from '../src/kernels/wasm/evaluate-subtrees.ts';
import { layersFor } from '../src/kernels/wasm/sites.ts';
import type { Kernels } from '../src/kernels/index.ts';
import type { CodeShape, Message, PaddedMessage } from '../src/kernels/contract/ntt.ts';
import type { Fractions, LeafRun } from '../src/kernels/contract/lookup-tree.ts';
import type { Multilinear } from '../src/kernels/contract/sumcheck.ts';

export interface Work {
  readonly multiplications: number;
  readonly hashes: number;
  readonly bytes: number;
}

export function noWork(): Work {
  return { multiplications: 0, hashes: 0, bytes: 0 };
}

type Args = readonly unknown[];
type Count = (args: Args, kernels: Kernels) => number;

const length = (array: unknown): number => (array as ArrayLike<number>).length;
const blocks = (words: number): number => Math.max(1, Math.ceil(words / 16));

/** Products in K that a round of these multilinears takes, for each of its two values. */
const roundProducts = (pairs: unknown): number =>
  (pairs as readonly (readonly [Multilinear, Multilinear])[]).reduce(
    (sum, [a, b]) => sum + 2 * Math.min(a.live, b.live, 2 ** (a.numVars - 1)),
    0,
  );
const boundElements = (a: unknown): number => {
  const { live, numVars } = a as Multilinear;
  return Math.min(live, 2 ** (numVars - 1));
};

/** One split layer of a coset is half a product an element; a padded message is folded with one product an element. */
function encodeProducts(out: number, message: Message | PaddedMessage, code: CodeShape): number {
  const rows = ('pad' in message ? message.data.length : message.length) / code.columns;
  const log = Math.floor(Math.log2(rows));
  const fold = 'pad' in message ? message.pad.length / message.data.length : 0;
  return out * (log / 2 + fold);
}

/** Of the sums over blocks and of the layers above them; what follows on a subtree's rows alone is not counted. */
function evaluateProducts(
  message: PaddedMessage,
  { logN, columns }: CodeShape,
  positions: ArrayLike<number>,
): number {
  const rows = message.data.length / columns;
  const logCoset = Math.floor(Math.log2(rows));
  const padRows = message.pad.length / columns;
  const { log, indices } = subtreesOf({ rows, padRows, logCoset }, logN, positions) ?? { log: 0 };
  const sites = indices?.map((index) => bitReverse(index, logN - log)) ?? Array.from(positions);
  const layers = layersFor({ logN: logN - log, logCoset: logCoset - log }, sites);
  const cosets = new Set(sites.map((i) => i % 2 ** (logN - logCoset))).size;
  return rows * columns * ((cosets * layers) / 2 + sites.length / 2 ** layers);
}

const MULTIPLICATIONS: Record<string, Count> = {
  encodeCoset: ([out, message, code]) =>
    encodeProducts(length(out), message as PaddedMessage, code as CodeShape),
  encode: ([out, message, code]) => encodeProducts(length(out), message as PaddedMessage, code as CodeShape),
  evaluateAt: ([, message, code, positions]) =>
    evaluateProducts(message as PaddedMessage, code as CodeShape, positions as number[]),
  evaluateAtTransposed: ([out, , logN, positions], { ext }) => {
    const k = length(out) / ext.degree;
    const logCoset = Math.floor(Math.log2(k));
    const layers = layersFor({ logN: logN as number, logCoset }, positions as number[]);
    return length(out) * ((4 * layers) / 2 + length(positions) / 2 ** layers);
  },
  foldRows: ([, w], { ext }) => matrixEntries(w) * ext.degree,
  foldColumns: ([, w], { ext }) => matrixEntries(w) * ext.degree,
  weightedRows: ([, matrix], { ext }) => length(matrix) * ext.degree,
  weightedColumns: ([, matrix], { ext }) => length(matrix) * ext.degree,
  weightedRowsAdd: ([, matrix], { ext }) => length(matrix) * ext.degree,
  productRound: ([pairs], { ext }) => roundProducts(pairs) * ext.degree ** 2,
  bindProductRound: ([, pairs], { ext }) => {
    const arrays = (pairs as readonly (readonly [Multilinear, Multilinear])[]).flat();
    const bound = arrays.reduce((sum, a) => sum + boundElements(a), 0);
    return (bound + roundProducts(pairs) / 2) * ext.degree ** 2;
  },
  leafRound: ([columns], { ext }) => 2 * length((columns as readonly Uint32Array[])[0]) * ext.degree ** 2,
  lookupLeaves: ([, columns], { ext }) => {
    const own = columns as readonly Uint32Array[];
    return own.length * length(own[0]) * ext.degree;
  },
  fractionLayer: ([, , x], { ext }) => {
    const { live, numVars, units = 0 } = x as Fractions;
    const half = 2 ** (numVars - 1);
    const [nodes, plain] = [Math.max(0, live - half), Math.max(0, units - half)];
    return (3 * (nodes - plain) + plain) * ext.degree ** 2; // above two units only the denominator is a product
  },
  leafNodes: ([p, , , runs], { ext }) =>
    (length(p) / ext.degree) *
    leafNodeProducts(
      (runs as readonly LeafRun[]).map(({ betas }) => betas.length),
      ext.degree,
    ),
  bind: ([, a], { ext }) => boundElements(a) * ext.degree ** 2,
  eqTable: ([out], { ext }) => length(out) * ext.degree,
  kDot: ([a], { ext }) => length(a) * ext.degree,
  toMontgomery: ([out]) => length(out),
  fromMontgomery: ([out]) => length(out),
};

/** Products of F for a fraction above leaves of so many columns: leaves, a product for two, three for four. */
function leafNodeProducts(columns: readonly number[], degree: number): number {
  let products = columns.length > 2 ? 3 * degree ** 2 : 0;
  for (let k = 0; k < columns.length; k += 2) {
    const [a, b] = [columns[k] as number, columns[k + 1] as number];
    products += a + b === 2 ? 5 * degree + 1 : (a + b) * degree + degree ** 2;
  }
  return products;
}

function matrixEntries(w: unknown): number {
  const { rows, columns } = w as { readonly rows: number; readonly columns: number };
  return rows * columns;
}

const HASHES: Record<string, Count> = {
  hashLeaves: ([digests, format]) => (length(digests) / 8) * blocks(leafWords(format as LeafFormat)),
  absorbLeaves: ([, format, column, values, width]) => {
    const { columns } = format as LeafFormat;
    const salt = column === 0 ? leafWords(format as LeafFormat) - columns : 0;
    return (length(values) / (width as number)) * blocks((width as number) + salt);
  },
  hashParents: ([parents]) => length(parents) / 8,
  hashTree: ([, leaves, cap]) => (leaves as number) - (cap as number),
  expandWords: ([out]) => length(out) / 16,
  expandUniform: ([out]) => length(out) / 16,
};

/** Bytes of calls that touch but a part of their arrays, or parts of them many times. */
const BYTES: Record<string, Count> = {
  kWeave: ([, source]) => 8 * length(source),
  kAddLines: ([, , width, pairs], { ext }) => 3 * 4 * (width as number) * ext.degree * (length(pairs) / 2),
};

/** Bytes of the typed arrays among the arguments, at any depth. */
function operandBytes(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value) && typeof value[0] === 'number') return 0;
  return Object.values(value).reduce((sum: number, part) => sum + operandBytes(part), 0);
}

/** The work of one call. */
export function workOf(kernel: string, args: Args, kernels: Kernels): Work {
  return {
    multiplications: Math.round(MULTIPLICATIONS[kernel]?.(args, kernels) ?? 0),
    hashes: Math.round(HASHES[kernel]?.(args, kernels) ?? 0),
    bytes: BYTES[kernel]?.(args, kernels) ?? args.reduce((sum: number, arg) => sum + operandBytes(arg), 0),
  };
}
