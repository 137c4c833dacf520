/** First weights that are drawn from the seed of a run, and the program of steps that read them: spec/graph-runs.md section 1, graph-step-program.md section 7. */
import { namesIn, type Graph, type Weight } from './graph-file.ts';
import { piecesOf } from './layout.ts';
import { at, range } from './lists.ts';
import type { Index, Program, Tensor, Term, View } from './program.ts';
import { refuse, require } from './refusal.ts';
import { digestOfLeaves } from './statement.ts';
import { isBias, type StepPlan } from './step-plan.ts';
import { runsOf } from './step-update.ts';
import { rawWords } from './stream.ts';
import { writeOut } from './written-out.ts';

export interface Drawn {
  readonly seed: Uint8Array;
  /** Of every weight. */
  readonly bounds: readonly number[];
}

/** Section 1: bounds that a run may have. */
export function checkBounds({ weights, nodes }: Graph, bounds: readonly number[]): void {
  weights.forEach(({ name, bits }, i) => {
    require(at(bounds, i) < Math.min(2 ** (bits - 1), 2 ** 20), 'PLAN', `bound of ${name}`);
  });
  const sizes = new Map(weights.map(({ name, shape }) => [name, sizeOf(shape)]));
  const entries = nodes.flatMap((node) => namesIn(node, 'weight')).reduce((sum, name) => sum + Number(sizes.get(name)), 0); // prettier-ignore
  require(entries <= 2 ** 24, 'PLAN', `${entries} entries`);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Entries of weight i, row by row. */
function entriesOf({ seed, bounds }: Drawn, { shape }: Weight, i: number): number[] {
  const a = BigInt(at(bounds, i));
  const words = rawWords(seed, 'weights', i, sizeOf(shape));
  return range(sizeOf(shape)).map((j) => Number(((at(words, j) * (2n * a + 1n)) >> 32n) - a));
}

/** Section 3: of steps as of later ones, group 0 is what the seed stands for. */
export function fromDrawn(program: Program, graph: Graph, plan: StepPlan, drawn: Drawn): Program {
  const publics = new Map(graph.weights.flatMap((weight, i) => publicsOf(drawn, weight, i)));
  const [, ...beside] = runsOf(graph, plan);
  const zeros = new Set(beside.flat().map(({ name }) => name));
  const plain = (name: string): string => name.replace(/^0\//, ''); // of several steps the first
  const tensors: Tensor[] = [];
  for (const tensor of program.tensors) {
    const { name, shape } = tensor;
    if (tensor.kind !== 'static') tensors.push(tensor);
    else if ((tensor.group ?? 0) > 0) tensors.push({ ...tensor, group: Number(tensor.group) - 1 });
    else if (!zeros.has(plain(name))) {
      tensors.push({ kind: 'public', name, shape, ...(publics.get(plain(name)) ?? refuse('PROGRAM', name)) });
    }
  }
  const gone = new Set(
    program.tensors.flatMap(({ kind, name }) => (kind === 'static' && zeros.has(plain(name)) ? [name] : [])),
  );
  const stay = (terms: readonly Term[]): Term[] =>
    terms.filter(({ views }) => views.every(({ tensor }) => !gone.has(tensor)));
  const relations = program.relations.map((own) =>
    own.kind === 'zero' ? { ...own, terms: stay(own.terms) } : { ...own, entries: own.entries.map(stay) },
  );
  return { ...program, tensors, relations };
}

/** Section 7 of graph-step-program.md: how many cells of drawn weights a verifier goes through. */
export function checkReads(program: Program): void {
  const shapes = new Map(
    program.tensors.flatMap((own) => (own.kind === 'public' && own.source ? [[own.name, own.shape]] : [])),
  );
  const sums = writeOut(program).flatMap(({ indices, forms }) =>
    forms.flat().flatMap((term) =>
      term.views.map((view) => {
        const shape = shapes.get(view.tensor);
        return shape === undefined ? 0 : cellsRead(indices, term.sums, view, shape);
      }),
    ),
  );
  require(sums.reduce((all, own) => all + own, 0) <= 2 ** 29, 'PLAN', 'cells of drawn weights');
}

function cellsRead(
  indices: readonly Index[],
  sums: readonly Index[],
  { coordinates }: View,
  shape: readonly number[],
): number {
  const strided = new Set(
    coordinates.flatMap((own) => (own.kind === 'gather' ? [] : own.parts.map(({ index }) => index))),
  );
  const blocks = (of: readonly Index[], isStrided: boolean): number =>
    sizeOf(of.flatMap(({ name, size }) => (strided.has(name) === isStrided ? [piecesOf(size).length] : [])));
  const halves = Math.ceil(sizeOf(indices.map(({ size }) => size)) / 2 ** 23);
  const lengths = shape.reduce((all, size) => all + size, 0);
  const once = sizeOf(shape) + lengths * (64 + 2 * blocks([...indices, ...sums], true));
  return blocks(indices, false) * halves * once;
}

type Known = { readonly values: readonly number[]; readonly source: Uint8Array };

/** What the passes read of weight i, by tensor: of a bias beyond 16 bits two digits. */
function publicsOf(drawn: Drawn, weight: Weight, i: number): [string, Known][] {
  const { name, bits, shape } = weight;
  const entries = entriesOf(drawn, weight, i);
  const source = (digit: number): Uint8Array =>
    digestOfLeaves('zkdl graph start 1', [
      ['seed', 'digest', drawn.seed],
      ['weight', 'integer', i],
      ['bits', 'integer', bits],
      ['digit', 'integer', digit],
      ['bound', 'integer', at(drawn.bounds, i)],
      ...shape.map((size, d) => [`size-${d}`, 'integer', size] as const),
    ]);
  const known = (tensor: string, digit: number, value: (x: number) => number): [string, Known] => [
    `weight/${tensor}`,
    { values: entries.map(value), source: source(digit) },
  ];
  if (!isBias(weight) || bits <= 16) return [known(name, 0, (x) => x)];
  const high = (x: number): number => Math.floor(x / 2 ** 15);
  return [known(`${name}:low`, 0, (x) => x - 2 ** 15 * high(x)), known(`${name}:high`, 1, high)];
}
