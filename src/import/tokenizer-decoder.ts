/**
 * The decoder of a tokenizer.json: from pieces of its BPE model back to text.
 *
 * Source: github.com/huggingface/tokenizers, folder decoders.
 */
import { refuse } from '../errors/proof-error.ts';
import { bytesOfLetters } from './byte-level.ts';
import { type Json, type JsonObject, quote } from './json.ts';
import { byteOfPiece, decodeUtf8 } from './tokenizer.ts';
import { listOf, prependOf, stringPattern, textOf, typed, unsupported } from './tokenizer-parts.ts';

/** Pieces to strings whose concatenation is the text. */
export type Joiner = (pieces: readonly string[]) => string[];

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
