/** docs/graphs.md is a program: it runs, and the values in its comments are right. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as library from '../../src/graph/index.ts';

test('docs/graphs.md', () => {
  const guide = readFileSync(new URL('../../docs/graphs.md', import.meta.url), 'utf8');
  const blocks = [...guide.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
  let checks = 0;
  // A line `expression; // value` states a value; all others run as they are.
  const code = blocks
    .join('\n')
    .replace(/^([^/\n][^\n]*?); \/\/ (.+)$/gm, (line, expression: string, value: string) => {
      if (/^(const|let|h =)/.test(expression)) return line;
      checks++;
      return `expect(${expression}).toEqual(${value});`;
    });
  const names = Object.keys(library);
  new Function('expect', ...names, code)(expect, ...Object.values(library));
  expect(checks).toBe(12);
});
