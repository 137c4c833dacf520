/** tests/README.md says where each property is tested: the files are there, and so are the tests that it quotes. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { lineOf, recordedIn, sectionOf, sums, withSection } from '../../tools/long-table.ts';

const TESTS = fileURLToPath(new URL('../', import.meta.url));
const text = readFileSync(join(TESTS, 'README.md'), 'utf8');
const longRun = recordedIn(text);
const rows = text
  .replace(longRun, '')
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

test('the table of the last long run has a line for every property that a test counts, and no other', () => {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.test.ts'], { cwd: TESTS, encoding: 'utf8' }); // prettier-ignore
  const counted = files
    .trim()
    .split('\n')
    .filter((file) => !file.startsWith('docs/'))
    .flatMap((file) => [...readFileSync(join(TESTS, file), 'utf8').matchAll(/property: ['`]([^'`$]+)/g)])
    .map(([, property]) => lineOf(property as string));
  const lines = [...longRun.matchAll(/^\| (\S[^|]*?) +\|(?: +\S[^|]*\|){3}$/gm)].map(([, name]) => name);
  expect(lines.slice(2).sort()).toEqual([...new Set([...counted, 'all'])].sort());
});

test('a long run is recorded between the marks: lines of one name added up, the sum last', () => {
  const rows = sums([
    { property: 'FMT fuzz key', cases: 3, refused: 2, surprises: 0 },
    { property: 'FMT fuzz graph', cases: 4, refused: 4, surprises: 0 },
    { property: 'B', cases: 1, refused: 0, surprises: 1 },
  ]);
  expect(
    rows.map(({ property, cases, refused, surprises }) => [property, cases, refused, surprises]),
  ).toEqual([
    ['B', 1, 0, 1],
    ['FMT: every decoder, fuzzed', 7, 6, 0],
    ['all', 8, 6, 1],
  ]);
  const about = { date: '2026-01-01', commit: 'c', machine: 'm', node: 'n', factor: '1', took: 't' };
  const section = sectionOf(about, rows);
  const changed = withSection(text, section);
  expect(recordedIn(changed).trim()).toBe(section);
  expect(changed.replace(section, longRun.trim())).toBe(text);
  expect(() => recordedIn('')).toThrow('long run');
});
