/** Rows of a codeword at given positions, without the codeword. */
import type { Fe } from '../../field/field.ts';
import { checkLength } from '../contract/checks.ts';
import { checkedMessage, checkPositions, type MessageShape } from '../contract/ntt-checks.ts';
import type { CodeShape, Message, PaddedMessage } from '../contract/ntt.ts';
import { inColumnBatches } from './columns.ts';
import { evaluateSubtrees, subtreesOf } from './evaluate-subtrees.ts';
import { messageKind, type NttContext } from './ntt-context.ts';
import { createSites, layersFor, passes, shareSlices, type Sites } from './sites.ts';

/** Words of a slice: 256 KiB, in a level-2 cache. */
const SLICE_WORDS = 1 << 16;
/** Rows of a slice at most, and at least when columns are many (then columns are sliced, too). */
const MAX_ROWS = 256;
const MIN_ROWS = 8;
/** Messages with less rows than 2^3 go to the definition. */
const MIN_LOG_COSET = 3;

/** See the contract. */
export function evaluateAt(
  context: NttContext,
  out: Uint32Array,
  message: Message | PaddedMessage,
  code: CodeShape,
  positions: ArrayLike<number>,
): void {
  const parts = checkedMessage(context.F, message, code);
  checkPositions(positions, code.logN);
  checkLength('out', out, positions.length * code.columns);
  if (parts.logCoset < MIN_LOG_COSET) return context.definition.evaluateAt(out, message, code, positions);
  const subtrees = subtreesOf(parts, code.logN, positions);
  const { arena } = context.engine;
  const sumBytes =
    4 * code.columns * (subtrees === undefined ? 0 : subtrees.indices.length * 2 ** subtrees.log);
  if (subtrees !== undefined && 2 * sumBytes < arena.capacityBytes - arena.usedBytes) {
    return evaluateSubtrees(context, out, code, positions, subtrees, (sums, wide, at) =>
      evaluateSome(context, sums, halved(parts, subtrees.log), wide, at),
    );
  }
  evaluateSome(context, out, parts, code, positions);
}

/** The same words as 2^-log as many rows. */
function halved(parts: MessageShape, log: number): MessageShape {
  const [rows, padRows, k] = [parts.rows / 2 ** log, parts.padRows / 2 ** log, parts.k / 2 ** log];
  return { ...parts, rows, padRows, k, logCoset: parts.logCoset - log };
}

function evaluateSome(
  context: NttContext,
  out: Uint32Array,
  parts: MessageShape,
  code: CodeShape,
  positions: ArrayLike<number>,
): void {
  for (const [first, some] of passes(positions)) {
    const rows = out.subarray(first * code.columns, (first + some.length) * code.columns);
    evaluatePass(context, rows, parts, code, some);
  }
}

function evaluatePass(
  context: NttContext,
  out: Uint32Array,
  { data, pad, rows, padRows, logCoset }: MessageShape,
  code: CodeShape,
  positions: readonly number[],
): void {
  const { arena, pool } = context.engine;
  const shape = sliceShape(code, logCoset, positions);
  const shares = shareSlices(2 ** (shape.logCoset - shape.layers) / shape.rows, pool.threads);
  arena.scope(() => {
    const sites = createSites(context, shape, positions);
    const partialBytes = 4 * shares.length * positions.length * shape.rowWords;
    const spare = { fixed: partialBytes + 4096, perColumn: 0 };
    const operands = [
      { array: data, rows, role: 'in' },
      { array: pad, rows: padRows, role: 'in' },
    ] as const;
    inColumnBatches(context.engine, code.columns, operands, spare, (addresses, columns, firstColumn) => {
      for (let column = 0; column < columns; column += shape.rowWords) {
        arena.scope(() => {
          const width = Math.min(shape.rowWords, columns - column);
          const rowWords = width === 1 ? 1 : 4 * Math.ceil(width / 4);
          const descriptor = sites.describe({
            rowWords,
            rows,
            data: (addresses[0] as number) + column * data.BYTES_PER_ELEMENT,
            kind: messageKind(data),
            columns,
            width,
            pad: padRows === 0 ? 0 : (addresses[1] as number) + 4 * column,
            padRows,
          });
          const partials = shares.map(() => arena.u32(positions.length * rowWords));
          pool.run(
            shares.map(([first, count], t) => [
              'evaluateSlices',
              descriptor,
              first,
              count,
              (partials[t] as Uint32Array).byteOffset,
            ]),
          );
          addPartials(context, partials, sites, rowWords, width, out, code.columns, firstColumn + column);
        });
      }
    });
  });
}

/** Slice rows and columns for a code: `rowWords` is the most columns of a slice. */
function sliceShape(code: CodeShape, logCoset: number, positions: readonly number[]) {
  const { logN } = code;
  const layers = layersFor({ logN, logCoset }, positions);
  const perLayer = SLICE_WORDS / 2 ** layers;
  const padded = code.columns === 1 ? 1 : 4 * Math.ceil(code.columns / 4);
  const rowWords = Math.min(padded, perLayer / MIN_ROWS);
  const rows = Math.min(MAX_ROWS, 2 ** (logCoset - layers), 2 ** Math.floor(Math.log2(perLayer / rowWords)));
  return { logN, logCoset, layers, rows, rowWords };
}

/** out[position][firstColumn + c] = sum of the tasks' partial sums. */
function addPartials(
  { F }: NttContext,
  partials: readonly Uint32Array[],
  { order }: Sites,
  rowWords: number,
  width: number,
  out: Uint32Array,
  outColumns: number,
  firstColumn: number,
): void {
  order.forEach((position, s) => {
    for (let c = 0; c < width; c++) {
      const total = partials.reduce((sum: Fe, words) => F.add(sum, words[s * rowWords + c] as Fe), F.zero);
      out[position * outColumns + firstColumn + c] = total;
    }
  });
}
