/** SECURITY.md: its tables are those that src/params gives today, its links lead somewhere, and it has every section. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { S128 } from '../../src/params/profile.ts';
import { securityChoices, withTables } from '../../tools/parameters/security.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');

test('its tables are those of the generator: npm run params', () => {
  expect(withTables(text)).toBe(text);
  // A figure that is no longer true is made true.
  const stale = text.replace(/\| \*\*128\.\d\*\*/, '| **256.0**');
  expect(stale).not.toBe(text);
  expect(withTables(stale)).toBe(text);
  expect(() => withTables(text.replace('<!-- /budget -->', ''))).toThrow('budget');
});

test('nothing that it lists is below the profile', () => {
  for (const { ledger } of securityChoices().values()) {
    expect(ledger.worst.tenths).toBeGreaterThanOrEqual(10 * S128.lambda);
  }
});

test('its links lead somewhere', () => {
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, path]) => path as string);
  expect(links.length).toBeGreaterThan(8);
  expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test.each([
  'What is proven',
  'Threat model',
  'Soundness, term by term',
  'Zero knowledge',
  'Reuse budget',
  'Side channels',
  'What is not promised',
  'Reporting',
])('has a section: %s', (heading) => expect(text).toContain(`\n## ${heading}\n`));
