/** Results of the verbs of training as lines for people. */
import { learningRate, parameterCount, type TrainingPlan } from '../training/plan.ts';
import type {
  CommittedDataset,
  Inspection,
  Predicted,
  PredictionFileVerdict,
  ProvenTraining,
  Trained,
  TrainingFileVerdict,
} from '../verbs/index.ts';
import { contextText } from './show-answers.ts';
import { fields, hex, printable, size, times } from './terminal.ts';

/** Segments that are shown one by one. */
const SHOWN = 8;

/** A plan as numbers that people read. */
function planFields(plan: TrainingPlan): [string, string][] {
  const { widths, rows, batch, steps, rates, momentum, period = 1 } = plan;
  const shownRates = rates.slice(0, 6).map(({ from, rate }) => {
    const learning = learningRate(plan, rate).toPrecision(3);
    return `${rate} (${learning})${rates.length > 1 ? ` from step ${from}` : ''}`;
  });
  if (rates.length > shownRates.length) shownRates.push('..');
  return [
    ['network', `${widths.join('-')}, ${parameterCount(plan)} weights`],
    ['plan', `${steps} steps of ${batch} of ${rows} rows${period === 1 ? '' : `, ${period} a period`}`],
    ['rate', shownRates.join(', ')],
    ['momentum', momentum === undefined ? 'none' : `keeps ${1 - 2 ** -momentum.shift}`],
  ];
}

function percent(part: number): string {
  return `${(100 * part).toFixed(2)} %`;
}

export function showDataset(made: CommittedDataset): string[] {
  return fields([
    ['digest', hex(made.digest)],
    ['dataset', `${made.rows} rows of ${made.inputs} inputs`],
    ['private', made.files.folder],
    ['public', `${made.files.key}, ${size(made.keyBytes)}`],
    ['budget', `${made.proofsLeft} proofs`],
    ['time', times(made.seconds)],
  ]);
}

export function showTrained(made: Trained): string[] {
  const { step, steps, loss, accuracy, heldOut } = made;
  return fields([
    ['run', hex(made.run)],
    ...planFields(made.plan),
    ['seed', hex(made.seed)],
    ['trained', `${step} of ${steps} steps, ${made.made} of them now`],
    [
      'loss',
      `${loss.toFixed(4)} nats a row, ${percent(accuracy)} named right: mean of the last ${Math.min(step, 50)} batches, not proven`,
    ],
    ...(heldOut === undefined
      ? []
      : [
          [
            'held out',
            `${percent(heldOut.right / heldOut.rows)} of ${heldOut.rows} rows named right`,
          ] as const,
        ]),
    ['private', `${made.files.folder} (loss.csv, loss.svg)`],
    ['public', made.files.run],
    ['time', times(made.seconds)],
  ]);
}

export function showProven(made: ProvenTraining): string[] {
  const { step, steps, trained, weights } = made;
  const rest = made.made.length - SHOWN;
  return [
    ...fields([
      ['run', hex(made.run)],
      ['proven', `${step} of ${steps} steps; ${trained} are trained`],
      ...made.made
        .slice(0, SHOWN)
        .map((own): [string, string] => ['segment', `${own.file}, ${own.steps} steps, ${size(own.bytes)}`]),
      ...(rest > 0 ? [['segments', `and ${rest} more`] as const] : []),
      ['weights', weights === undefined ? 'none' : `${hex(weights)}, ${made.predictionsLeft} more proofs`],
      ['budget', `${made.proofsLeft} more proofs over the dataset`],
      ['time', times(made.seconds)],
    ]),
    ...made.warnings.map((warning) => `warning: ${printable(warning)}`),
  ];
}

