/** One model: committed, a proof made, the proof verified. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer } from '../../src/answer/envelope.ts';
import { decodeModelKey } from '../../src/answer/key.ts';
import { answerStatement } from '../../src/answer/verify.ts';
import { encodeGraph, generate, integerSession } from '../../src/graph/index.ts';
import { sameBytes } from '../../src/hash/words.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { describe } from '../../src/params/choose.ts';
import { executionOf } from '../../src/prover/execution.ts';
import { proveAnswer, type RequestedSequence } from '../../src/prover/prove-answer.ts';
import type { QuantizedModel } from '../../src/quantize/index.ts';
import { loadModel } from '../../src/quantize/node.ts';
import { programInstance } from '../../src/relation/plan.ts';
import { weightsInTurn } from '../../src/quantize/weights-in-turn.ts';
import { closeGroups } from '../../src/prover/weight-groups.ts';
import { openHome, type Home } from '../../src/store/index.ts';
import { commitToFolder } from '../../src/verbs/index.ts';
import { openWeights, readCut } from '../../src/verbs/weights.ts';
import { generator } from '../../tools/random-model/random.ts';
import type { Elapsed } from '../clock.ts';
import { medianRun, peakRss } from '../report.ts';
import { clockedSteps, figuresOf } from '../steps.ts';
import { traced } from '../traced.ts';
import type { LargeOptions } from './options.ts';

/** Choices that are proven for each prompt, where the benchmark has no other number. */
export const CHOICES = 8;

/** Files of a run. */
export interface RunFiles {
  readonly key: string;
  readonly proof: string;
}

export interface LargeRow {
  readonly row: Record<string, unknown>;
  readonly files: RunFiles;
}

/**
 * @param modelFile imported
 * @param folder empty; the commitment and the proof go there
 * @param choices proven for each prompt: by the last of its rows
 */
export async function runLarge(
  kernels: Kernels,
  modelFile: string,
  folder: string,
  options: LargeOptions,
  choices = CHOICES,
): Promise<LargeRow> {
  mkdirSync(folder, { recursive: true });
  const home = openHome(join(folder, 'home'));
  const out = join(folder, 'model');
  const keyFile = `${out}.key`;
  const commitTimes = existsSync(keyFile) ? {} : await commit(kernels, home, modelFile, out, options);
  const model = loadModel(join(out, 'model.zkq'), { digest: 'skip' });
  if (!sameBytes(encodeGraph(model.graph), encodeGraph(loadModel(modelFile, { digest: 'skip' }).graph))) {
    throw new RangeError(
      `committed: expected a commitment of ${modelFile}, got another model's in ${folder}`,
    );
  }
  const trace = traced(kernels);
  // Groups compute opened rows with the kernels that they were opened with.
  const weights = openWeights(trace.kernels, home, join(out, 'epoch-0'), readCut(out), model);
  try {
    const sequences = sequencesOf(kernels, model, options, choices);
    const request = { sequences, choice: 'greedy', context: new Uint8Array(0) } as const;
    const [cold, ...warm] = Array.from({ length: options.repeat + 1 }, () =>
      clockedSteps(trace, (step) => proveAnswer(trace.kernels, home, { model, ...weights }, request, step)),
    );
    const median = medianRun(warm);
    const { answer, bytes } = median.value;
    const files = { key: keyFile, proof: join(folder, 'proof.zkp') };
    writeFileSync(files.proof, bytes);
    return {
      files,
      row: {
        tokens: options.tokens,
        prompts: options.prompts,
        layers: model.graph.nodes.filter(({ op }) => op === 'attention').length,
        ...commitTimes,
        ...proveTimes(median, cold as Elapsed),
        proofBytes: bytes.length,
        keyBytes: statSync(keyFile).size,
        peakRssBytes: peakRss(),
        diskBytes: treeBytes(out),
        threads: kernels.threads,
        securityBits: securityBits({ keyBytes: readFileSync(files.key), proof: answer }),
        groups: weights.groups.length,
        code: weights.groups[0]?.key.parameters.code,
        ...figuresOf(median),
      },
    };
  } finally {
    closeGroups(weights.groups);
  }
}

/** Commits, and says what it took. */
async function commit(
  kernels: Kernels,
  home: Home,
  model: string,
  out: string,
  { tokens, prompts, codeword, groupCells }: LargeOptions,
): Promise<Record<string, unknown>> {
  const started = performance.now();
  const { seconds, proofsLeft } = await commitToFolder(kernels, home, {
    model,
    out,
    tokens: tokens * prompts,
    codeword,
    ...(groupCells !== undefined && { groupCells }),
  });
  return {
    commitMs: Math.round(performance.now() - started),
    commitSeconds: seconds,
    commitRssBytes: peakRss(),
    proofsPerEpoch: proofsLeft,
  };
}

function proveTimes({ ms, cpuMs }: Elapsed, cold: Elapsed): Record<string, number> {
  return {
    proveMs: Math.round(ms),
    proveCpuMs: Math.round(cpuMs),
    proveColdMs: Math.round(cold.ms),
    proveColdCpuMs: Math.round(cold.cpuMs),
  };
}

/** Random prompts, and what the model chooses behind them: `tokens` rows in all, the last `most` of which choose. */
export function sequencesOf(
  kernels: Kernels,
  model: QuantizedModel,
  { tokens, prompts }: Pick<LargeOptions, 'tokens' | 'prompts'>,
  most = CHOICES,
): RequestedSequence[] {
  const choices = Math.min(most, tokens);
  const { graph, info } = model;
  const execution = executionOf(kernels, model);
  return Array.from({ length: prompts }, (_, k) => {
    const next = generator(1, `prompt ${k}`);
    const prompt = Array.from({ length: tokens + 1 - choices }, () => next() % info.vocab);
    const session = integerSession(graph, weightsInTurn(model.weights), execution);
    const completion = generate(graph, session, { prompt, maxTokens: choices, choice: 'greedy', stop: [] });
    return { prompt, completion };
  });
}

/** The least term of the ledger of this proof, in bits. */
function securityBits({ keyBytes, proof }: { keyBytes: Uint8Array; proof: Answer }): number {
  const key = decodeModelKey(keyBytes);
  const { statement, parameters } = proof;
  const { compiled, groups } = answerStatement(key, statement, parameters);
  const { ledger } = describe(parameters, programInstance(compiled, groups, parameters.code.logData));
  return (ledger.worst.tenths ?? 0) / 10;
}

/** Bytes of all files below a folder. */
export function treeBytes(path: string): number {
  const entry = statSync(path);
  if (!entry.isDirectory()) return entry.size;
  return readdirSync(path).reduce((sum, name) => sum + treeBytes(join(path, name)), 0);
}
