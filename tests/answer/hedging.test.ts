/**
 * A machine that was restored from a snapshot, home and weights together, with a generator that is stuck: budget, statement and fresh
 * bytes are those of a proof that has left already. Another private prompt must then be hidden by other masks.
 */
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { RequestedSequence } from '../../src/prover/prove-answer.ts';
import { answeringModel, type AnsweringModel } from '../support/answers.ts';

let made: AnsweringModel;
beforeAll(async () => {
  made = await answeringModel();
}, 120_000);
afterEach(() => void vi.unstubAllGlobals());
afterAll(() => made.close());

/** Proves with a stuck generator, then makes home and group what they were before. @returns the proof */
function proveAndRestore(sequence: RequestedSequence): Uint8Array {
  const folder = dirname(made.committed.groups[0]!.path);
  const files = (): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
    );
  const before = new Set(files());
  vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array) => bytes.fill(0) });
  const { proof } = made.prove({ sequences: [sequence] }).answer;
  vi.unstubAllGlobals();
  // Records are added and never replaced: without the new ones the directory is the old one.
  const added = files().filter((file) => !before.has(file));
  expect(added.length).toBeGreaterThan(0);
  added.forEach((file) => rmSync(file));
  return proof;
}

/** Both roots of a proof, and its first masked messages. */
const HEAD = 1024;

/** The most bytes in a row that two proofs have in common at one place. */
function commonRun(a: Uint8Array, b: Uint8Array): number {
  let [run, longest] = [0, 0];
  a.forEach((byte, i) => {
    run = byte === b[i] ? run + 1 : 0;
    longest = Math.max(longest, run);
  });
  return longest;
}

/** Two prompts of one length that the model continues alike: proofs about them have one statement. */
function twins(): [RequestedSequence, RequestedSequence] {
  const seen = new Map<number, RequestedSequence>();
  for (let id = 1; id < 270; id++) {
    const prompt = [id, 7];
    const completion = made.continued(prompt, 1);
    const own = { prompt, completion, privatePrompt: true };
    const other = seen.get(completion[0] as number);
    if (other !== undefined) return [other, own];
    seen.set(completion[0] as number, own);
  }
  throw new Error('expected two prompts with one continuation');
}

test('masks of a private prompt hide no other, whatever is restored or stuck', () => {
  const [mine, yours] = twins();
  const first = proveAndRestore(mine);
  // Everything was indeed repeated: the same prompt gives the same proof, which says nothing new.
  expect(proveAndRestore(mine)).toEqual(first);
  // Pads are committed before a challenge is drawn, and nothing else is in that root: with the same masks it would be the same. Roots stand in
  // front; further on, both may open one node of the committed weights, at one place.
  const [ours, theirs] = [first, proveAndRestore(yours)].map((proof) => proof.subarray(0, HEAD));
  expect(commonRun(ours as Uint8Array, theirs as Uint8Array)).toBeLessThan(16);
}, 120_000);