export function showTrainingVerdict(verdict: TrainingFileVerdict): string[] {
  if (!verdict.ok) return refusal(verdict);
  const { plan, steps, complete, start, weights, milliseconds } = verdict;
  const what = complete ? `all ${steps} steps` : `${steps} of ${plan.steps} steps`;
  const said =
    steps === 0 ? 'nothing is proven: a run, and no step of it' : `verified: ${what} went as announced`;
  return [
    `${said} (${Math.round(milliseconds)} ms)`,
    ...fields([
      ['run', hex(verdict.run)],
      ['dataset', hex(verdict.dataset)],
      ...planFields(plan),
      ['seed', hex(verdict.seed)],
      ['start', start === undefined ? 'weights of the seed' : `committed weights ${hex(start)}`],
      ['weights', weights === undefined ? 'none' : hex(weights)],
    ]),
  ];
}

export function showPredicted(made: Predicted): string[] {
  return [
    ...fields([
      ['classes', made.classes.join(' ')],
      ['run', hex(made.run)],
      ['weights', `${hex(made.weights)}, behind ${made.step} steps`],
      ['proof', `${made.file}, ${size(made.bytes)}`],
      ['budget', `${made.predictionsLeft} more proofs by these weights`],
      ['time', times(made.seconds)],
    ]),
    ...made.warnings.map((warning) => `warning: ${printable(warning)}`),
  ];
}

export function showPredictionVerdict(verdict: PredictionFileVerdict): string[] {
  if (!verdict.ok) return refusal(verdict);
  const { step, inputs, classes, context, milliseconds } = verdict;
  const who = step === undefined ? 'the agreed weights' : `the weights behind ${step} proven steps`;
  return [
    `verified: ${who} name these classes (${Math.round(milliseconds)} ms)`,
    ...fields([
      ['classes', classes.join(' ')],
      ['inputs', inputs === undefined ? `hidden, ${classes.length} rows` : `${classes.length} rows, public`],
      ['context', context.length === 0 ? 'none' : contextText(context)],
      ['run', hex(verdict.run)],
      ['weights', hex(verdict.weights)],
    ]),
  ];
}

function refusal({ code, stage, detail }: Extract<TrainingFileVerdict, { ok: false }>): string[] {
  return [`refused: ${code} at ${printable(stage)}: ${printable(detail)}`];
}

type OfTraining = Exclude<
  Inspection,
  { kind: 'model' | 'key' | 'answer' | 'link' | 'graph run' | 'graph step' }
>;

/** What a file of training says. */
export function showTrainingInspection(inspection: OfTraining): string[] {
  if (inspection.kind === 'group key') {
    const { label, groupKey } = inspection;
    return fields([
      ['  label', label],
      ['  digest', `${groupKey.digest}, epoch ${groupKey.epoch}`],
      ['  columns', `${groupKey.columns} of ${groupKey.rows} cells`],
      ['  budget', `${groupKey.proofs} proofs`],
    ]);
  }
  if (inspection.kind === 'run') {
    const { digest, dataset, seed, start, plan } = inspection;
    return [
      'announces',
      ...fields([
        ['  run', digest],
        ['  dataset', dataset.digest],
        ...planFields(plan).map(([name, value]): [string, string] => [`  ${name}`, value]),
        ['  seed', seed],
        ['  start', start === undefined ? 'weights of the seed' : start.digest],
      ]),
    ];
  }
  const { run } = inspection;
  const parameters: [string, string] = ['  parameters', JSON.stringify(inspection.parameters)];
  if (inspection.kind === 'segment') {
    const { first, count, inputs, outputs } = inspection;
    // In the order of time: with momentum those a period earlier come first.
    const read = inputs.map((digest): [string, string] => ['  reads', digest]);
    const written = outputs.map(({ digest, proofs }): [string, string] => [
      '  writes',
      `${digest}, for ${proofs} proofs`,
    ]);
    return [
      'says, once verified',
      ...fields([
        ['  run', run],
        ['  steps', `${first} to ${first + count - 1}`],
        ...read,
        ...written,
        parameters,
      ]),
    ];
  }
  const { weights, classes, hidden, context } = inspection;
  return [
    'says, once verified',
    ...fields([
      ['  run', run],
      ['  weights', weights.digest],
      ['  classes', classes.join(' ')],
      ['  inputs', hidden ? 'hidden' : 'public'],
      ['  context', contextText(Buffer.from(context, 'hex')) || 'none'],
      parameters,
    ]),
  ];
}
