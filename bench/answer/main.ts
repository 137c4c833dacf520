/**
 * `npm run bench -- answer --model FILE.zkdl [--tokens N] [--repeat N] [--codeword keep] [--json]` and
 * `npm run bench -- stories260K --model FILE.bin [..]`: whole answers of a quantised model.
 *
 * Question: how long does it take to commit a model, to prove N tokens of an answer (one given, the others chosen), and to verify
 * them? proveMs is the whole call of a warm process: pass, witness, commitment, arguments, opening, budget, the own
 * verification, the bytes. verifyMs is warm, key decoding and lowering included; verifyColdMs is the first call of this process
 * after the last proof was made and tables were known, so a fresh process adds the making of tables.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { verifyAnswer } from '../../src/answer/verify.ts';
import { kernelProduct } from '../../src/graph/execute-witness.ts';
import { generate, integerSession } from '../../src/graph/index.ts';
import { importLlama2c } from '../../src/import/index.ts';
import { folderResolver } from '../../src/import/node-resolver.ts';
import { openFile } from '../../src/import/resolver.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { commitModel } from '../../src/prover/commit-model.ts';
import { proveAnswer } from '../../src/prover/prove-answer.ts';
import { quantize, type QuantizedModel } from '../../src/quantize/index.ts';
import { loadModel } from '../../src/quantize/node.ts';
import { openHome, type CodewordChoice } from '../../src/store/index.ts';
import { anchorNs, clocked, type Elapsed } from '../clock.ts';
import { readOptions } from '../options.ts';
import { medianRun, peakRss, print, timeVerifier, type Row } from '../report.ts';
import { clockedSteps, figuresOf } from '../steps.ts';
import { traced, type KernelTrace } from '../traced.ts';

const WARM_CALLS = 7;

interface AnswerOptions {
  readonly model: string;
  readonly tokens: number;
  readonly repeat: number;
  readonly codeword: CodewordChoice;
  readonly json: boolean;
}

function parse(args: readonly string[]): AnswerOptions {
  const options = readOptions(args);
  const model = options.text('--model');
  if (model === undefined) throw new RangeError('--model: expected the path of a model, got none');
  return {
    model,
    tokens: options.count('--tokens', 128),
    repeat: options.count('--repeat', 3),
    codeword: options.choice('--codeword', ['recompute', 'keep']),
    json: options.has('--json'),
  };
}

/** A quantised model in a file. */
export async function benchAnswer(args: readonly string[]): Promise<void> {
  const options = parse(args);
  await run('answer', options, async () => loadModel(options.model));
}

/** The llama2.c checkpoint of that name, quantised here. */
export async function benchStories(args: readonly string[]): Promise<void> {
  const options = parse(args);
  await run('stories260K', options, async (kernels) => {
    const folder = folderResolver(dirname(options.model));
    try {
      const name = basename(options.model);
      const model = await importLlama2c(await openFile(folder.resolve, name, '--model'), name);
      return await quantize(model, { product: kernelProduct(kernels) });
    } finally {
      await folder.close();
    }
  });
}

async function run(
  name: string,
  options: AnswerOptions,
  load: (kernels: Kernels) => Promise<QuantizedModel>,
): Promise<void> {
  const kernels = await wasmKernels({});
  const trace = traced(kernels);
  const started = performance.now();
  const model = await load(kernels);
  const importMs = performance.now() - started;
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-bench-'));
  try {
    const row = benchModel(name, trace, model, folder, options);
    print({ ...row, importMs: Math.round(importMs), anchorNs: anchorNs(kernels) }, options.json);
  } finally {
    rmSync(folder, { recursive: true });
    await kernels.close();
  }
}

function benchModel(
  name: string,
  trace: KernelTrace,
  model: QuantizedModel,
  folder: string,
  { tokens, repeat, codeword }: AnswerOptions,
): Row {
  const { kernels } = trace;
  const home = openHome(join(folder, 'home'));
  const committed = clocked(() => commitModel(kernels, home, join(folder, 'W'), model, { codeword }));
  const { groups, keyBytes, digest } = committed.value;
  const prompt = [model.info.bos ?? 0];
  const weights = (weight: string) => model.weights.get(weight) as Int16Array | Int32Array;
  const session = integerSession(model.graph, weights, { product: kernelProduct(kernels) });
  const completion = generate(model.graph, session, {
    prompt,
    maxTokens: tokens,
    choice: 'greedy',
    stop: [],
  });
  const request = {
    sequences: [{ prompt, completion }],
    choice: 'greedy',
    context: new Uint8Array(0),
  } as const;
  const [cold, ...warm] = Array.from({ length: repeat + 1 }, () =>
    clockedSteps(trace, (step) => proveAnswer(kernels, home, { model, groups }, request, step)),
  );
  const median = medianRun(warm);
  const { bytes } = median.value;
  return {
    case: name,
    tokens,
    params: groups.reduce((sum, { key }) => sum + key.group.columns * 2 ** key.parameters.code.logData, 0),
    commitMs: Math.round(committed.ms),
    proveMs: Math.round(median.ms),
    proveCpuMs: Math.round(median.cpuMs),
    proveColdMs: Math.round((cold as Elapsed).ms),
    ...timeVerifier(() => verifyAnswer(keyBytes, bytes, { model: digest }), WARM_CALLS),
    proofBytes: bytes.length,
    keyBytes: keyBytes.length,
    kl: model.info.report.klNano / 1e9,
    top1: model.info.report.agreed / model.info.report.tokens,
    code: groups[0]?.key.parameters.code,
    threads: kernels.threads,
    ...figuresOf(median),
    peakRssBytes: peakRss(),
  };
}
