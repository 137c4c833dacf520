/** tests/README.md says where each property is tested: the files are there, and so are the tests that it quotes. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const TESTS = fileURLToPath(new URL('../', import.meta.url));
const rows = readFileSync(join(TESTS, 'README.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|') && !/^\| (-|id |right )/.test(line));

/** The text of a test file, or of all in a folder; `undefined` where there is neither. */
function textOf(name: string): string | undefined {
  const file = join(TESTS, `${name}.test.ts`);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const folder = join(TESTS, name);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return undefined;
  return readdirSync(folder)
    .filter((entry) => entry.endsWith('.test.ts'))
    .map((entry) => readFileSync(join(folder, entry), 'utf8'))
    .join('\n');
}

/** Names of lies are written where the lies are. */
const LIES = readdirSync(join(TESTS, 'support/soundness'))
  .map((name) => readFileSync(join(TESTS, 'support/soundness', name), 'utf8'))
  .join('\n');

test('every file that the last column names exists, with every test that it quotes', () => {
  expect(rows.length).toBeGreaterThan(80);
  const missing: string[] = [];
  for (const row of rows) {
    const cell = row.split(' | ').at(-1) as string;
    let text: string | undefined;
    let named = '';
    for (const [token, quoted] of cell.matchAll(/'([^']+)'|\b[a-z-]+\/[a-z0-9-]*/g)) {
      if (quoted === undefined) {
        named = token.replace(/\/$/, '');
        text = named.startsWith('tools/')
          ? readFileSync(join(TESTS, '..', `${named}.mjs`), 'utf8')
          : textOf(named);
        if (text === undefined) missing.push(named);
      } else {
        const found = `${text}${named.startsWith('soundness/') ? LIES : ''}`;
        if (!found.replace(/\\'/g, "'").includes(quoted)) missing.push(`${named}: ${quoted}`);
      }
    }
    if (named === '') missing.push(row);
  }
  expect(missing).toEqual([]);
});
