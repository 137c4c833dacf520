/** A small committed model, and answers of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate, integerSession } from '../../src/graph/index.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import type { PublicChoice } from '../../src/ops/lowering.ts';
import { commitModel, type CommittedModel } from '../../src/prover/commit-model.ts';
import { proveAnswer, type AnswerRequest, type ProvenAnswer } from '../../src/prover/prove-answer.ts';
import { closeGroups } from '../../src/prover/weight-groups.ts';
import type { Quantized } from '../../src/quantize/index.ts';
import { openHome } from '../../src/store/index.ts';
import { tinyQuantized } from './quantized.ts';

export interface AnsweringModel {
  readonly kernels: Kernels;
  readonly model: Quantized;
  readonly committed: CommittedModel;
  weights(name: string): Int16Array | Int32Array;
  /** What the model says. */
  continued(prompt: readonly number[], maxTokens: number, choice?: PublicChoice): readonly number[];
  prove(request: Partial<AnswerRequest> & Pick<AnswerRequest, 'sequences'>): ProvenAnswer;
  close(): Promise<void>;
}

export async function answeringModel(): Promise<AnsweringModel> {
  const kernels = await wasmKernels({ threads: 2 });
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-answers-'));
  const model = await tinyQuantized('tiny-llama');
  const home = openHome(join(folder, 'home'));
  const committed = commitModel(kernels, home, join(folder, 'W'), model, { minProofs: 20, tokens: 6 });
  const weights = (name: string) => model.weights.get(name) as Int16Array | Int32Array;
  return {
    kernels,
    model,
    committed,
    weights,
    continued(prompt, maxTokens, choice = 'greedy') {
      const session = integerSession(model.graph, weights);
      return generate(model.graph, session, { prompt, maxTokens, choice, stop: [] });
    },
    prove: (request) =>
      proveAnswer(
        kernels,
        home,
        { model, ...committed },
        { choice: 'greedy', context: new Uint8Array(0), ...request },
      ),
    async close() {
      closeGroups(committed.groups);
      rmSync(folder, { recursive: true });
      await kernels.close();
    },
  };
}
