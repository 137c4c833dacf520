/** spec/transcript.md against the code: the table of tags, the entries of the domain, the contexts. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { TAGS } from '../../reference/transcript.ts';
import { quintic } from '../../src/field/quintic.ts';
import { absorbDigest, absorbFes, domainDigest, statementDigest } from '../../src/transcript/statement.ts';
import { createChain, TAG } from '../../src/transcript/chain.ts';
import { hex, testDomain } from '../support/transcript.ts';

const spec = readFileSync(new URL('../../spec/transcript.md', import.meta.url), 'utf8');

/** The cells of the table of a section whose first column is called `first`. */
function table(first: string): string[][] {
  const lines = spec.split('\n');
  const start = lines.findIndex(
    (line, i) => line.startsWith(`| ${first} `) && lines[i + 1]!.startsWith('| ---'),
  );
  const rows = lines.slice(start + 2, lines.indexOf('', start));
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('the tags, in code and twin', () => {
  const tags = Object.fromEntries(
    table('tag')
      .filter(([, value]) => value!.startsWith('0x'))
      .map(([tag, value]) => [tag, Number(value)]),
  );
  expect(Object.keys(tags).length).toBe(12);
  expect(TAG).toEqual(tags);
  expect(TAGS).toEqual(tags);
  expect(new Set(Object.values(tags)).size).toBe(12);
});

test('the entries of the domain', () => {
  const domain = testDomain(quintic);
  const chain = createChain('zkdl transcript 1');
  const text = (label: string, value: string) =>
    chain.absorb(
      { tag: TAG.publicText, label, itemBytes: 1, count: value.length },
      Uint8Array.from(Buffer.from(value)),
    );
  const integer = (label: string, value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    chain.absorb({ tag: TAG.publicInteger, label, itemBytes: 8, count: 1 }, bytes);
  };
  const absorbs: Record<string, () => unknown> = {
    protocol: () => text('protocol', domain.protocol),
    kind: () => text('kind', domain.kind),
    'format-version': () => integer('format-version', domain.formatVersion),
    'field/modulus': () => integer('field/modulus', quintic.base.modulus),
    'field/degree': () => integer('field/degree', 5),
    'field/polynomial': () => absorbFes(chain, 'field/polynomial', quintic.modulusLow),
    parameters: () => absorbDigest(chain, 'parameters', domain.parametersDigest),
    statement: () => absorbDigest(chain, 'statement', domain.statementDigest),
  };
  const rows = table('label').filter(([, tag]) => tag!.startsWith('public'));
  expect(rows.map(([label]) => label)).toEqual(Object.keys(absorbs));
  for (const [label] of rows) absorbs[label!]!();
  expect(hex(chain.state())).toBe(hex(domainDigest(domain)));
});

test('the contexts', () => {
  expect(hex(createChain('zkdl statement 1').state())).toBe(hex(statementDigest([])));
  for (const context of ['zkdl statement 1', 'zkdl transcript 1', 'zkdl proof key 1', 'zkdl tree key 1']) {
    expect(spec).toContain(`\`${context}\``);
  }
});
