/**
 * docs/terminology.md: every word of a heading of spec/ is a term there, or an ordinary word that is listed here; every page that it names
 * exists and has the section; terms are used; no line twice.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const pages = readdirSync(join(ROOT, 'spec')).filter((name) => name.endsWith('.md'));
const headings = pages.flatMap((name) =>
  textOf(`spec/${name}`)
    .split('\n')
    .filter((line) => /^#{1,6} /.test(line))
    .map((line) => ({ name, heading: line.replace(/^#+ ([0-9.]+ )?/, '') })),
);
const rows = textOf('docs/terminology.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (-|term +\| in the field)/.test(line))
  .map((line) => line.slice(2, -1).split(' | ').map((cell) => cell.trim())); // prettier-ignore

/** Words that mean in a heading what they mean elsewhere. */
const ORDINARY =
  `a and as at back bound byte chain choice clear committed contain content cost covered data directory disk distance element error
  addition corpus embedding field file format from loss importing in is keep linear must not notation notion object of on quantised real arithmetic refused rule standard start step
  test the through to value verifying way what which without`.split(/\s+/);

/** A word without its plural. */
const singular = (word: string): string =>
  word.replace(/ies$/, 'y').replace(/(ax|ch|sh|ss|x)es$/, '$1').replace(/([^s])s$/, '$1').replace(/^leave$/, 'leaf'); // prettier-ignore

const terms = rows.map(([term]) => (term as string).replace(/`|\(.*\)/g, '').trim());
const words = new Set(
  terms.flatMap((term) =>
    term
      .toLowerCase()
      .split(/[\s,-]+/)
      .map(singular),
  ),
);

test('every word of a heading is a term or an ordinary word', () => {
  expect(headings.length).toBeGreaterThan(90);
  const known = new Set([...words, ...ORDINARY.map(singular)]);
  const missing = headings.flatMap(({ name, heading }) =>
    heading
      .toLowerCase()
      .split(/[^a-z]+/)
      .filter((word) => word.length > 1 && !known.has(singular(word)))
      .map((word) => `${name}: ${word}`),
  );
  expect(missing).toEqual([]);
});

test('four cells a line, one line a term', () => {
  expect(rows.length).toBeGreaterThan(120);
  expect(rows.filter((cells) => cells.length !== 4 || cells.some((cell) => cell === ''))).toEqual([]);
  const names = rows.map(([term]) => term);
  expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([]);
});

test('every page is there, with its section', () => {
  const wrong = rows.filter(([, , , where]) => {
    const [, path, section] = /^(\S+\.md)(?: (\d+))?$/.exec(where as string) ?? [];
    if (path === undefined || !existsSync(join(ROOT, path))) return true;
    return section !== undefined && !new RegExp(`^## ${section}\\. `, 'm').test(textOf(path));
  });
  expect(wrong).toEqual([]);
});

test('every term is used where it is said to be defined', () => {
  const unused = rows.filter(([term, , , where]) => {
    const plain = (term as string).replace(/`| \(.*\)/g, '').split(',')[0] as string;
    const text = textOf((where as string).split(' ')[0] as string);
    // The last word of a term carries it: "kept index" is "kept" and "indices" in the text.
    const stem = plain.split(/[ -]/)[0]!.replace(/(ies|s|y|e|ing)$/, '');
    return !new RegExp(`\\b${stem}`, 'i').test(text);
  });
  expect(unused).toEqual([]);
});
