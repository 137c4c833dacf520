/** The benchmark of models in published sizes, at a toy size: it commits, proves and verifies what it says, and reuses what it made. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cachedModel, configOf, makeModel } from '../../bench/large/model.ts';
import { parseLarge } from '../../bench/large/options.ts';
import { CHOICES, runLarge, sequencesOf } from '../../bench/large/run.ts';
import { phasesOf } from '../../bench/steps.ts';
import { timeVerify } from '../../bench/large/verify.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import { loadModel } from '../../src/quantize/node.ts';
import { withScratch } from '../support/models.ts';

const kernels = await wasmKernels({ threads: 2 });
afterAll(() => kernels.close());

const KEYS = [
  ...['tokens', 'layers', 'commitMs', 'witnessMs', 'proveMs', 'proofBytes', 'keyBytes', 'peakRssBytes'],
  ...['diskBytes', 'threads', 'securityBits', 'phases', 'counters'],
];

it('commits, proves and verifies a random model, and makes it once', async () => {
  await withScratch(async (scratch) => {
    const shape = { preset: 'tiny-gpt2', layers: 1 };
    const cache = join(scratch, 'cache');
    expect(cachedModel(cache, shape)).toBeUndefined();
    const { file, record } = await makeModel(cache, shape);
    const made = statSync(file).mtimeMs;
    expect(record.params).toBeGreaterThan(20_000);
    expect((await makeModel(cache, shape)).file).toBe(file);
    expect(statSync(file).mtimeMs).toBe(made);
    expect(readdirSync(cache).filter((name) => name.includes('partial'))).toEqual([]);

    const options = { ...parseLarge([]), tokens: 12, prompts: 2, cache };
    const { row, files } = await runLarge(kernels, file, join(scratch, 'run'), options);
    for (const key of KEYS) expect(row).toHaveProperty(key);
    expect(row['securityBits']).toBeGreaterThanOrEqual(128);
    expect(row['keyBytes']).toBe(readFileSync(files.key).length);
    const [key, proof] = [readFileSync(files.key), readFileSync(files.proof)];
    expect(timeVerify(key, proof).verifyMs).toBeGreaterThan(0);
    proof[proof.length - 1]! ^= 1;
    expect(() => timeVerify(key, proof)).toThrow('expected a proof that verifies');

    const model = loadModel(file);
    const sequences = sequencesOf(kernels, model, { tokens: 12, prompts: 2 });
    expect(sequencesOf(kernels, model, { tokens: 12, prompts: 2 })).toEqual(sequences);
    expect(sequences.map(({ prompt }) => prompt.length)).toEqual([12 + 1 - CHOICES, 12 + 1 - CHOICES]);
    expect(sequences[0]!.prompt).not.toEqual(sequences[1]!.prompt);
    expect(sequences.every(({ completion }) => completion.length === CHOICES)).toBe(true);
    const [one] = sequencesOf(kernels, model, { tokens: 12, prompts: 1 }, 1);
    expect([one?.prompt.length, one?.completion.length]).toEqual([12, 1]);
  });
}, 400_000);

describe('options and phases', () => {
  it('another number of layers is another model', () => {
    expect(configOf({ preset: 'gpt2' })).toMatchObject({ n_embd: 768, n_layer: 12, vocab_size: 50257 });
    expect(configOf({ preset: 'gpt2', layers: 3 })).toMatchObject({ n_layer: 3 });
    expect(configOf({ preset: 'llama-7b', layers: 2 })).toMatchObject({ num_hidden_layers: 2 });
    expect(() => configOf({ preset: 'gpt3' })).toThrow('preset: expected a known one, got gpt3');
  });

  it('options are checked', () => {
    expect(parseLarge(['--tokens', '128', '--json'])).toMatchObject({ tokens: 128, prompts: 1, json: true });
    expect(parseLarge(['--layers', 'all']).layers).toBe('all');
    expect(() => parseLarge(['--layers', 'most'])).toThrow(
      '--layers: expected an integer of at least 1, got most',
    );
    expect(() => parseLarge(['--tokens', '0'])).toThrow('--tokens: expected an integer of at least 1, got 0');
    expect(() => parseLarge(['--codeword', 'both'])).toThrow(
      '--codeword: expected recompute or keep, got both',
    );
  });

  it('everything above 2 % has a name', () => {
    const steps = [
      { name: 'a', ms: 95, cpuMs: 90, parts: { gemm: 50, bind: 1, javascript: 39 } },
      { name: 'b', ms: 15, cpuMs: 10, parts: { gemm: 10, javascript: 0 } },
    ];
    expect(phasesOf(steps)).toEqual({ a: 90, 'a/gemm': 50, 'a/javascript': 39, b: 10, 'b/gemm': 10 });
  });
});
