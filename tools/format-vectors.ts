/**
 * Inputs of tests/vectors/format.json, with the twin's answers: encodings, parameters, commitments, tables, programs, training,
 * predictions, steps of graphs.
 */
import { algebraOf } from '../reference/algebra.ts';
import { canonical } from '../reference/graph-file.ts';
import {
  commitmentAnswer,
  encodingAnswer,
  parametersAnswer,
  predictionAnswer,
  programAnswer,
  stepAnswer,
  tableAnswer,
  trainingAnswer,
  type CommitmentInput,
  type PredictionInput,
  type StepInput,
  type TrainingInput,
} from '../reference/known-answers.ts';
import type { ParameterSet } from '../reference/parameter-set.ts';
import type { Pass } from '../reference/pass.ts';
import { gated, layerNormed, smallest, wide } from '../tests/support/answer-models.ts';
import { biasedTrained, everyTrained, PLACES, smallestTrained } from '../tests/support/trained-graphs.ts';
import { twinStepPlan } from '../tests/support/twin-steps.ts';

const K = algebraOf({ p: 2130706433n, low: [-1n, 0n, 1n, 0n, 0n] });

const PARAMETERS: ParameterSet = {
  profile: { id: 1, lambda: 128, field: { modulus: 2130706433, degree: 5 }, powBits: 0 },
  code: { logData: 12, padLength: 2048, queries: 237 },
  levels: [{ logFold: 3, logInverseRate: 3, queries: 155 }],
  logFinal: 10,
  pads: { size: 477, logCodeword: 12, queries: 162 },
};

const COMMITMENTS: readonly CommitmentInput[] = [
  { label: 'W', epoch: 0, columns: 1, logData: 0, padLength: 1, logCap: 0, seed: 3 },
  { label: 'W', epoch: 1, columns: 3, logData: 4, padLength: 8, logCap: 0, seed: 5 },
  { label: 'weights!', epoch: 2 ** 40, columns: 17, logData: 5, padLength: 32, logCap: 3, seed: 7 },
];

/** None of them is pinned in spec/tables.md. */
const TABLES = [
  ...[
    'silu-2-r0',
    'silu-8-r0',
    'silu-9-r8',
    'gelu-tanh-10-r2',
    'gelu-erf-8-r3',
    'gelu-erf-11-r8',
    'relu-2',
    'relu-9',
  ],
  ...['rope-2-2-1', 'rope-100-6-12', 'rope-2147483647-8-16', 'rope-10000-16-3'],
];

/** Two sequences, filled up to eight rows. */
const PASS: Omit<Pass, 'choice' | 'choices'> = {
  rows: 8,
  tokens: [1, 2, 5, 4, 3, 0, 2, 1],
  starts: [0, 4, 7],
  emit: [1, 2, 3, 4, 5, 6],
  revealed: [],
};
/** The same with two private ids. */
const PRIVATE = { ...PASS, tokens: [1, null, 5, 4, null, 0, 2, 1] };
const CHOICES: Pass['choices'] = { choice: [5, 4, 0, 0, 2, 1] };

/** A pass as JSON holds it: the seed as numbers. */
export interface ProgramVector {
  readonly name: string;
  readonly graphText: string;
  readonly temperature: number | null;
  readonly seed: readonly number[];
  readonly pass: typeof PASS & { readonly choices: Pass['choices'] };
  readonly graph: string;
  readonly program: string;
  readonly counts: readonly number[];
}

function programVectors(): ProgramVector[] {
  const graphs = {
    smallest: [smallest(1).graph, null, PASS],
    gated: [gated(1).graph, 700, PASS],
    layerNormed: [layerNormed(1).graph, null, PASS],
    wide: [wide(1).graph, null, PASS],
    'gated, private ids': [gated(1).graph, 700, PRIVATE],
  } as const;
  const seed = Array.from({ length: 32 }, (_, i) => i);
  return Object.entries(graphs).map(([name, [graph, temperature, rows]]) => {
    const pass = { ...rows, choices: CHOICES };
    const choice = temperature === null ? 'greedy' : { seed: Uint8Array.from(seed), temperature };
    const graphText = canonical(graph);
    const answer = programAnswer(K, graphText, { ...pass, choice } as Pass);
    return { name, graphText, temperature, seed, pass, ...answer };
  });
}

