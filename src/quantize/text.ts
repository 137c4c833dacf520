/** Calibration text: bytes of a file as token sequences, and whether it is text that the model could have learnt from. */
import { refuse } from '../errors/proof-error.ts';
import type { FloatExecutor } from '../import/float-executor.ts';
import type { Architecture } from '../import/model.ts';
import { checkTokenizerFits, type Tokenizer } from '../import/tokenizer.ts';
import type { Sequences } from './forward.ts';
import { firstToken, givenRuns } from './samples.ts';

/** Sequences to calibrate with, and others to measure with. */
export interface TextSequences {
  /** Named in errors. */
  readonly file: string;
  readonly calibration: Sequences;
  readonly evaluation: Sequences;
}

/** Every third sequence is held out. */
const HELD_OUT = 3;
/** Tokens of a sequence, where the context has room. */
export const SEQUENCE_TOKENS = 256;
/** Text of less says nothing. */
const LEAST_TOKENS = 64;

function decodeText(bytes: Uint8Array, file: string): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse('CALIBRATION_TEXT', file, 'expected text in UTF-8, got other bytes');
  }
  // Tab, line feed and carriage return are text; other control characters are of binary files.
  // eslint-disable-next-line no-control-regex
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(text);
  if (control !== null) {
    const code = control[0].charCodeAt(0).toString(16).padStart(4, '0');
    refuse('CALIBRATION_TEXT', file, `expected text, got the control character U+${code}: a binary file?`);
  }
  return text;
}

/**
 * The token sequences of a text file. The tokenizer sees the whole text once; each sequence begins as texts do.
 *
 * @param length tokens of a sequence; default 256, at most the context
 * @param limit greatest number of sequences, taken evenly from all of the text; default 36, of which 12 are held out
 * @throws ProofError `CALIBRATION_TEXT` for bytes that are no text or too little of it, `TOKENIZER_FIT`
 * @example
 * const sequences = sequencesOfText(bytes, 'story.txt', tokenizer, model.architecture);
 * const quantized = await quantize(model, { tokenizer, sequences });
 */
export function sequencesOfText(
  bytes: Uint8Array,
  file: string,
  tokenizer: Tokenizer,
  architecture: Architecture,
  { length = SEQUENCE_TOKENS, limit = 36 }: { readonly length?: number; readonly limit?: number } = {},
): TextSequences {
  checkTokenizerFits(tokenizer, architecture, 'tokenizer');
  const tokens = tokenizer.encode(decodeText(bytes, file), { special: false });
  const size = Math.min(length, architecture.context);
  if (!Number.isInteger(size) || size < 2) throw new RangeError(`length: expected 2 or more, got ${length}`);
  if (tokens.length < LEAST_TOKENS) {
    refuse('CALIBRATION_TEXT', file, `expected at least ${LEAST_TOKENS} tokens, got ${tokens.length}`);
  }
  const step = Math.min(size - 1, Math.floor(tokens.length / 2)); // two sequences at least
  const all: number[][] = [];
  for (let at = 0; at + step <= tokens.length; at += step) {
    all.push([firstToken(architecture), ...tokens.slice(at, at + step)]);
  }
  const count = Math.min(all.length, Math.max(2, limit));
  const chosen = Array.from(
    { length: count },
    (_, i) => all[Math.floor((i * all.length) / count)] as number[],
  );
  const heldOut = (i: number): boolean =>
    count < HELD_OUT ? i === count - 1 : i % HELD_OUT === HELD_OUT - 1;
  return {
    file,
    calibration: chosen.filter((_, i) => !heldOut(i)),
    evaluation: chosen.filter((_, i) => heldOut(i)),
  };
}

/** Tokens on which the kind of a text is judged. */
const JUDGED_TOKENS = 128;

/**
 * Refuses a text that the model finds less likely than tokens drawn at random: another language, another alphabet, data.
 *
 * @throws ProofError `CALIBRATION_TEXT`
 */
export function checkTextKind(executor: FloatExecutor, { file, calibration }: TextSequences): void {
  let [loss, count] = [0, 0];
  const judged = calibration.map((sequence) => sequence.slice(0, JUDGED_TOKENS));
  for (const { tokens, logits } of givenRuns(executor, judged)) {
    if (count >= JUDGED_TOKENS) break;
    for (let t = 0; t + 1 < tokens.length; t++, count++) {
      const row = logits.data.subarray(t * logits.columns, (t + 1) * logits.columns);
      const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
      const total = row.reduce((sum, v) => sum + Math.exp(v - most), 0);
      loss += Math.log(total) + most - (row[tokens[t + 1] as number] as number);
    }
  }
  const guessing = Math.log(executor.architecture.vocab);
  if (count > 0 && loss / count > guessing) {
    const got = `${(loss / count).toFixed(2)} nats a token, where guessing costs ${guessing.toFixed(2)}`;
    refuse('CALIBRATION_TEXT', file, `expected text of the kind that the model knows, got one of ${got}`);
  }
}
