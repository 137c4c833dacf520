/** Results of the verbs of training graphs as lines for people. */
import { isPrivate } from '../answer/statement.ts';
import type { GraphRun } from '../training/graph-run/run.ts';
import type {
  CommittedCorpus,
  Inspection,
  ProvenTuned,
  ProvenTuning,
  Tuned,
  TunedFileVerdict,
  TuningFileVerdict,
} from '../verbs/index.ts';
import { choiceText, contextText } from './show-answers.ts';
import { fields, hex, printable, size, times } from './terminal.ts';

/** Steps that are shown one by one. */
const SHOWN = 8;

type Said = Pick<GraphRun, 'graph' | 'plan' | 'tokens' | 'length' | 'batch' | 'steps' | 'rates'>;

const SEEDED = 'weights of the seed';

/** @param start digest of a key */
function startText(start: Uint8Array | undefined): string {
  return start === undefined ? SEEDED : `committed weights ${hex(start)}`;
}

/** A run as numbers that people read. */
function runFields({ graph, plan, tokens, length, batch, steps, rates = [] }: Said): [string, string][] {
  const { rate, ratePlaces, momentum, gradient } = plan;
  const cells = graph.weights.map(({ shape }) => shape.reduce((product, n) => product * n, 1));
  const total = cells.reduce((sum, n) => sum + n, 0);
  const perToken = ((rate * batch * length) / 2 ** ratePlaces).toPrecision(3);
  return [
    ['model', `${graph.nodes.length} nodes, context ${graph.context}, ${total} weights`],
    ['plan', `${steps} steps of ${batch} sequences of ${length} of ${tokens} tokens`],
    ['rate', `${rate} / 2^${ratePlaces} of the summed gradient, ${perToken} of the mean one`],
    ...rates
      .slice(0, SHOWN)
      .map((later): [string, string] => [
        'rate',
        `${later.rate} / 2^${ratePlaces} from step ${later.from} on`,
      ]),
    ...(rates.length > SHOWN ? [['rates', `and ${rates.length - SHOWN} more`] as [string, string]] : []),
    ['momentum', momentum === undefined ? 'none' : `keeps ${1 - 2 ** -momentum.shift}`],
    ['gradients', `${gradient.bits} bits${gradient.guard === undefined ? '' : ', cut off'}`],
  ];
}

export function showCorpus(made: CommittedCorpus): string[] {
  return fields([
    ['digest', hex(made.digest)],
    ['corpus', `${made.tokens} tokens`],
    ['private', made.files.folder],
    ['public', `${made.files.key}, ${size(made.keyBytes)}`],
    ['budget', `${made.proofsLeft} proofs`],
    ['time', times(made.seconds)],
  ]);
}

export function showTuned(made: Tuned): string[] {
  const { files, seconds, step, steps, loss, accuracy, announcement } = made;
  const right = (100 * accuracy).toFixed(2);
  return fields([
    ['run', hex(made.run)],
    ...runFields(announcement),
    ['start', startText(made.start)],
    ['seed', hex(announcement.seed)],
    ['trained', `${step} of ${steps} steps, ${made.made} of them now`],
    [
      'loss',
      `${loss.toFixed(4)} nats a token, ${right} % named right: mean of the last ${Math.min(step, 50)} steps, not proven`,
    ],
    ['private', `${files.folder} (loss.csv, loss.svg)`],
    ['public', files.run],
    ['time', times(seconds)],
  ]);
}

export function showProvenTuning(made: ProvenTuning): string[] {
  const { step, steps, trained, weights } = made;
  const rest = made.made.length - SHOWN;
  return [
    ...fields([
      ['run', hex(made.run)],
      ['proven', `${step} of ${steps} steps; ${trained} are trained`],
      ...made.made
        .slice(0, SHOWN)
        .map((own): [string, string] => ['step', `${own.file}, ${size(own.bytes)}`]),
      ...(rest > 0 ? [['steps', `and ${rest} more`] as const] : []),
      ['weights', weights === undefined ? 'none' : `${hex(weights)}, ${made.answersLeft} more proofs`],
      ['budget', `${made.proofsLeft} more proofs over the corpus`],
      ['time', times(made.seconds)],
    ]),
    ...made.warnings.map((warning) => `warning: ${printable(warning)}`),
  ];
}

