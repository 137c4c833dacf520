/**
 * The parts of a tokenizer.json in front of its BPE model and behind it: normalizer, pre-tokenizer, post-processor. Each is read
 * into a function; a part or an option that is not known is refused by name. The decoder: tokenizer-decoder.ts.
 *
 * Source: github.com/huggingface/tokenizers, folders normalizers, pre_tokenizers and processors.
 */
import { refuse } from '../errors/proof-error.ts';
import { BYTE_LETTERS, GPT2_WORDS, isolate, lettersOf, WORD_PATTERNS } from './byte-level.ts';
import { describe, isObject, type Json, type JsonObject } from './json.ts';

/** A text to a text. */
export type Normaliser = (text: string) => string;
/** Words to smaller words; `first` says that the words begin the text. */
export type Splitter = (words: readonly string[], first: boolean) => string[];

export function typed(value: Json | undefined, stage: string): readonly [string, JsonObject] {
  const type = isObject(value) ? value['type'] : undefined;
  if (!isObject(value) || typeof type !== 'string') {
    return refuse('TOKENIZER_UNSUPPORTED', stage, `expected an object with a type, got ${describe(value)}`);
  }
  return [type, value];
}

export function unsupported(stage: string, supported: string, got: Json | undefined): never {
  return refuse('TOKENIZER_UNSUPPORTED', stage, `expected one of ${supported}, got ${describe(got)}`);
}

export function listOf(part: JsonObject, key: string, stage: string): readonly Json[] {
  const list = part[key];
  return Array.isArray(list) ? list : refuse('TOKENIZER_UNSUPPORTED', stage, `expected an array ${key}`);
}

export function textOf(part: JsonObject, key: string, stage: string): string {
  const text = part[key];
  return typeof text === 'string' ? text : refuse('TOKENIZER_UNSUPPORTED', stage, `expected a string ${key}`);
}

/** `pattern: {"String": ...}`. */
export function stringPattern(part: JsonObject, stage: string): string {
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
export function prependOf(part: JsonObject, stage: string): Prepend {
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
