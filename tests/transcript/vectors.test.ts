/**
 * TRS-1: known-answer transcripts, written by the reference twin. The stored answers are reproduced by the twin (so the
 * file is current), by the prover's channel, and by the verifier's channel reading the prover's bytes.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { blake3 as noble } from '@noble/hashes/blake3.js';
import { blake3 as twinBlake3 } from '../../reference/blake3.ts';
import {
  payloadBytes,
  payloadElements,
  runTwin,
  summary,
  type Answers,
  type Sequence,
  type Step,
} from '../../reference/sequence.ts';
import { extensionField } from '../../src/field/extension-field.ts';
import type { ExtensionField } from '../../src/field/field.ts';
import { P } from '../../src/field/koalabear.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { domainDigest } from '../../src/transcript/statement.ts';
import { sequences } from '../../tools/write-vectors.ts';
import { hex, prove, testDomain, verify, type Run, type ScriptStep } from '../support/transcript.ts';

const file = new URL('../vectors/transcript.json', import.meta.url);
const vectors = (JSON.parse(readFileSync(file, 'utf8')) as { vectors: (Sequence & Answers)[] }).vectors;

function fieldOf({ modulus, polynomial }: Sequence['field']): ExtensionField {
  return modulus === P ? quintic : extensionField(primeField(modulus), polynomial);
}

function scriptStep({ step, label, count, seed = 0, logSize = 0 }: Step, field: ExtensionField): ScriptStep {
  const fes = (n: number): number[] => payloadElements(n, seed, BigInt(field.base.modulus)).map(Number);
  if (step === 'challengePositions') return { do: step, label, count, logSize };
  if (step === 'challengeFes' || step === 'challengeExts') return { do: step, label, count };
  if (step === 'exts') return { do: step, label, data: fes(count * field.degree) };
  if (step === 'fes' || step === 'publicFes') return { do: step, label, data: fes(count) };
  const size = step === 'digests' || step === 'publicDigest' ? 32 : 1;
  return { do: step, label, data: [...payloadBytes(size * count, seed)] };
}

function answers(first: Uint8Array, run: Run): Answers {
  return {
    states: [hex(first), ...run.events.map((event) => hex(event.state))],
    challenges: run.challenges.map((values) => summary(values.map(BigInt))),
  };
}

test('there are enough of them, and the file is what the generator writes', () => {
  expect(vectors.length).toBeGreaterThanOrEqual(64);
  expect(vectors.map(({ states: _, challenges: __, ...sequence }) => sequence)).toEqual(sequences());
});

test('the twin of BLAKE3 agrees with an independent one', () => {
  for (const length of [0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 2049, 3072, 5121, 10_000]) {
    const message = payloadBytes(length, 3);
    const key = payloadBytes(32, 4);
    expect(hex(twinBlake3(message, 131))).toBe(hex(noble(message, { dkLen: 131 })));
    expect(hex(twinBlake3(message, 131, key))).toBe(hex(noble(message, { dkLen: 131, key })));
  }
});

describe.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
  const expected: Answers = { states: vector.states, challenges: vector.challenges };
  const field = fieldOf(vector.field);
  const domain = testDomain(field, {
    protocol: vector.protocol,
    kind: vector.kind,
    formatVersion: vector.formatVersion,
    parametersDigest: payloadBytes(32, 1),
    statementDigest: payloadBytes(32, 2),
  });
  const script = vector.steps.map((step) => scriptStep(step, field));

  test('twin', () => expect(runTwin(vector)).toEqual(expected));
  test('prover and verifier', () => {
    const proved = prove(domain, script);
    expect(answers(domainDigest(domain), proved)).toEqual(expected);
    expect(answers(domainDigest(domain), verify(domain, script, proved.proof))).toEqual(expected);
  });
});
