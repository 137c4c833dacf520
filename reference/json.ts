/** JSON that strangers wrote: spec/import.md, "Files", 3. Codes `JSON_UTF8`, `JSON_SYNTAX`, `JSON_DUPLICATE_KEY`, `JSON_DEPTH`. */
import { refuse, require } from './refusal.ts';

export type Json = null | boolean | number | string | readonly Json[] | ReadonlyMap<string, Json>;

/** A value is nested in at most so many others. */
const DEEPEST = 32;

/** Reads a text from its front; the first thing that is wrong is refused. Objects are maps. */
export function readJson(bytes: Uint8Array): Json {
  let text = '';
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    refuse('JSON_UTF8', 'bytes that are no UTF-8');
  }
  const from = { text, at: 0 };
  const value = readValue(from, 0);
  skip(from);
  require(from.at === text.length, 'JSON_SYNTAX', 'something behind the value');
  return value;
}

interface Reader {
  readonly text: string;
  at: number;
}

/** What a pattern matches here; undefined where it does not. */
function match(from: Reader, pattern: string): string | undefined {
  const sticky = new RegExp(pattern, 'y');
  sticky.lastIndex = from.at;
  const found = sticky.exec(from.text)?.[0];
  if (found !== undefined) from.at += found.length;
  return found;
}

function expect(from: Reader, pattern: string): string {
  return match(from, pattern) ?? refuse('JSON_SYNTAX', `${pattern} at ${from.at}`);
}

function skip(from: Reader): void {
  match(from, '[ \\t\\n\\r]*');
}

function readValue(from: Reader, depth: number): Json {
  require(depth <= DEEPEST, 'JSON_DEPTH', `${depth}`);
  skip(from);
  const next = from.text[from.at];
  if (next === '{') return readObject(from, depth);
  if (next === '[') return readList(from, depth);
  if (next === '"') return readString(from);
  const word = match(from, 'true|false|null');
  if (word !== undefined) return word === 'null' ? null : word === 'true';
  return Number(expect(from, '-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?'));
}

function readObject(from: Reader, depth: number): ReadonlyMap<string, Json> {
  const object = new Map<string, Json>();
  from.at++;
  skip(from);
  if (match(from, '}') !== undefined) return object;
  for (;;) {
    skip(from);
    require(from.text[from.at] === '"', 'JSON_SYNTAX', 'a key');
    const key = readString(from);
    require(!object.has(key), 'JSON_DUPLICATE_KEY', key);
    skip(from);
    expect(from, ':');
    object.set(key, readValue(from, depth + 1));
    skip(from);
    if (expect(from, '[,}]') === '}') return object;
  }
}

function readList(from: Reader, depth: number): readonly Json[] {
  const items: Json[] = [];
  from.at++;
  skip(from);
  if (match(from, '\\]') !== undefined) return items;
  for (;;) {
    items.push(readValue(from, depth + 1));
    skip(from);
    if (expect(from, '[,\\]]') === ']') return items;
  }
}

const LETTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function readString(from: Reader): string {
  from.at++;
  let value = '';
  for (;;) {
    value += expect(from, '[^"\\\\\\u0000-\\u001f]*');
    if (expect(from, '["\\\\]') === '"') return value;
    const letter = expect(from, '["\\\\/bfnrt]|u[0-9a-fA-F]{4}');
    if (letter.length > 1) value += String.fromCharCode(parseInt(letter.slice(1), 16));
    else value += LETTERS[letter] ?? letter;
  }
}
