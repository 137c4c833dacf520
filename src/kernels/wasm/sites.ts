/**
 * Positions as the kernels want them: sorted by stored row, so that those of one coset and of one block are
 * neighbours, with their points and powers. Layout: assembly/ntt/sites.ts.
 */
import { bitReverse } from '../../field/domain.ts';
import type { BaseField, Fe } from '../../field/field.ts';
import { blockRoot } from '../reference/ntt.ts';
import type { Task } from '../pool/pool.ts';
import type { NttContext } from './ntt-context.ts';

/** Positions of one pass; more of them read the message again (and are cheaper by encoding). */
export const MAX_SITES = 4096;

/** Cost of a multiply-add and of two layers of one coset (one pass), ns per coefficient: only their ratio matters. */
const MULTIPLY_ADD = 0.24;
const LAYERS = 0.45;
const MAX_LAYERS = 8;

export interface SitesShape {
  readonly logN: number;
  /** m: cosets have 2^m rows. */
  readonly logCoset: number;
  /** l: layers done on a slice. */
  readonly layers: number;
  /** S: rows of a slice. */
  readonly rows: number;
}

/** The number of layers before the direct sums that makes both together cheapest; at most m - 2. */
export function layersFor(shape: { logN: number; logCoset: number }, positions: ArrayLike<number>): number {
  const cosets = new Set(Array.from(positions, (i) => i % 2 ** (shape.logN - shape.logCoset))).size;
  const cost = (l: number): number =>
    (positions.length * MULTIPLY_ADD) / 2 ** l + cosets * LAYERS * Math.ceil(l / 2);
  let best = 0;
  for (let l = 1; l <= Math.min(MAX_LAYERS, shape.logCoset - 2); l++) if (cost(l) < cost(best)) best = l;
  return best;
}

export interface Sites {
  /** positions[order[s]] is site s. */
  readonly order: readonly number[];
  /** A descriptor at a new address in the arena. */
  describe(fields: {
    readonly rowWords: number;
    /** Rows of the message or of the output. */
    readonly rows: number;
    readonly data: number;
    readonly kind: number;
    readonly columns: number;
    readonly width: number;
    readonly pad: number;
    readonly padRows: number;
  }): number;
}

/** Allocates the tables of sites in the current scope of the arena; at least one position. */
export function createSites(context: NttContext, shape: SitesShape, positions: readonly number[]): Sites {
  const { engine, F, radix } = context;
  const { arena, pool } = engine;
  const { logN, logCoset, layers, rows } = shape;
  const stored = positions.map((i) => bitReverse(i, logN));
  const order = positions.map((_, p) => p).sort((a, b) => (stored[a] as number) - (stored[b] as number));
  const point = pointsOf(F, logN);
  const sites = arena.u32(2 * order.length);
  const powers = arena.u32(rows * order.length);
  const cosets: number[] = [];
  const tasks: Task[] = [];
  order.forEach((p, s) => {
    const row = stored[p] as number;
    const x = F.mul(point(positions[p] as number), radix);
    sites[2 * s] = (row >> (logCoset - layers)) & (2 ** layers - 1);
    sites[2 * s + 1] = F.mul(F.pow(point(positions[p] as number), rows), radix);
    tasks.push(['fPowers', powers.byteOffset + 4 * rows * s, rows, radix, x]);
    const coset = Math.floor(row / 2 ** logCoset);
    if (cosets.length === 0 || cosets.at(-4) !== coset) {
      cosets.push(coset, F.mul(blockRoot(F, logN - logCoset, coset), radix), s, s);
    }
    cosets[cosets.length - 1] = s + 1;
  });
  pool.run(tasks);
  const cosetWords = arena.u32(cosets.length);
  cosetWords.set(cosets);
  return {
    order,
    describe(f) {
      const words = arena.u32(16);
      const [c, s, w] = [cosetWords.byteOffset, sites.byteOffset, powers.byteOffset];
      words.set([context.tables.forward, logCoset, layers, rows, f.rowWords, f.rows, cosets.length / 4]);
      words.set([c, s, w, f.data, f.kind, f.columns, f.width, f.pad, f.padRows], 7);
      return words.byteOffset;
    },
  };
}

/** i -> w^i by a product over the bits of i. */
function pointsOf(F: BaseField, logN: number): (i: number) => Fe {
  const roots = Array.from({ length: logN }, (_, b) => F.rootOfUnity(logN - b));
  return (i) => roots.reduce((x, root, b) => ((i >>> b) & 1 ? F.mul(x, root) : x), F.one);
}

/** Of what is left, a thread's task takes this part; the last are a 32nd of a thread's share, so that none waits long. */
const GUIDED = 2;
const SMALLEST = 32;

/** Slices in tasks: [first, count], the largest first. */
export function shareSlices(slices: number, threads: number): [first: number, count: number][] {
  if (threads === 1) return [[0, slices]];
  const tasks: [number, number][] = [];
  const least = Math.ceil(slices / (SMALLEST * threads));
  for (let first = 0; first < slices;) {
    const left = slices - first;
    const count = Math.min(left, Math.max(least, Math.ceil(left / (GUIDED * threads))));
    tasks.push([first, count]);
    first += count;
  }
  return tasks;
}

/** Positions in passes of at most MAX_SITES: the index of the first and the positions. */
export function passes(positions: ArrayLike<number>): [first: number, positions: number[]][] {
  const list: [number, number[]][] = [];
  for (let first = 0; first < positions.length; first += MAX_SITES) {
    const count = Math.min(MAX_SITES, positions.length - first);
    list.push([first, Array.from({ length: count }, (_, p) => positions[first + p] as number)]);
  }
  return list;
}
