/** Answers as lines for people: what was proven, what was verified, what a file says. */
import { isPrivate, type PrivatePrompt } from '../answer/statement.ts';
import type { PublicChoice } from '../ops/lowering.ts';
import type { FileVerdict, Inspection, ProvenText, ShownLogits, VerifiedSequence } from '../verbs/index.ts';
import { fields, hex, printable, quoted, size, times } from './terminal.ts';

/** A rule of choice. */
export function choiceText(choice: PublicChoice): string {
  if (choice === 'greedy') return 'greedy';
  return `sampled, temperature ${choice.temperature / 1000}, seed ${hex(choice.seed)}`;
}

export function showProof(proven: ProvenText, prompts: readonly string[]): string[] {
  const { sequences, seconds, warnings } = proven;
  const why = { stop: 'the text ends', context: 'the context ends', tokens: 'as many as asked for' };
  return [
    ...sequences.flatMap(({ prompt, completion, text, ended }, i) => [
      ...sequenceHead(sequences, i),
      ...quoted(isPrivate(prompt) ? text : (prompts[i] as string) + text),
      ...fields([
        ['prompt', isPrivate(prompt) ? privacy(prompt) : `${prompt.length} tokens`],
        ['tokens', `${completion.length} new: ${why[ended]}`],
      ]),
    ]),
    ...fields([
      ['choice', choiceText(proven.choice)],
      ['model', hex(proven.model)],
      ['proof', `${proven.file}, ${size(proven.bytes)}`],
      ['budget', `${proven.proofsLeft} more proofs before a refresh`],
      ['time', times(seconds)],
    ]),
    ...warnings.map((warning) => `warning: ${printable(warning)}`),
  ];
}

function privacy({ privateTokens }: PrivatePrompt): string {
  return `private, ${privateTokens} token${privateTokens === 1 ? '' : 's'}`;
}

function sequenceHead(sequences: readonly unknown[], i: number): string[] {
  return sequences.length > 1 ? [`sequence ${i + 1} of ${sequences.length}`] : [];
}

/** A context as text where it is text. */
export function contextText(context: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(context);
  } catch {
    return hex(context);
  }
}

export function showVerdict(verdict: FileVerdict): string[] {
  if (!verdict.ok) {
    return [`refused: ${verdict.code} at ${printable(verdict.stage)}: ${printable(verdict.detail)}`];
  }
  const { statement, key, sequences, logits, milliseconds } = verdict;
  return [
    `verified: the model chose these tokens (${Math.round(milliseconds)} ms)`,
    ...sequences.flatMap((sequence, i) => [
      ...sequenceHead(sequences, i),
      ...promptLines(sequence),
      ...(sequence.completionText === undefined ? [] : ['completion', ...quoted(sequence.completionText)]),
      `completion ids  ${sequence.completion.join(' ')}`,
      ...logits.filter(({ sequence: own }) => own === i + 1).flatMap((of) => logitLines(of, sequence)),
    ]),
    ...fields([
      ['choice', choiceText(statement.choice)],
      ['context', statement.context.length === 0 ? 'none' : contextText(statement.context)],
      ['model', hex(statement.model)],
      ['family', `${key.info.family}, profile ${key.info.profile}`],
      [
        'accuracy',
        `KL ${(key.info.report.klNano / 1e9).toExponential(2)} nats a token, as its owner measured`,
      ],
    ]),
  ];
}

function promptLines({ prompt, promptText }: VerifiedSequence): string[] {
  if (isPrivate(prompt)) return [`prompt: ${privacy(prompt)}`];
  return [
    ...(promptText === undefined ? [] : ['prompt', ...quoted(promptText)]),
    `prompt ids      ${prompt.join(' ')}`,
  ];
}

function logitLines({ position, top }: ShownLogits, { completion }: VerifiedSequence): string[] {
  const lines = top.map(({ id, text, logit, nats }) => {
    const of = nats === undefined ? String(logit) : `${nats.toFixed(3)} nats (${logit})`;
    return `  ${String(id).padStart(8)}  ${of}${text === undefined ? '' : `  ${JSON.stringify(printable(text))}`}`;
  });
  return [`logits of token ${position}, ${completion[position - 1]}: the greatest`, ...lines];
}

/** What a proof file says once it is verified. */
export function showStatement({ statement, parameters }: Extract<Inspection, { kind: 'answer' }>): string[] {
  return [
    'says, once verified',
    ...fields([
      ['  model', statement.model],
      ['  choice', choiceText(statement.choice)],
      ['  context', contextText(Buffer.from(statement.context, 'hex')) || 'none'],
      ...statement.sequences.flatMap(({ prompt, completion }, i): [string, string][] => [
        [`  prompt ${i + 1}`, isPrivate(prompt) ? privacy(prompt) : prompt.join(' ')],
        [`  completion ${i + 1}`, completion.join(' ')],
      ]),
      ...(statement.logits.length === 0 ? [] : [['  logits of', positions(statement.logits)] as const]),
      ['  parameters', JSON.stringify(parameters)],
    ]),
  ];
}

/** SEQUENCE:TOKEN, from 1. */
function positions(logits: readonly { readonly sequence: number; readonly position: number }[]): string {
  return logits.map(({ sequence, position }) => `${sequence}:${position}`).join(' ');
}
