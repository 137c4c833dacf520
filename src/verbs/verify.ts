/** The verb `verify`: a key and a proof file in; what was proven, and the verdict, out. */
import { modelDigest, type ModelKey } from '../answer/key.ts';
import { verifyModelLinks } from '../answer/link.ts';
import { verifyAnswer, type Expectations } from '../answer/verify.ts';
import { isPrivate, type AnswerStatement, type Prompt, type Sequence } from '../answer/statement.ts';
import type { Tokenizer } from '../import/tokenizer.ts';
import type { Verdict } from '../pcs/linear-verify.ts';
import { contextOf } from './context.ts';
import { readInput } from './files.ts';
import { differentKind } from './kinds.ts';
import { shownLogits, type ShownLogits } from './logits.ts';
import { promptText, textOf } from './text.ts';
import { readTokenizer } from './tokenizers.ts';

export interface VerifyFileOptions {
  readonly proof: string;
  readonly key: string;
  /** Links from the key to later ones, in order of epochs. */
  readonly links?: readonly string[];
  /** Shows text; its digest must be the key's. */
  readonly tokenizer?: string;
  /** What the caller knows and the proof must say: texts, one for each sequence (they need the tokenizer), and the context. */
  readonly prompt?: string | readonly string[];
  readonly completion?: string | readonly string[];
  readonly context?: string;
  /** Digest of the key that the parties agreed on: 64 hexadecimal digits. */
  readonly model?: string;
}

/** A sequence that was proven, as text where a tokenizer was given. */
export interface VerifiedSequence {
  /** Ids, or the length of a private one. */
  readonly prompt: Prompt;
  readonly completion: readonly number[];
  readonly promptText?: string;
  readonly completionText?: string;
}

export type FileVerdict =
  | {
      readonly ok: true;
      readonly statement: AnswerStatement;
      readonly key: ModelKey;
      readonly sequences: readonly VerifiedSequence[];
      /** What the proof shows beside the choices. */
      readonly logits: readonly ShownLogits[];
      /** Milliseconds of the verifier, files and tokenizer not counted. */
      readonly milliseconds: number;
    }
  | Refusal;

/**
 * Verifies a proof file.
 *
 * @returns the verdict; a proof, key, link, tokenizer or expectation that does not fit is a refusal, never an error
 * @throws ProofError `FILE_*` for files that cannot be read, `TOKENIZER_*` for one that is no tokenizer; RangeError for options
 * @example
 * const verdict = await verifyFile({ proof: 'answer.zkp', key: 'story.key', tokenizer: 'tokenizer.json' });
 */
export async function verifyFile(options: VerifyFileOptions): Promise<FileVerdict> {
  const { links = [] } = options;
  checkOptions(options);
  const trusted = readInput(options.key);
  const linkBytes = links.map(readInput);
  const proof = readInput(options.proof);
  const other = differentKind(
    ['key', options.key, trusted],
    ...links.map((file, i) => ['link', file, linkBytes[i] as Uint8Array] as const),
    ['answer', options.proof, proof],
  );
  if (other !== undefined) return other;
  const start = performance.now();
  const agreed = options.model?.toLowerCase();
  if (agreed !== undefined && hexOf(modelDigest(trusted)) !== agreed) {
    return refused('MODEL', options.key, 'expected a key of the agreed digest, got another');
  }
  // Without links the key is decoded once, by `verifyAnswer`, which refuses what `verifyModelLinks` would.
  const followed =
    links.length === 0 ? ({ ok: true, key: trusted } as const) : verifyModelLinks(trusted, linkBytes);
  if (!followed.ok) return placed(followed, options);
  const context = options.context === undefined ? undefined : contextOf(options.context);
  const verdict = verifyAnswer(followed.key, proof, context === undefined ? {} : { context });
  if (!verdict.ok) return placed(verdict, options);
  const milliseconds = Math.round((performance.now() - start) * 10) / 10;
  const { statement, key } = verdict;
  const shown = await show(options, statement, key);
  if ('ok' in shown) return shown;
  return { ok: true, statement, key, ...shown, milliseconds };
}

type Refusal = Extract<Verdict, { ok: false }>;

