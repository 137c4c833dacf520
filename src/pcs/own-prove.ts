/**
 * What a proof commits for itself: its own columns, padded with q0 uniform coefficients each, and the mask M, uniform in
 * cells and pads alike, as d base columns behind them. Drawn from the proof's key, opened by this proof alone.
 */
import type { Kernels } from '../kernels/contract.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import { columnCode, type Parameters } from '../params/parameters.ts';
import type { MaskSource } from '../random/masks.ts';
import { arraySource, type ColumnSource } from './columns.ts';
import { commitColumns, type Keep } from './commit.ts';
import { openColumns } from './rows-prove.ts';
import { drawSalts, drawUniform, MASK_CELLS, MASK_PADS, OWN_PADS, OWN_SALTS_AT } from './masks-prove.ts';
import type { OpenableGroup } from './open-prove.ts';
import { ownTree } from './opening.ts';

/** Words of the longest codeword that is kept: 1 GiB. Of a longer one the opened rows are computed again, at a tenth of what making it took. */
export const MOST_KEPT_WORDS = 2 ** 28;

/** Made and opened in one proof: rows are kept, and the lowest layers of the tree are hashed again where it is opened. */
function keepOf(words: number): Keep {
  return { absentLayers: 4, codeword: words <= MOST_KEPT_WORDS, scoped: true };
}

/**
 * Commits a proof's own columns and its mask. What it returns lies in the current scope of the kernel memory.
 *
 * @param cells words of F, [columns][2^m]
 * @param room [columns + d][2^m] with `cells` at its head, whose end this call fills; default: in the current scope
 */
export function commitOwn(
  kernels: Kernels,
  source: MaskSource,
  parameters: Parameters,
  columns: number,
  cells: Uint32Array,
  room?: Uint32Array,
): OpenableGroup {
  const { code } = parameters;
  const { degree } = kernels.ext;
  const n = 2 ** code.logData;
  const all = room ?? hotWords(kernels, (columns + degree) * n);
  const pads = hotWords(kernels, (columns + degree) * code.padLength);
  if (room === undefined) all.set(cells);
  pads.fill(0, 0, columns * code.padLength); // own columns have q0 pads each, then zeros
  for (let c = 0; c < columns; c++) {
    const pad = pads.subarray(c * code.padLength, c * code.padLength + code.queries);
    drawUniform(kernels, source, pad, OWN_PADS, c);
  }
  for (let e = 0; e < degree; e++) {
    const at = columns + e;
    drawUniform(kernels, source, all.subarray(at * n, (at + 1) * n), MASK_CELLS, e);
    drawUniform(kernels, source, pads.subarray(at * code.padLength, (at + 1) * code.padLength), MASK_PADS, e);
  }
  const salts = drawSalts(source, OWN_SALTS_AT, columnCode(code).length);
  const columnSource: ColumnSource = arraySource(columns + degree, all, code.padLength, pads);
  const rows = commitColumns(
    kernels,
    code,
    ownTree(kernels.ext, parameters, columns),
    columnSource,
    salts,
    keepOf((columns + degree) * columnCode(code).length),
  );
  return {
    source: columnSource,
    rows,
    open: (positions) => openColumns(kernels, code, rows, columnSource, salts, positions),
  };
}
