/** First weights that are drawn from the seed of a run, and the program of steps that read them: spec/graph-runs.md sections 1 and 3. */
import { namesIn, type Graph, type Weight } from './graph-file.ts';
import { at, range } from './lists.ts';
import type { Program, Tensor, Term } from './program.ts';
import { refuse, require } from './refusal.ts';
import { digestOfLeaves } from './statement.ts';
import { isBias, type StepPlan } from './step-plan.ts';
import { runsOf } from './step-update.ts';
import { rawWords } from './stream.ts';

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
