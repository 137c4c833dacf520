/** The transpose of evaluation at positions, over K. */
import { readExt, writeExt } from '../contract/layout.ts';
import { checkTransposed, cosetLog } from '../contract/ntt-checks.ts';
import type { NttContext } from './ntt-context.ts';
import { createSites, layersFor, MAX_SITES, passes, shareSlices } from './sites.ts';

/** Words of a slice at most: with the roots they fit the scratch region. */
const SLICE_WORDS = 96 * 1024;
const MAX_ROWS = 256;
/** Outputs shorter than 2^3 go to the definition. */
const MIN_LOG_COSET = 3;

/** See the contract. An output outside the arena is made inside as a whole: at most 2^24 elements. */
export function evaluateAtTransposed(
  context: NttContext,
  out: Uint32Array,
  eta: Uint32Array,
  logN: number,
  positions: ArrayLike<number>,
  k: number,
): void {
  const { engine, F, K } = context;
  checkTransposed(F, K.degree, out, eta, logN, positions, k);
  if (positions.length === 0 || cosetLog(k) < MIN_LOG_COSET) {
    return context.definition.evaluateAtTransposed(out, eta, logN, positions, k);
  }
  const { arena } = engine;
  arena.scope(() => {
    const inside = arena.holds(out) ? out : arena.u32(out.length);
    // More positions than one pass takes: the passes are added up.
    const sum = positions.length > MAX_SITES ? arena.u32(out.length) : undefined;
    for (const [first, some] of passes(positions)) {
      transposePass(context, inside, eta, first, some, { logN, k });
      if (sum === undefined) continue;
      if (first === 0) sum.set(inside);
      else addWords(context, sum, inside);
    }
    if (sum !== undefined) inside.set(sum);
    for (let j = k; j < out.length / K.degree; j++) writeExt(inside, j, K.zero);
    if (inside !== out) out.set(inside);
  });
}

function addWords({ engine }: NttContext, sum: Uint32Array, term: Uint32Array): void {
  engine.pool.run([['fAdd', sum.byteOffset, sum.byteOffset, term.byteOffset, sum.length]]);
}

function transposePass(
  context: NttContext,
  out: Uint32Array,
  eta: Uint32Array,
  firstEta: number,
  positions: readonly number[],
  { logN, k }: { readonly logN: number; readonly k: number },
): void {
  const { engine, K, radix } = context;
  const { arena, pool } = engine;
  const logCoset = cosetLog(k);
  const layers = layersFor({ logN, logCoset }, positions);
  const fitting = 2 ** Math.floor(Math.log2(SLICE_WORDS / (K.degree * 2 ** layers)));
  const rows = Math.min(MAX_ROWS, fitting, 2 ** (logCoset - layers));
  const shares = shareSlices(2 ** (logCoset - layers) / rows, pool.threads);
  arena.scope(() => {
    const sites = createSites(context, { logN, logCoset, layers, rows }, positions);
    const etas = arena.u32(positions.length * K.degree);
    sites.order.forEach((p, s) => etas.set(readExt(eta, firstEta + p, K.degree), s * K.degree));
    const data = out.byteOffset;
    const descriptor = sites.describe({
      rowWords: K.degree,
      rows: k,
      data,
      kind: 0,
      columns: 1,
      width: 1,
      pad: 0,
      padRows: 0,
    });
    const tasks = shares.map(([first, count]) => {
      const state = arena.u32(etas.length).byteOffset;
      return ['transposeSlices', descriptor, first, count, etas.byteOffset, state, radix] as const;
    });
    pool.run(tasks);
  });
}
