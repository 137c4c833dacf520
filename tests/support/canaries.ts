/** Secrets as patterns of bytes and of text, and the search for them in files, messages and values. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { P } from '../../src/field/koalabear.ts';

/** A secret, in every form in which it could leave. */
export interface Canary {
  readonly name: string;
  readonly patterns: readonly Buffer[];
  readonly texts: readonly string[];
}

/** Neighbouring cells: as bytes where they are such, as int16, as words of F and as Montgomery words; in decimal, in hexadecimal. */
export function cellCanary(name: string, cells: readonly number[]): Canary {
  const words = (of: (x: number) => number): Buffer => Buffer.from(Uint32Array.from(cells, of).buffer);
  const residue = (x: number): number => (x < 0 ? x + P : x);
  const forms = [
    Buffer.from(Int16Array.from(cells).buffer),
    words(residue),
    words((x) => Number((BigInt(residue(x)) << 32n) % BigInt(P))),
  ];
  if (cells.every((x) => x >= 0 && x < 256)) forms.push(Buffer.from(cells));
  const texts = [
    cells.join(','),
    cells.join(', '),
    cells.join(' '),
    ...forms.map((form) => form.toString('hex')),
  ];
  return { name, patterns: forms, texts };
}

/** Bytes of a key or a seed that nobody may see: any half of them. */
export function keyCanary(name: string, bytes: Uint8Array): Canary {
  const halves = [bytes.slice(0, bytes.length / 2), bytes.slice(bytes.length / 2)].map((half) =>
    Buffer.from(half),
  );
  const texts = halves.flatMap((half) => [
    half.toString('hex'),
    half.toString('base64').slice(0, -4),
    half.join(','),
  ]);
  return { name, patterns: halves, texts };
}

/** Names of the canaries in bytes, as patterns or as text. */
export function inBytes(canaries: readonly Canary[], bytes: Uint8Array): string[] {
  const own = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return canaries
    .filter(({ patterns, texts }) => [...patterns, ...texts].some((one) => own.includes(one)))
    .map(({ name }) => name);
}

/** The same in whatever was printed, thrown or returned. */
export function inText(canaries: readonly Canary[], text: string): string[] {
  return canaries.filter(({ texts }) => texts.some((one) => text.includes(one))).map(({ name }) => name);
}

/** Files below a folder that hold canaries: path, colon, names. */
export function inFolder(canaries: readonly Canary[], folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => [name, inBytes(canaries, readFileSync(join(folder, name)))] as const)
    .filter(([, found]) => found.length > 0)
    .map(([name, found]) => `${name}: ${found.join(' ')}`)
    .sort();
}

/** Everything that an error or a value says of itself. */
export function allOf(value: unknown): string {
  const seen = (key: string, own: unknown): unknown => {
    if (own instanceof Uint8Array) return [Buffer.from(own).toString('hex'), own.join(',')];
    return ArrayBuffer.isView(own) ? (own as unknown as Int16Array).join(',') : own;
  };
  const error = value instanceof Error ? `${value.message}\n${String(value.stack)}\n` : '';
  return `${error}${JSON.stringify(value, seen)}`;
}