export function showTuningVerdict(verdict: TuningFileVerdict): string[] {
  if (!verdict.ok) return refusal(verdict);
  const { announcement, steps, complete, start, weights, milliseconds } = verdict;
  const what = complete ? `all ${steps} steps` : `${steps} of ${announcement.steps} steps`;
  const said =
    steps === 0 ? 'nothing is proven: a run, and no step of it' : `verified: ${what} went as announced`;
  return [
    `${said} (${Math.round(milliseconds)} ms)`,
    ...fields([
      ['run', hex(verdict.run)],
      ['corpus', hex(verdict.corpus)],
      ...runFields(announcement),
      ['seed', hex(announcement.seed)],
      ['start', startText(start)],
      ['weights', weights === undefined ? 'none' : hex(weights)],
    ]),
  ];
}

export function showProvenTuned(made: ProvenTuned): string[] {
  return [
    ...fields([
      ...made.completions.map((ids): [string, string] => ['tokens', ids.join(' ')]),
      ['choice', choiceText(made.choice)],
      ['run', hex(made.run)],
      ['weights', `${hex(made.weights)}, behind ${made.step} steps`],
      ['proof', `${made.file}, ${size(made.bytes)}`],
      ['budget', `${made.answersLeft} more proofs by these weights`],
      ['time', times(made.seconds)],
    ]),
    ...made.warnings.map((warning) => `warning: ${printable(warning)}`),
  ];
}

export function showTunedVerdict(verdict: TunedFileVerdict): string[] {
  if (!verdict.ok) return refusal(verdict);
  const { step, statement, milliseconds } = verdict;
  const who = step === undefined ? 'the agreed weights' : `the weights behind ${step} proven steps`;
  const sequences = statement.sequences.flatMap(({ prompt, completion }): [string, string][] => [
    ['prompt', isPrivate(prompt) ? `private, ${prompt.privateTokens} tokens` : prompt.join(' ')],
    ['tokens', completion.join(' ')],
  ]);
  return [
    `verified: ${who} chose these tokens (${Math.round(milliseconds)} ms)`,
    ...fields([
      ...sequences,
      ['choice', choiceText(statement.choice)],
      ['context', statement.context.length === 0 ? 'none' : contextText(statement.context)],
      ['run', hex(verdict.run)],
      ['weights', hex(verdict.weights)],
    ]),
  ];
}

function refusal({ code, stage, detail }: Extract<TuningFileVerdict, { ok: false }>): string[] {
  return [`refused: ${code} at ${printable(stage)}: ${printable(detail)}`];
}

type OfTuning = Extract<Inspection, { kind: 'graph run' | 'graph step' }>;

/** What a file of a run of a graph says. */
export function showTuningInspection(inspection: OfTuning): string[] {
  if (inspection.kind === 'graph run') {
    const { digest, corpus, start, seed } = inspection;
    return [
      'announces',
      ...fields([
        ['  run', digest],
        ['  corpus', corpus.digest],
        ...runFields(inspection).map(([name, value]): [string, string] => [`  ${name}`, value]),
        ['  seed', seed],
        ['  start', start === undefined ? SEEDED : `committed weights ${start.digest}`],
      ]),
    ];
  }
  const { run, step, count, input, output, parameters } = inspection;
  return [
    'says, once verified',
    ...fields([
      ['  run', run],
      count === 1 ? ['  step', String(step)] : ['  steps', `${step} to ${step + count - 1}`],
      ['  reads', input],
      ['  writes', `${output.digest}, for ${output.proofs} proofs`],
      ['  parameters', JSON.stringify(parameters)],
    ]),
  ];
}
