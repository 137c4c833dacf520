/** spec/proof-format.md against the verifier's own log: the same labels and types, in the same order, absorbed or not. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { proveLinear } from '../../src/pcs/linear-prove.ts';
import { verifyLinear } from '../../src/pcs/linear-verify.ts';
import { S128 } from '../../src/params/profile.ts';
import type { TranscriptEvent } from '../../src/transcript/transcript.ts';
import { codeOf, linearFixture, testSource } from '../support/linear.ts';

let k: Kernels;
beforeAll(async () => {
  k = await wasmKernels({ threads: 1 });
});
afterAll(() => k.close());

interface Row {
  readonly label: string;
  readonly type: string;
  readonly absorbed: boolean;
}

/** The rows of the table of linear openings. */
function specified(): Row[] {
  const text = readFileSync(new URL('../../spec/proof-format.md', import.meta.url), 'utf8');
  const section = text.slice(
    text.indexOf('## Kind `linear-opening`'),
    text.indexOf('Challenges between them'),
  );
  return [...section.matchAll(/^\| `([^`]+)`\s*\| (\w+)\s*\|[^|]*\| (yes|no)\s*\|$/gm)].map((row) => ({
    label: row[1] as string,
    type: row[2] as string,
    absorbed: row[3] === 'yes',
  }));
}

test('every message of a proof is a row of the table, and every row a message, in order', () => {
  const { statement, groups } = linearFixture(k, S128, codeOf(S128, 10, 1024), 2);
  const proof = proveLinear(k, statement, groups, testSource(quintic, 2));
  const events: TranscriptEvent[] = [];
  expect(verifyLinear(quintic, statement, proof, (event) => events.push(event))).toEqual({ ok: true });
  const seen: Row[] = [];
  for (const { kind, type, label } of events) {
    if (kind !== 'message' && kind !== 'opening') continue;
    const generic = label.replace('rows/W', 'rows/LABEL').replace(/rows\/G\d+/, 'rows/Gj');
    const row = { label: generic, type, absorbed: kind === 'message' };
    if (!seen.some((old) => old.label === row.label)) seen.push(row);
  }
  const levels = statement.parameters.levels.length;
  const expected = specified().filter(({ label }) => label !== 'whir/root' || levels > 1);
  expect(seen).toEqual(expected);
  expect(specified()).toHaveLength(24);
});
