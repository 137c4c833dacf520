/**
 * The parts of a tokenizer.json around its BPE model: normalizer, pre-tokenizer, post-processor, decoder. Each is read
 * into a function; a part or an option that is not known is refused by name.
 *
 * Source: github.com/huggingface/tokenizers, folders normalizers, pre_tokenizers, processors and decoders.
 */
import { refuse } from '../errors/proof-error.ts';
import { BYTE_LETTERS, bytesOfLetters, GPT2_WORDS, isolate, lettersOf, WORD_PATTERNS } from './byte-level.ts';
import { describe, isObject, type Json, type JsonObject, quote } from './json.ts';
import { byteOfPiece, decodeUtf8 } from './tokenizer.ts';

/** A text to a text. */
export type Normaliser = (text: string) => string;
/** Words to smaller words; `first` says that the words begin the text. */
export type Splitter = (words: readonly string[], first: boolean) => string[];
/** Pieces to strings whose concatenation is the text. */
export type Joiner = (pieces: readonly string[]) => string[];

function typed(value: Json | undefined, stage: string): readonly [string, JsonObject] {
  const type = isObject(value) ? value['type'] : undefined;
  if (!isObject(value) || typeof type !== 'string') {
    return refuse('TOKENIZER_UNSUPPORTED', stage, `expected an object with a type, got ${describe(value)}`);
  }
  return [type, value];
}

function unsupported(stage: string, supported: string, got: Json | undefined): never {
  return refuse('TOKENIZER_UNSUPPORTED', stage, `expected one of ${supported}, got ${describe(got)}`);
}

function listOf(part: JsonObject, key: string, stage: string): readonly Json[] {
  const list = part[key];
  return Array.isArray(list) ? list : refuse('TOKENIZER_UNSUPPORTED', stage, `expected an array ${key}`);
}

function textOf(part: JsonObject, key: string, stage: string): string {
  const text = part[key];
  return typeof text === 'string' ? text : refuse('TOKENIZER_UNSUPPORTED', stage, `expected a string ${key}`);
}

/** `pattern: {"String": ...}`. */
function stringPattern(part: JsonObject, stage: string): string {
  const pattern = part['pattern'];
  const text = isObject(pattern) && Object.keys(pattern).length === 1 ? pattern['String'] : undefined;
  if (typeof text === 'string' && text !== '') return text;
  return refuse('TOKENIZER_UNSUPPORTED', stage, 'expected a pattern that is a string');
}

/** @throws ProofError `TOKENIZER_UNSUPPORTED` */
export function readNormaliser(value: Json | undefined, stage: string): Normaliser {
  if (value === null || value === undefined) return (text) => text;
  const [type, part] = typed(value, stage);
  switch (type) {
    case 'Sequence': {
      const steps = listOf(part, 'normalizers', stage).map((step) => readNormaliser(step, stage));
      return (text) => steps.reduce((result, step) => step(result), text);
    }
    case 'Prepend': {
      const prefix = textOf(part, 'prepend', stage);
      return (text) => (text === '' ? '' : prefix + text);
    }
    case 'Replace': {
      const [from, to] = [stringPattern(part, stage), textOf(part, 'content', stage)];
      return (text) => text.replaceAll(from, () => to);
    }
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return (text) => text.normalize(type);
    default:
      return unsupported(stage, 'Sequence, Prepend, Replace, NFC, NFD, NFKC, NFKD', type);
  }
}

/** A pre-tokenizer, and the alphabet of the words it makes if that is the letters of bytes. */
export interface PreTokenizer {
  readonly split: Splitter;
  readonly letters: readonly string[] | undefined;
}

/** @throws ProofError `TOKENIZER_UNSUPPORTED` */
export function readPreTokenizer(value: Json | undefined, stage: string): PreTokenizer {
  if (value === null || value === undefined) return { split: (words) => [...words], letters: undefined };
  const [type, part] = typed(value, stage);
  switch (type) {
    case 'Sequence': {
      const steps = listOf(part, 'pretokenizers', stage).map((step) => readPreTokenizer(step, stage));
      const lettersAt = steps.findIndex((step) => step.letters !== undefined);
      if (lettersAt >= 0 && lettersAt !== steps.length - 1) {
        unsupported(stage, 'sequences in which ByteLevel comes last', `ByteLevel at ${lettersAt}`);
      }
      return {
        split: (words, first) =>
          steps.reduce((result: readonly string[], step) => step.split(result, first), words) as string[],
        letters: steps.at(-1)?.letters,
      };
    }
    case 'ByteLevel':
      return { split: byteLevel(part), letters: BYTE_LETTERS };
    case 'Split': {
      const pattern = part['pattern'];
      const regex = isObject(pattern) ? pattern['Regex'] : undefined;
      const words = typeof regex === 'string' ? WORD_PATTERNS.get(regex) : undefined;
      if (words === undefined) return unsupported(stage, 'the patterns of GPT-2, Qwen2 and LLaMA 3', regex);
      if (part['behavior'] !== 'Isolated' || part['invert'] === true) {
        return unsupported(stage, 'the behavior Isolated, not inverted', part['behavior']);
      }
      return { split: (list) => list.flatMap((word) => isolate(word, words)), letters: undefined };
    }
    case 'Metaspace':
      return { split: metaspace(part, stage), letters: undefined };
    default:
      return unsupported(stage, 'Sequence, ByteLevel, Split, Metaspace', type);
  }
}

function byteLevel(part: JsonObject): Splitter {
  const prefix = part['add_prefix_space'] !== false;
  const words = part['use_regex'] !== false;
  return (list) =>
    list
      .map((word) => (prefix && !word.startsWith(' ') ? ` ${word}` : word))
      .flatMap((word) => (words ? isolate(word, GPT2_WORDS) : [word]))
      .map(lettersOf);
}

