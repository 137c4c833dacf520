/** Lines for people: nothing that a file holds can move the cursor, forge a line or hide text. */
import { writeSync } from 'node:fs';
import type { OnStep } from '../verbs/index.ts';

/** Control characters, and those that change the direction of text, but not the line feed. */
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A text with what a terminal would obey written as \u{..}. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) =>
    character === '\t' ? character : `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  );
}

/** A text of several lines, each behind a bar, so that no line of it looks like one of ours. */
export function quoted(text: string): string[] {
  return printable(text)
    .split('\n')
    .map((line) => `  | ${line}`);
}

/** "name  value" with values in one column. */
export function fields(entries: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${printable(value).replace(/\n/g, ' ')}`);
}

export function size(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`;
  const [unit, name] = bytes < 10e6 ? [1e3, 'KB'] : bytes < 10e9 ? [1e6, 'MB'] : [1e9, 'GB'];
  return `${(bytes / unit).toFixed(bytes / unit < 10 ? 1 : 0)} ${name}`;
}

export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return seconds < 120 ? `${seconds.toFixed(1)} s` : `${(seconds / 60).toFixed(1)} min`;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Seconds of every step. */
export function times(seconds: Readonly<Record<string, number>>): string {
  return Object.entries(seconds)
    .map(([step, spent]) => `${step} ${duration(spent)}`)
    .join(', ');
}

/** Shortest time between two lines of one step. */
const PAUSE = { terminal: 100, file: 5000 } as const;

/**
 * Steps on standard error: one line that moves on a terminal, a line a step and at most one in five seconds elsewhere. Written
 * at once, since the work behind a step does not yield.
 */
export function progress(quiet: boolean): { readonly onStep: OnStep; end(): void } {
  const terminal = process.stderr.isTTY === true;
  const begin = performance.now();
  let last = { step: '', at: -Infinity };
  const write = (text: string): void => {
    try {
      writeSync(2, text);
    } catch {
      // A reader that has gone, or one that is slow: progress is no result.
    }
  };
  return {
    onStep(step, done) {
      if (quiet) return;
      const now = performance.now();
      const fresh = step !== last.step;
      if (!fresh && now - last.at < (terminal ? PAUSE.terminal : PAUSE.file)) return;
      last = { step, at: now };
      const part = done === undefined || done === 0 ? '' : ` ${Math.round(100 * done)} %`;
      const line = `${((now - begin) / 1000).toFixed(1).padStart(6)} s  ${step}${part}`;
      write(terminal ? `\r\u001b[K${line}` : `${line}\n`);
    },
    end() {
      if (!quiet && terminal && last.step !== '') write('\r\u001b[K');
    },
  };
}