/** A refusal about a file, with its name for what verifiers of bytes call it. */
function placed(refusal: Refusal, { proof, key, links = [] }: VerifyFileOptions): Refusal {
  const [, at, rest = ''] = /^link (\d+)(: .*)?$/s.exec(refusal.stage) ?? [];
  if (at !== undefined) return { ...refusal, stage: `${links[Number(at)]}${rest}` };
  const files: Readonly<Record<string, string>> = { 'proof file': proof, 'model key': key, key };
  return Object.hasOwn(files, refusal.stage)
    ? { ...refusal, stage: files[refusal.stage] as string }
    : refusal;
}

function checkOptions({ tokenizer, prompt, completion, model }: VerifyFileOptions): void {
  if (tokenizer === undefined && (prompt !== undefined || completion !== undefined)) {
    throw new RangeError('tokenizer: expected one, to compare texts with, got none');
  }
  if (model !== undefined && !/^[0-9a-fA-F]{64}$/.test(model)) {
    throw new RangeError(`model: expected 64 hexadecimal digits, got ${model.length} characters`);
  }
}

type Shown = Pick<Extract<FileVerdict, { ok: true }>, 'sequences' | 'logits'>;

/** Sequences with their texts, held against what the caller expects, and logits. */
async function show(
  { proof, tokenizer: file, prompt, completion }: VerifyFileOptions,
  { sequences, revealed = [] }: AnswerStatement,
  { info, graph }: ModelKey,
): Promise<Shown | Refusal> {
  if (file === undefined) return { sequences, logits: shownLogits(graph, revealed) };
  const { tokenizer } = await readTokenizer(file, info.vocab);
  const digest = hexOf(tokenizer.digest);
  if (info.tokenizer !== digest) {
    return refused('TOKENIZER_FIT', file, `expected the one with digest ${info.tokenizer}, got ${digest}`);
  }
  const shown = sequences.map((sequence) => withTexts(tokenizer, sequence));
  if (prompt !== undefined) {
    if (sequences.some((sequence) => isPrivate(sequence.prompt))) {
      return refused('PROMPT', proof, 'expected the given prompt, got a proof that keeps its prompt private');
    }
    const same = (text: string, { prompt: ids }: VerifiedSequence): boolean =>
      sameIds(tokenizer.encode(text), ids as readonly number[]);
    const fault = differs('prompt', proof, textsOf(prompt), shown, same);
    if (fault !== undefined) return fault;
  }
  if (completion !== undefined) {
    const fault = differs(
      'completion',
      proof,
      textsOf(completion),
      shown,
      (text, own) => text === own.completionText,
    );
    if (fault !== undefined) return fault;
  }
  return { sequences: shown, logits: shownLogits(graph, revealed, tokenizer) };
}

/** A completion behind a private prompt stands for itself. */
function withTexts(tokenizer: Tokenizer, sequence: Sequence): VerifiedSequence {
  const { prompt, completion } = sequence;
  if (isPrivate(prompt)) return { ...sequence, completionText: textOf(tokenizer, [], completion) };
  return {
    ...sequence,
    promptText: promptText(tokenizer, prompt),
    completionText: textOf(tokenizer, prompt, completion),
  };
}

function textsOf(given: string | readonly string[]): readonly string[] {
  return typeof given === 'string' ? [given] : given;
}

/** The refusal where texts are not those of the proof. */
function differs(
  what: 'prompt' | 'completion',
  proof: string,
  texts: readonly string[],
  shown: readonly VerifiedSequence[],
  same: (text: string, sequence: VerifiedSequence) => boolean,
): Refusal | undefined {
  const code = what.toUpperCase();
  if (texts.length !== shown.length) {
    const [given, own] = [counted(texts.length, what), counted(shown.length, what)];
    return refused(code, proof, `expected the given ${given}, got a proof about ${own}`);
  }
  if (shown.every((sequence, s) => same(texts[s] as string, sequence))) return undefined;
  return refused(code, proof, `expected the given ${what}, got a proof about another`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function refused(code: string, stage: string, detail: string): Refusal {
  return { ok: false, code, stage, detail };
}

function sameIds(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export type { Expectations };
