/** The fractions of a forest: every layer above the leaves, as far as there is room for them at once. */
import type { Fe } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { extWords } from '../kernels/contract/layout.ts';
import type { Fractions } from '../kernels/contract/lookup-tree.ts';
import type { Fingerprint } from './leaf-claim.ts';
import { tableWords, wholeLeaves, type BalanceWitness, type LeafSource } from './leaves-prove.ts';
import { roomIn } from './room-prove.ts';
import type { LoadedLookups, LookupProgram, LookupTable } from './shape.ts';
import { layerAbove, lowestOf, prunedTree, wholeTree, type Tree } from './trees-prove.ts';

/** Smaller trees are kept whole. Larger ones have halves and quarters of whole blocks in every layer that is made in pieces. */
const LEAST_DEPTH = 8;
/** Bytes up to which the layers above leaves of one column are kept. */
const MOST_OF_ONE = 2 ** 28;
/** Most layers that are not kept: what is left of a tree is an eighth of its leaves. */
const MOST_LOST = 4;

/** Trees for sums that come one after the other. */
export interface Stage {
  /** The layers that its sums read. */
  readonly layers: number;
  /** All trees in the order of the program, in the current scope of the kernel memory. */
  trees(): Tree[];
}

/** Stages that follow one another and share what is kept for all of them, in the scope of the kernel memory in which they are asked for. */
export type StageGroup = () => readonly Stage[];

/**
 * The stages in the order of the sums: layers that are kept together from the root on, then each of the layers below them, down to the
 * leaves. What is made for one stage can go before the next, but for the first of the layers below, which the layers above are made of
 * where there is room for both.
 *
 * @throws RangeError naming the witness array of a wrong length
 */
export function createForest(
  kernels: Kernels,
  lookups: LoadedLookups,
  witnesses: readonly BalanceWitness[],
  fingerprint: Fingerprint,
): StageGroup[] {
  checkWitnesses(lookups, witnesses);
  const words = tableWords();
  const sources = lookups.trees.map((tree): LeafSource => {
    const witness = witnesses[tree.balance] as BalanceWitness;
    return { tree, tables: lookups.program.tables, witness, fingerprint, words };
  });
  // Pieces are whole blocks of four, and layers above them full.
  const isWhole = ({ tree }: LeafSource): boolean =>
    tree.depth < LEAST_DEPTH || tree.live <= 2 ** (tree.depth - 1);
  const stage = (layers: number, made: (source: LeafSource) => Tree): Stage => ({
    layers,
    trees: () =>
      sources.map((source) =>
        isWhole(source) ? wholeTree(kernels, wholeLeaves(kernels, source)) : made(source),
      ),
  });
  const { logLeaves } = lookups;
  if (sources.every(isWhole)) return [() => [stage(logLeaves, (source) => lowestOf(kernels, source, 0))]];
  const lost = layersBelow(kernels, lookups);
  const lowest = (above: number): Stage => stage(1, (source) => lowestOf(kernels, source, above));
  const top: StageGroup = () => {
    const large = sources.filter((source) => !isWhole(source));
    // Nodes above leaves of one column are as soon made again as memory is touched for the first time.
    const isKept = lost > 1 && !isMostlyOfOne(lookups.program);
    const kept = isKept ? keptBelow(kernels, large, lost) : new Map<LeafSource, Fractions>();
    const below = (source: LeafSource): Tree => {
      const fractions = kept.get(source);
      if (fractions === undefined) return lowestOf(kernels, source, lost - 1);
      return { depth: source.tree.depth, layer: () => ({ fractions, shared: false }) };
    };
    return [
      stage(logLeaves - lost, (source) => prunedTree(kernels, source, lost, kept.get(source))),
      stage(1, below),
    ];
  };
  return [top, ...Array.from({ length: lost - 1 }, (_, k): StageGroup => () => [lowest(lost - 2 - k)])];
}

/** The layer below those that are kept, of as many trees as there is room for beside these; in the current scope of the kernel memory. */
function keptBelow(
  kernels: Kernels,
  sources: readonly LeafSource[],
  lost: number,
): ReadonlyMap<LeafSource, Fractions> {
  const bytesOf = ({ tree }: LeafSource, above: number): number =>
    8 * extWords(2 ** (tree.depth - above), kernels.ext.degree);
  // All layers above one take as much as it; tables of eq an eighth of both.
  const above = sources.reduce((sum, source) => sum + 2 * bytesOf(source, lost), 0);
  let room = roomIn(kernels) - (5 / 4) * above;
  const kept = new Map<LeafSource, Fractions>();
  for (const source of sources) {
    room -= bytesOf(source, lost - 1);
    if (room < 0) break;
    kept.set(source, layerAbove(kernels, source, lost - 1));
  }
  return kept;
}

/**
 * How many layers are not kept: at least the leaves, whose sum is as fast without them. A layer takes two arrays, and all above it as much
 * again; a third of the room is for tables of eq and for what a sum binds. The layer above leaves of one column is as soon made as read from
 * memory that is touched for the first time.
 */
function layersBelow(kernels: Kernels, { trees, program }: LoadedLookups): number {
  const leaves = trees.reduce((sum, { live }) => sum + 4 * extWords(live, kernels.ext.degree), 0);
  const room = (2 / 3) * roomIn(kernels);
  const ofOne = isMostlyOfOne(program) ? Math.min(room, MOST_OF_ONE) : room;
  let layers = 1;
  while (layers < MOST_LOST && (4 * leaves) / 2 ** layers > (layers === 1 ? ofOne : room)) layers++;
  return layers;
}

/** Whether more than seven eighths of all leaves are lookups of one column: where other leaves face them, nodes take the longer way. */
function isMostlyOfOne({ tables, balances }: LookupProgram): boolean {
  const own = balances.flatMap(({ sources }) => sources);
  const rows = balances.flatMap((balance) => balance.tables.map((t) => (tables[t] as LookupTable).rows));
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  const narrow = own.filter(({ table }) => tables[table]?.columns.length === 1);
  const all = sum(own.map(({ count }) => count)) + sum(rows);
  return sum(narrow.map(({ count }) => count)) > (7 / 8) * all;
}

function checkWitnesses({ program }: LoadedLookups, witnesses: readonly BalanceWitness[]): void {
  const { balances, tables } = program;
  const check = (name: string, array: ArrayLike<number> | undefined, length: number): void => {
    if (array?.length !== length) {
      throw new RangeError(`${name}: expected ${length} items, got ${array?.length ?? 'none'}`);
    }
  };
  check('witnesses', { length: witnesses.length }, balances.length);
  balances.forEach((balance, b) => {
    const witness = witnesses[b] as BalanceWitness;
    balance.sources.forEach(({ table, count }, s) => {
      (tables[table] as LookupTable).columns.forEach((_, c) =>
        check(`balance ${b}: source ${s}: column ${c}`, witness.sources[s]?.[c], count),
      );
    });
    balance.tables.forEach((table, t) =>
      check(
        `balance ${b}: multiplicities ${t}`,
        witness.multiplicities[t],
        (tables[table] as LookupTable).rows,
      ),
    );
  });
}
