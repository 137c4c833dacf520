/**
 * `npm run bench -- answer --model FILE.zkdl [--tokens N] [--repeat N] [--codeword keep] [--json]` and
 * `npm run bench -- stories260K --model FILE.bin [..]`: whole answers of a quantised model.
 *
 * Question: how long does it take to commit a model, to prove N tokens of an answer (one given, the others chosen), and to verify
 * them? Phases are kernels and, as `js: STEP`, what the main thread does between them. proveMs is the whole call of a warm process: pass, witness, commitment, arguments, opening, budget, the own
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
import { openHome } from '../../src/store/index.ts';
import { anchorNs, clocked } from '../clock.ts';
import { traced } from '../traced.ts';

interface Options {
  readonly model: string;
  readonly tokens: number;
  readonly repeat: number;
  readonly keep: boolean;
  readonly json: boolean;
}

function parse(args: readonly string[]): Options {
  const value = (name: string): string | undefined => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1];
  };
  const model = value('--model');
  if (model === undefined) throw new RangeError('--model: expected the path of a model, got none');
  const count = (name: string, fallback: number): number => {
    const number = Number(value(name) ?? fallback);
    if (!Number.isSafeInteger(number) || number < 1) {
      throw new RangeError(`${name}: expected a positive integer, got ${value(name)}`);
    }
    return number;
  };
  return {
    model,
    tokens: count('--tokens', 128),
    repeat: count('--repeat', 3),
    keep: value('--codeword') === 'keep',
    json: args.includes('--json'),
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
  options: Options,
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
    const all = { ...row, importMs: Math.round(importMs), anchorNs: anchorNs(kernels) };
    const lines = Object.entries(all).map(
      ([key, value]) => `${key.padEnd(15)} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
    );
    console.log(options.json ? JSON.stringify(all) : lines.join('\n'));
  } finally {
    rmSync(folder, { recursive: true });
    await kernels.close();
  }
}

function benchModel(
  name: string,
  trace: ReturnType<typeof traced>,
  model: QuantizedModel,
  folder: string,
  { tokens, repeat, keep }: Options,
): Record<string, unknown> {
  const { kernels } = trace;
  const home = openHome(join(folder, 'home'));
  const commit = keep ? ({ codeword: 'keep' } as const) : {};
  const committed = clocked(() => commitModel(kernels, home, join(folder, 'W'), model, commit));
  const { group, keyBytes, digest } = committed.value;
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
  const prove = (): Uint8Array => {
    const { bytes } = proveAnswer(kernels, home, { model, group }, request, trace.mark);
    trace.mark(undefined);
    return bytes;
  };
  const cold = clocked(prove);
  trace.reset();
  const runs = Array.from({ length: repeat }, () => clocked(prove)).sort((a, b) => a.ms - b.ms);
  const median = runs[repeat >> 1] as (typeof runs)[number];
  const verify = () => {
    const verdict = verifyAnswer(keyBytes, median.value, { model: digest });
    if (!verdict.ok) throw new Error(`bench: expected a proof that verifies, got ${verdict.code}`);
  };
  const times = Array.from({ length: 7 }, () => clocked(verify).ms);
  const phases = Object.entries(trace.phases()).map(([k, ms]) => [k, Math.round(ms / repeat)] as const);
  return {
    case: name,
    tokens,
    params: group.key.group.columns * 2 ** group.key.parameters.code.logData,
    commitMs: Math.round(committed.ms),
    proveMs: Math.round(median.ms),
    proveCpuMs: Math.round(median.cpuMs),
    proveColdMs: Math.round(cold.ms),
    verifyMs: Math.round([...times].sort((a, b) => a - b)[3] as number),
    verifyColdMs: Math.round(times[0] as number),
    proofBytes: median.value.length,
    keyBytes: keyBytes.length,
    kl: model.info.report.klNano / 1e9,
    top1: model.info.report.agreed / model.info.report.tokens,
    code: group.key.parameters.code,
    threads: kernels.threads,
    phases: Object.fromEntries(phases),
    counters: trace.work(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}