type Prepend = 'always' | 'first' | 'never';

/** `prepend_scheme`, or its older spelling `add_prefix_space`. */
function prependOf(part: JsonObject, stage: string): Prepend {
  const scheme = part['prepend_scheme'] ?? (part['add_prefix_space'] === false ? 'never' : 'always');
  return scheme === 'always' || scheme === 'first' || scheme === 'never'
    ? scheme
    : unsupported(stage, 'always, first, never', scheme);
}

function metaspace(part: JsonObject, stage: string): Splitter {
  const mark = textOf(part, 'replacement', stage);
  const prepend = prependOf(part, stage);
  const split = part['split'] !== false;
  return (list, first) =>
    list.flatMap((word, i) => {
      const marked = word.replaceAll(' ', () => mark);
      const add = prepend === 'always' || (prepend === 'first' && first && i === 0);
      const whole = add && !marked.startsWith(mark) ? mark + marked : marked;
      if (!split) return [whole];
      // Each mark begins a word.
      const parts = whole.split(mark);
      return parts.map((text, j) => (j === 0 ? text : mark + text)).filter((text) => text !== '');
    });
}

/** Special tokens around a text: names before and after it. */
export interface Frame {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** @throws ProofError `TOKENIZER_UNSUPPORTED` */
export function readPostProcessor(value: Json | undefined, stage: string): Frame {
  if (value === null || value === undefined) return { before: [], after: [] };
  const [type, part] = typed(value, stage);
  switch (type) {
    case 'ByteLevel': // concerns offsets only
      return { before: [], after: [] };
    case 'Sequence': {
      const frames = listOf(part, 'processors', stage).map((step) => readPostProcessor(step, stage));
      return {
        before: [...frames].reverse().flatMap((frame) => frame.before),
        after: frames.flatMap((frame) => frame.after),
      };
    }
    case 'TemplateProcessing':
      return readTemplate(part, stage);
    default:
      return unsupported(stage, 'ByteLevel, Sequence, TemplateProcessing', type);
  }
}

function readTemplate(part: JsonObject, stage: string): Frame {
  const names = listOf(part, 'single', stage).map((item) => {
    const special = isObject(item) ? item['SpecialToken'] : undefined;
    if (isObject(special) && typeof special['id'] === 'string') return special['id'];
    if (isObject(item) && isObject(item['Sequence'])) return undefined;
    return unsupported(stage, 'SpecialToken, Sequence', item);
  });
  const at = names.indexOf(undefined);
  if (at < 0 || names.lastIndexOf(undefined) !== at) {
    return refuse('TOKENIZER_UNSUPPORTED', stage, 'expected a template with one sequence');
  }
  return { before: names.slice(0, at) as string[], after: names.slice(at + 1) as string[] };
}

/** @throws ProofError `TOKENIZER_UNSUPPORTED` */
export function readDecoder(value: Json | undefined, stage: string): Joiner {
  const [type, part] = typed(value, stage);
  switch (type) {
    case 'Sequence': {
      const steps = listOf(part, 'decoders', stage).map((step) => readDecoder(step, stage));
      return (pieces) => steps.reduce((result: readonly string[], step) => step(result), pieces) as string[];
    }
    case 'ByteLevel':
      return (pieces) => [decodeUtf8(Uint8Array.from(pieces.flatMap((piece) => [...bytesOfLetters(piece)])))];
    case 'ByteFallback':
      return joinBytes;
    case 'Fuse':
      return (pieces) => [pieces.join('')];
    case 'Replace': {
      const [from, to] = [stringPattern(part, stage), textOf(part, 'content', stage)];
      return (pieces) => pieces.map((piece) => piece.replaceAll(from, () => to));
    }
    case 'Strip':
      return strip(part, stage);
    case 'Metaspace': {
      const mark = textOf(part, 'replacement', stage);
      const drop = prependOf(part, stage) !== 'never';
      return (pieces) =>
        pieces.map((piece, i) =>
          [...piece].map((c) => (c !== mark ? c : i === 0 && drop ? '' : ' ')).join(''),
        );
    }
    default:
      return unsupported(stage, 'Sequence, ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace', type);
  }
}

/** Runs of byte pieces become text; every byte of a run that is no UTF-8 becomes U+FFFD. */
function joinBytes(pieces: readonly string[]): string[] {
  const result: string[] = [];
  let run: number[] = [];
  const flush = (): void => {
    if (run.length === 0) return;
    try {
      result.push(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(run)));
    } catch {
      result.push('\ufffd'.repeat(run.length));
    }
    run = [];
  };
  for (const piece of pieces) {
    const byte = byteOfPiece(piece);
    if (byte === undefined) {
      flush();
      result.push(piece);
    } else run.push(byte);
  }
  flush();
  return result;
}

function strip(part: JsonObject, stage: string): Joiner {
  const content = textOf(part, 'content', stage);
  const [start, stop] = [part['start'], part['stop']];
  if ([...content].length !== 1 || typeof start !== 'number' || typeof stop !== 'number') {
    return refuse('TOKENIZER_UNSUPPORTED', stage, `expected one character to strip, got ${quote(content)}`);
  }
  return (pieces) =>
    pieces.map((piece) => {
      const characters = [...piece];
      let from = 0;
      let to = characters.length;
      while (from < to && from < start && characters[from] === content) from++;
      while (to > from && characters.length - to < stop && characters[to - 1] === content) to--;
      return characters.slice(from, to).join('');
    });
}
