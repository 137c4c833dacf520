/** Runs of training: their file, the order of rows, first weights, committed groups. spec/training.md sections 2, 3, 8 and 9. */
import { deriveKey } from './blake3.ts';
import { equalBytes } from './bytes.ts';
import { endFile, openFile, readBlock, readBytes, readU32, type Reader } from './files.ts';
import { decodeKey, type GroupKey } from './key.ts';
import { at, range, total } from './lists.ts';
import { integerRoot } from './numbers.ts';
import { require } from './refusal.ts';
import { digestOfLeaves, type Leaf } from './statement.ts';
import { rawWords } from './stream.ts';
import { checkPlan, KINDS, layersOf, matrixOf, meaningOf, type Format, type Plan } from './training-plan.ts'; // prettier-ignore

/** A key as it stands in a file. */
export interface NamedKey extends GroupKey {
  readonly bytes: Uint8Array;
}

export interface Run {
  readonly plan: Plan;
  readonly data: NamedKey;
  /** None: the weights that the seed stands for. */
  readonly start?: NamedKey;
  readonly seed: Uint8Array;
  /** What names it. */
  readonly digest: Uint8Array;
  /** The order seed. */
  readonly order: Uint8Array;
}

/** Section 10, "Order": a run. */
export function decodeRun(bytes: Uint8Array): Run {
  const from = openFile(bytes, 'zkdl-run', 4);
  const plan = readPlan(from);
  const data = readKey(from);
  checkGroup(data, { label: 'D', lifetime: 'static' }, datasetLayout(plan), [[plan.rows, at(plan.widths, 0)], [plan.rows]]); // prettier-ignore
  const kind = readU32(from);
  require(kind <= 1, 'STATEMENT', `start ${kind}`);
  const start = kind === 0 ? undefined : readKey(from);
  const seed = readBytes(from, 32);
  endFile(from);
  const [digest, order] = ['run', 'order'].map((of) => deriveKey(`zkdl training ${of} 1`, bytes)) as [Uint8Array, Uint8Array]; // prettier-ignore
  const run = { plan, data, seed, digest, order };
  if (start === undefined) return run;
  checkWeights(run, start);
  return { ...run, start };
}

function readPlan(from: Reader): Plan {
  const count = (): number => {
    const length = readU32(from);
    require(length <= 2 ** 12, 'PLAN', `a list of ${length}`);
    return length;
  };
  const numbers = (n: number): number[] => range(n).map(() => readU32(from));
  const format = (): Format => ({ bits: readU32(from), places: readU32(from) });
  const widths = numbers(count());
  const [rows, batch, steps, period] = numbers(4) as [number, number, number, number];
  const [input, activation, weight, gradient] = range(4).map(format) as [Format, Format, Format, Format];
  const [low, sum, shift] = numbers(3) as [number, number, number];
  const momentum = shift === 0 ? {} : { momentum: { shift } };
  const rates = range(count()).map(() => ({ from: readU32(from), rate: readU32(from) }));
  const sizes = { widths, rows, batch, steps, period };
  const plan = { ...sizes, input, activation, weight, gradient, low, sum, ...momentum, rates };
  checkPlan(plan);
  return plan;
}

export function readKey(from: Reader): NamedKey {
  const bytes = readBlock(from);
  return { ...decodeKey(bytes), bytes };
}

/** Section 8: one of weights of a run, over the code of its dataset. Refuses with `KEY_LAYOUT`. */
export function checkWeights({ plan, data }: Pick<Run, 'plan' | 'data'>, key: NamedKey): void {
  require(sameCode(key, data), 'KEY_LAYOUT', 'code of the dataset');
  const shapes = layersOf(plan).flatMap((layer) => KINDS.map(() => matrixOf(plan, layer)));
  const layout = digestOfLeaves('zkdl training state layout 1', [
    ...sizesOf(shapes),
    ...meaningOf(plan).map((x, i): Leaf => [`format-${i}`, 'integer', x]),
  ]);
  checkGroup(key, { label: 'S', lifetime: 'carried' }, layout, shapes);
}

function datasetLayout({ rows, widths }: Plan): Uint8Array {
  return digestOfLeaves('zkdl dataset layout 1', sizesOf([[rows, at(widths, 0)], [rows]]));
}

function sizesOf(shapes: readonly (readonly number[])[]): Leaf[] {
  return shapes.flatMap((shape, i) => shape.map((size, d): Leaf => [`size-${i}-${d}`, 'integer', size]));
}

function checkGroup(
  { group, layout, parameters }: GroupKey,
  { label, lifetime }: Pick<GroupKey['group'], 'label' | 'lifetime'>,
  expected: Uint8Array,
  shapes: readonly (readonly number[])[],
): void {
  require(equalBytes(layout, expected), 'KEY_LAYOUT', 'layout');
  require(group.label === label && group.lifetime === lifetime, 'KEY_LAYOUT', `${lifetime} group ${label}`);
  // Blocks lie one behind the other without a gap: as many cells as the tensors have.
  const cells = total(shapes.map((shape) => shape.reduce((product, size) => product * size, 1)));
  const columns = Math.ceil(cells / 2 ** parameters.code.logData);
  require(group.columns === columns, 'KEY_LAYOUT', `${columns} columns`);
}

/** Profile and column code. */
export function sameCode(a: Pick<GroupKey, 'parameters'>, b: Pick<GroupKey, 'parameters'>): boolean {
  const of = ({ parameters: { profile, code } }: Pick<GroupKey, 'parameters'>): string =>
    [profile.id, code.logData, code.padLength, code.queries].join(' ');
  return of(a) === of(b);
}

/** Section 2: the rows of steps [first, first + count), batch after batch. */
export function rowsOf({ plan, order }: Pick<Run, 'plan' | 'order'>, first: number, count: number): number[] {
  const { rows, batch } = plan;
  const perEpoch = Math.floor(rows / batch);
  const orders = new Map<number, number[]>();
  return range(count).flatMap((s) => {
    const epoch = Math.floor((first + s) / perEpoch);
    const permuted = orders.get(epoch) ?? permutation(order, epoch, rows);
    orders.set(epoch, permuted);
    const begin = ((first + s) % perEpoch) * batch;
    return permuted.slice(begin, begin + batch);
  });
}

function permutation(seed: Uint8Array, epoch: number, rows: number): number[] {
  const words = rawWords(seed, 'order', epoch, rows);
  const o = range(rows);
  for (let i = rows - 1; i >= 1; i--) {
    const j = Number((at(words, i) * BigInt(i + 1)) >> 32n);
    [o[i], o[j]] = [at(o, j), at(o, i)];
  }
  return o;
}

/** Section 3: W of a layer, row by row with its biases, from the seed. */
export function firstWeights({ plan, seed }: Pick<Run, 'plan' | 'seed'>, layer: number): number[] {
  const [outputs, columns] = matrixOf(plan, layer);
  const inputs = columns - 1;
  const root = integerRoot((6n * 4n ** BigInt(plan.weight.places)) / BigInt(inputs), 2n);
  const most = 2n ** BigInt(plan.weight.bits - 1) - 1n;
  const a = root < most ? root : most;
  const words = rawWords(seed, 'weights', layer, outputs * inputs);
  return range(outputs).flatMap((o) => [
    ...range(inputs).map((k) => Number(((at(words, o * inputs + k) * (2n * a + 1n)) >> 32n) - a)),
    0,
  ]);
}
