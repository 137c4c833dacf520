/** Commits what training reads and writes: datasets once, weights after every segment. */
import { refuse } from '../errors/proof-error.ts';
import { quintic } from '../field/quintic.ts';
import { sameBytes } from '../hash/words.ts';
import type { Kernels } from '../kernels/contract.ts';
import { hotLike } from '../kernels/memory/hot.ts';
import { chooseParameters, type Choice } from '../params/choose.ts';
import type { Parameters } from '../params/parameters.ts';
import { putInt16 } from '../relation/cells-prove.ts';
import { compileProgram } from '../relation/compile.ts';
import { layOut, type PlacedBlock } from '../relation/layout.ts';
import type { Piece } from '../relation/pieces.ts';
import { programCosts } from '../relation/plan.ts';
import { storeGroup, type GroupPlan, type Home, type StoredGroup } from '../store/index.ts';
import { checkDataset, type Dataset } from './dataset.ts';
import {
  DATA_LABEL,
  dataLayout,
  dataShapes,
  groupColumnsOf,
  STATE_LABEL,
  stateLayout,
  stateShapes,
} from './layouts.ts';
import { checkPlan } from './check-plan.ts';
import type { TrainingPlan } from './plan.ts';
import { trainingProgram } from './program.ts';
import { layersOf, STATE_KINDS, type LayerWeights } from './state.ts';

/**
 * Proofs that may open the weights between two segments: the one that writes them, the one that reads them, and one more for a
 * proof that was begun and abandoned.
 */
export const STATE_USES = 3;

/** The same of a network's plan: with momentum the segment behind the one that reads them reads them again. */
export function stateUses({ momentum }: Pick<TrainingPlan, 'momentum'>): number {
  return momentum === undefined ? STATE_USES : STATE_USES + 1;
}

/** log2 of the digests that a key of weights publishes: every segment file has one, so they are few. */
const STATE_LOG_CAP = 6;

/** What a run wants of its parameters. */
export interface TrainingWishes {
  /** Steps of a typical segment: whole periods. */
  readonly steps: number;
  /** Proofs that one epoch of the dataset must allow. */
  readonly minProofs: number;
}

/** Parameters for the segments of a plan; every segment finds its own over the same column code. */
export function chooseTrainingParameters(plan: TrainingPlan, { steps, minProofs }: TrainingWishes): Choice {
  const rows = new Uint32Array(steps * plan.batch);
  const single = { ...plan, rates: plan.rates.slice(0, 1) };
  const program = trainingProgram({ plan: single, first: 0, count: steps, rows });
  const compiled = compileProgram(quintic, program);
  const cells = (shapes: readonly (readonly number[])[]): number => layOut(shapes).cells;
  const state = { lifetime: 'carried', cells: cells(stateShapes(plan)), uses: stateUses(plan) } as const;
  const states = plan.momentum === undefined ? 2 : 4;
  const groups = [
    { name: DATA_LABEL, lifetime: 'static', cells: cells(dataShapes(plan)) } as const,
    ...Array.from({ length: states }, (_, i) => ({ name: `${STATE_LABEL}${i}`, ...state })),
    { name: 'AM', lifetime: 'proof', cells: compiled.own.cells } as const,
  ];
  return chooseParameters({ ...programCosts(compiled), groups }, { minProofs });
}

/**
 * Commits a dataset.
 *
 * @param path of the directory to be made
 * @throws ProofError `PLAN`, `DATASET`; as `storeGroup`
 */
export function commitDataset(
  kernels: Kernels,
  home: Home,
  path: string,
  plan: TrainingPlan,
  data: Dataset,
  parameters: Parameters,
): StoredGroup {
  checkPlan(plan);
  checkDataset(plan, data);
  return commitData(kernels, home, path, {
    shapes: dataShapes(plan),
    tensors: [Int16Array.from(data.inputs), Int16Array.from(data.labels)],
    layout: dataLayout(plan),
    parameters,
  });
}

/** Tensors with what their cells mean. */
export interface NamedTensors {
  readonly shapes: readonly (readonly number[])[];
  readonly tensors: readonly Int16Array[];
  readonly layout: Uint8Array;
  readonly parameters: Parameters;
}

/** Data that many proofs read. @throws as `storeGroup` */
export function commitData(kernels: Kernels, home: Home, path: string, named: NamedTensors): StoredGroup {
  return store(kernels, home, path, named, { label: DATA_LABEL, lifetime: 'static' });
}

