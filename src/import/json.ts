/**
 * A JSON reader for files that strangers wrote: the grammar of RFC 8259, and besides it no duplicate key, no nesting
 * beyond a limit, no byte order mark, no invalid UTF-8. `JSON.parse` keeps the last of two equal keys in silence,
 * which lets one file mean two things to two readers.
 */
import { refuse } from '../errors/proof-error.ts';

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** An object without prototype: `__proto__` and `constructor` are keys like others. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Nesting that a file may have; configurations and tokenizers use about 6. */
export const MAX_JSON_DEPTH = 32;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// A string up to its closing quote; control characters below U+0020 must be escaped.
// eslint-disable-next-line no-control-regex
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/**
 * Reads one JSON document.
 *
 * @param bytes the whole document in UTF-8
 * @param file named in errors
 * @throws ProofError `JSON_UTF8`, `JSON_SYNTAX`, `JSON_DUPLICATE_KEY`, `JSON_DEPTH`
 */
export function parseJson(bytes: Uint8Array, file: string): Json {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('JSON_UTF8', file, 'expected UTF-8, got an invalid sequence of bytes');
  }
  const reader: Reader = { text, file, at: 0 };
  const value = readValue(reader, 0);
  skipSpace(reader);
  if (reader.at !== text.length) syntax(reader, 'the end');
  return value;
}

interface Reader {
  readonly text: string;
  readonly file: string;
  at: number;
}

function syntax(reader: Reader, expected: string): never {
  const rest = reader.text.slice(reader.at, reader.at + 12);
  const got = rest === '' ? 'the end of the file' : JSON.stringify(rest);
  return refuse('JSON_SYNTAX', reader.file, `expected ${expected} at character ${reader.at}, got ${got}`);
}

function match(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0];
  if (found !== undefined) reader.at += found.length;
  return found;
}

function skipSpace(reader: Reader): void {
  match(reader, SPACE);
}

/** Takes one character if it stands next. */
function take(reader: Reader, character: string): boolean {
  if (reader.text[reader.at] !== character) return false;
  reader.at++;
  return true;
}

function readValue(reader: Reader, depth: number): Json {
  if (depth > MAX_JSON_DEPTH) {
    refuse('JSON_DEPTH', reader.file, `expected nesting of at most ${MAX_JSON_DEPTH}`);
  }
  skipSpace(reader);
  switch (reader.text[reader.at]) {
    case '{':
      return readObject(reader, depth);
    case '[':
      return readArray(reader, depth);
    case '"':
      return readString(reader);
    case 't':
      return readWord(reader, 'true', true);
    case 'f':
      return readWord(reader, 'false', false);
    case 'n':
      return readWord(reader, 'null', null);
    default: {
      const number = match(reader, NUMBER);
      return number === undefined ? syntax(reader, 'a value') : Number(number);
    }
  }
}

function readWord(reader: Reader, word: string, value: Json): Json {
  if (!reader.text.startsWith(word, reader.at)) syntax(reader, word);
  reader.at += word.length;
  return value;
}

function readObject(reader: Reader, depth: number): JsonObject {
  const object: Record<string, Json> = Object.create(null) as Record<string, Json>;
  reader.at++;
  skipSpace(reader);
  if (take(reader, '}')) return object;
  for (;;) {
    skipSpace(reader);
    if (reader.text[reader.at] !== '"') syntax(reader, 'a key');
    const key = readString(reader);
    if (Object.hasOwn(object, key)) {
      refuse('JSON_DUPLICATE_KEY', reader.file, `expected each key once, got ${quote(key)} twice`);
    }
    skipSpace(reader);
    if (!take(reader, ':')) syntax(reader, '":"');
    object[key] = readValue(reader, depth + 1);
    skipSpace(reader);
    if (take(reader, '}')) return object;
    if (!take(reader, ',')) syntax(reader, '"," or "}"');
  }
}

function readArray(reader: Reader, depth: number): Json[] {
  const items: Json[] = [];
  reader.at++;
  skipSpace(reader);
  if (take(reader, ']')) return items;
  for (;;) {
    items.push(readValue(reader, depth + 1));
    skipSpace(reader);
    if (take(reader, ']')) return items;
    if (!take(reader, ',')) syntax(reader, '"," or "]"');
  }
}

function readString(reader: Reader): string {
  reader.at++;
  let value = '';
  for (;;) {
    value += match(reader, PLAIN) as string; // which matches no letters too
    if (take(reader, '"')) return value;
    if (!take(reader, '\\')) return syntax(reader, 'the end of a string');
    const letter = reader.text[reader.at] ?? '';
    const plain = ESCAPES.get(letter);
    if (plain !== undefined) {
      value += plain;
      reader.at++;
    } else {
      const hex = /^u([0-9a-fA-F]{4})/.exec(reader.text.slice(reader.at, reader.at + 5))?.[1];
      if (hex === undefined) return syntax(reader, 'an escape sequence');
      value += String.fromCharCode(Number.parseInt(hex, 16));
      reader.at += 5;
    }
  }
}

/** A string from a file, cut to 80 characters and quoted, fit for an error message. */
export function quote(text: string): string {
  return JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 77)}...`);
}

/** Names a value in an error message. */
export function describe(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return quote(value);
  return typeof value === 'object' && value !== null
    ? Array.isArray(value)
      ? 'an array'
      : 'an object'
    : String(value);
}

/** Neither null nor an array. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One text for one value: keys in order of their UTF-16 code units, no white space. For digests. */
export function canonicalJson(value: Json): string {
  const parts: string[] = [];
  writeCanonical(value, parts);
  return parts.join('');
}

function writeCanonical(value: Json, parts: string[]): void {
  const isFlat = Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (isFlat || typeof value !== 'object' || value === null) {
    parts.push(JSON.stringify(value)); // keys occur in objects only
    return;
  }
  const keys = Array.isArray(value) ? undefined : Object.keys(value).sort();
  const count = keys?.length ?? (value as readonly Json[]).length;
  parts.push(keys === undefined ? '[' : '{');
  for (let i = 0; i < count; i++) {
    if (i > 0) parts.push(',');
    if (keys === undefined) writeCanonical((value as readonly Json[])[i] as Json, parts);
    else {
      const key = keys[i] as string;
      parts.push(JSON.stringify(key), ':');
      writeCanonical((value as JsonObject)[key] as Json, parts);
    }
  }
  parts.push(keys === undefined ? ']' : '}');
}
