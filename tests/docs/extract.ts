/**
 * Finds and runs examples. A statement `expression; // value` in an example states a value: what stands after
 * `;` is JavaScript again and must equal the expression. `expression; // throws Name: words` states an error and
 * how its message begins. Comments on lines of their own are prose.
 */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

export interface Example {
  /** `file: function` or `file`. */
  readonly name: string;
  readonly code: string;
}

/** What a source file exports as functions, and the `@example` of each; undefined where one is missing. */
export function examplesOf(file: string): { name: string; code: string | undefined }[] {
  const source = readFileSync(file, 'utf8');
  const exported = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?^export (?:async )?function (\w+)/gm;
  return [...source.matchAll(exported)].map(([, doc, name]) => {
    const example = /@example\n((?:(?!\n \* @)[\s\S])*)/.exec(doc ?? '')?.[1];
    return { name: name as string, code: example?.replaceAll(/^\s*\* ?/gm, '') };
  });
}

/** The `ts` code blocks of a Markdown file as one program, imports of the package left out. */
export function programOf(file: string): string {
  const blocks = [...readFileSync(file, 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
    (m) => m[1] as string,
  );
  return blocks.join('\n').replaceAll(/^import .* from 'zkdl(?:\/\w+)+';$/gm, '');
}

const AsyncFunction = (async () => {}).constructor as new (
  ...source: string[]
) => (...values: unknown[]) => Promise<void>;

/** Runs an example and checks what it states. Returns how many statements it checked. */
export async function runExample(code: string, scope: Readonly<Record<string, unknown>>): Promise<number> {
  let checked = 0;
  const stated = (line: string, actual: unknown, value: () => unknown): void => {
    checked++;
    expect(actual, line).toEqual(value());
  };
  const thrown = (line: string, error: unknown, words: string): void => {
    checked++;
    expect(error, `${line}: expected an error`).toBeInstanceOf(Error);
    const { name, message } = error as Error;
    expect(`${name}: ${message}`.slice(0, words.length), line).toBe(words);
  };
  const names = ['stated', 'thrown', ...Object.keys(scope)];
  const run = new AsyncFunction(...names, `{${instrument(code)}}`);
  await run(stated, thrown, ...Object.values(scope));
  return checked;
}

/** Turns stated values into checks. */
function instrument(code: string): string {
  const out: string[] = [];
  let statement = '';
  for (const line of code.split('\n')) {
    if (statement === '' && /^\s*(\/\/.*)?$/.test(line)) continue;
    const [, before, comment] = /^(.*;) \/\/ (.*)$/.exec(line) ?? [undefined, line, undefined];
    statement += `${before}\n`;
    if (!(before as string).trimEnd().endsWith(';')) continue;
    const expression = statement.trim().slice(0, -1);
    const label = JSON.stringify(expression);
    if (comment === undefined) out.push(statement);
    else if (comment.startsWith('throws ')) {
      const words = JSON.stringify(comment.slice('throws '.length));
      out.push(
        `{ let error; try { ${expression} } catch (e) { error = e; } thrown(${label}, error, ${words}); }`,
      );
    } else out.push(`stated(${label}, (${expression}), () => (${comment}));`);
    statement = '';
  }
  if (statement.trim() !== '') throw new Error(`example: unfinished statement: ${statement}`);
  return out.join('\n');
}