/**
 * Commits weights for one segment that writes them and one that reads them.
 *
 * @param path of the directory to be made
 * @param uses proofs that may open them
 * @throws as `storeGroup`
 */
export function commitState(
  kernels: Kernels,
  home: Home,
  path: string,
  plan: TrainingPlan,
  state: readonly LayerWeights[],
  parameters: Parameters,
  uses = stateUses(plan),
): StoredGroup {
  const tensors = state.flatMap((layer) => STATE_KINDS.map((kind) => layer[kind]));
  const named = { shapes: stateShapes(plan), tensors, layout: stateLayout(plan), parameters };
  return commitWeights(kernels, home, path, named, uses);
}

/**
 * Weights for one proof that writes them and one that reads them.
 *
 * @param uses proofs that may open them
 * @throws as `storeGroup`
 */
export function commitWeights(
  kernels: Kernels,
  home: Home,
  path: string,
  named: NamedTensors,
  uses: number,
): StoredGroup {
  const logCap = Math.min(STATE_LOG_CAP, named.parameters.code.logData);
  return store(kernels, home, path, named, { label: STATE_LABEL, lifetime: 'carried', uses, logCap });
}

/** The weights in a group: what `commitState` put there. @param group of this plan (`checkStateKey`) */
export function readState(plan: TrainingPlan, { owned, key }: StoredGroup): readonly LayerWeights[] {
  return layersOf(plan, readTensors(stateShapes(plan), owned, key));
}

/**
 * The dataset in a group: what `commitDataset` put there.
 *
 * @throws ProofError `KEY_LAYOUT` for a commitment to other rows than these
 */
export function readDataset(sizes: Pick<TrainingPlan, 'rows' | 'widths'>, group: StoredGroup): Dataset {
  if (!sameBytes(group.key.layout, dataLayout(sizes))) {
    refuse('KEY_LAYOUT', group.path, 'expected a commitment to the rows of a dataset, got another');
  }
  const [inputs, labels] = readTensors(dataShapes(sizes), group.owned, group.key) as [Int16Array, Int16Array];
  return { inputs, labels };
}

/** The tensors of one or two dimensions in a group, in order, row-major: what `commitWeights` put there. */
export function readTensors(
  shapes: readonly (readonly number[])[],
  owned: StoredGroup['owned'],
  key: StoredGroup['key'],
): Int16Array[] {
  const layout = layOut(shapes);
  const cells = Int16Array.from(owned.source.data(0, key.group.columns)); // the reader's buffer is its own
  return shapes.map((shape, i) => {
    const columns = shape[shape.length - 1] as number;
    const tensor = new Int16Array(shape.reduce((product, size) => product * size, 1));
    for (const { block, address } of layout.tensors[i] as readonly PlacedBlock[]) {
      const run = block.pieces[block.pieces.length - 1] as Piece;
      const rows = block.pieces.length > 1 ? (block.pieces[0] as Piece) : { offset: 0, bits: 0 };
      const length = 2 ** run.bits;
      for (let r = 0; r < 2 ** rows.bits; r++) {
        const from = address + r * length;
        tensor.set(cells.subarray(from, from + length), (rows.offset + r) * columns + run.offset);
      }
    }
    return tensor;
  });
}

/** Columns of a group: tensors where the layout puts them. In the current scope of the kernel memory. */
function cellsOf(kernels: Kernels, { shapes, tensors, parameters: { code } }: NamedTensors): Int16Array {
  const layout = layOut(shapes);
  const length = groupColumnsOf(shapes, code.logData) * 2 ** code.logData;
  const cells = hotLike(kernels, new Int16Array(0), length).fill(0);
  shapes.forEach((shape, i) => putInt16(cells, layout, i, shape, tensors[i] as Int16Array));
  return cells;
}

function store(
  kernels: Kernels,
  home: Home,
  path: string,
  named: NamedTensors,
  lifetime: Pick<GroupPlan, 'label' | 'lifetime' | 'uses' | 'logCap'>,
): StoredGroup {
  const { shapes, layout, parameters } = named;
  const { logData } = parameters.code;
  const plan = { ...lifetime, columns: groupColumnsOf(shapes, logData), parameters, layout };
  const rows = 2 ** logData;
  return kernels.memory.secretScope(() => {
    const cells = cellsOf(kernels, named);
    const read = (first: number, count: number): Int16Array =>
      cells.subarray(first * rows, (first + count) * rows);
    return storeGroup(kernels, home, path, plan, { kind: 'copy', read, held: true });
  });
}