const WIDE: TrainingInput['plan'] = {
  ...{ widths: [6, 5, 3, 4], rows: 13, batch: 3, steps: 9, period: 1 },
  input: { bits: 4, places: 4 },
  activation: { bits: 8, places: 4 },
  weight: { bits: 12, places: 9 },
  gradient: { bits: 11, places: 8 },
  ...{ low: 9, sum: 12 },
  rates: [
    { from: 0, rate: 4 },
    { from: 6, rate: 2 },
  ],
};
const MOMENTUM = { shift: 3 };

const TRAINING: readonly TrainingInput[] = [
  { plan: WIDE, first: 0, count: 2, seed: 3, fromSeed: true },
  { plan: WIDE, first: 6, count: 3, seed: 5, fromSeed: false },
  { plan: { ...WIDE, momentum: MOMENTUM }, first: 0, count: 1, seed: 7, fromSeed: true },
  // Two periods of two steps, and a last one of one step that corrects nothing.
  { plan: { ...WIDE, period: 2, steps: 7 }, first: 2, count: 4, seed: 11, fromSeed: false },
  { plan: { ...WIDE, period: 2, steps: 7 }, first: 6, count: 1, seed: 13, fromSeed: false },
  { plan: { ...WIDE, period: 2, steps: 7, momentum: MOMENTUM }, first: 0, count: 4, seed: 15, fromSeed: true }, // prettier-ignore
  // One layer: no activations, no gradient that goes back.
  { plan: { ...WIDE, widths: [7, 3], batch: 1, momentum: MOMENTUM }, first: 3, count: 3, seed: 9, fromSeed: false }, // prettier-ignore
];

const PREDICTIONS: readonly PredictionInput[] = [
  { plan: WIDE, rows: 2, seed: 3, shown: true },
  { plan: { ...WIDE, momentum: MOMENTUM }, rows: 3, seed: 5, shown: false },
  { plan: { ...WIDE, widths: [7, 3] }, rows: 1, seed: 7, shown: false },
  { plan: { ...WIDE, period: 3 }, rows: 1, seed: 9, shown: true },
];

/**
 * Every operator that is trained, and the smallest graph; on public tokens in two sequences, and on those of a corpus; rotary positions, momentum
 * and gradients that are cut off, one by one and together; biases, with momentum and without. First steps, and some that read what another wrote.
 */
function stepInputs(): StepInput[] {
  const momentum = { shift: 2, high: 11, low: 14 };
  const guarded = { gradient: { bits: 12, fraction: 9, guard: 1 } };
  type Known = Omit<StepInput, 'batch' | 'first'>;
  const [every, smallest, turned, moving, cut, all, biased, moved] = [
    everyTrained(true),
    smallestTrained(),
    everyTrained(true, 2),
    everyTrained(false, 1, { momentum }),
    everyTrained(true, 1, guarded),
    everyTrained(true, 2, { momentum, ...guarded }),
    biasedTrained(),
    biasedTrained({ momentum }),
  ].map(({ graph, plan }) => ({ graphText: canonical(graph), plan: twinStepPlan(plan) })) as [
    ...[Known, Known, Known],
    ...[Known, Known, Known],
    ...[Known, Known],
  ];
  const rows = { tokens: [1, 2, 3, 0], targets: [2, 1, 0, 1], starts: [0, 3] };
  const first = [
    { ...every, batch: rows },
    { ...every, batch: { corpus: 9, at: [3, 4, 5, 0, 7], starts: [0, 3] } },
    { ...smallest, batch: PLACES },
    ...[turned, moving, cut, all].map((of) => ({ ...of, batch: rows })),
    { ...biased, batch: PLACES },
    { ...moved, batch: rows },
  ];
  const later = [
    { ...smallest, batch: PLACES },
    { ...moved, batch: rows },
  ];
  return [...first.map((of) => ({ ...of, first: true })), ...later.map((of) => ({ ...of, first: false }))];
}

export function formatVectors() {
  return {
    encodings: [0, 1, 3].map((count) => ({ count, seed: count, ...encodingAnswer(K, count, count) })),
    parameters: [{ set: PARAMETERS, ...parametersAnswer(PARAMETERS) }],
    commitments: COMMITMENTS.map((of) => ({ ...of, ...commitmentAnswer(K, of) })),
    tables: TABLES.map((id) => ({ id, ...tableAnswer(id) })),
    programs: programVectors(),
    training: TRAINING.map((of) => ({ ...of, ...trainingAnswer(K, of) })),
    predictions: PREDICTIONS.map((of) => ({ ...of, ...predictionAnswer(K, of) })),
    steps: stepInputs().map((of) => ({ ...of, ...stepAnswer(K, of) })),
  };
}
