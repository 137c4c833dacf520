/** Steps with biases, proven, and an answer by the weights behind them; what a prover commits who moves a bias otherwise. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { execute } from '../../src/graph/index.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import { proveProgramBody } from '../../src/relation/prove.ts';
import { programDomain } from '../../src/relation/statement.ts';
import { openGroup, openHome } from '../../src/store/index.ts';
import { verifyGraphAnswer } from '../../src/training/backward/answer.ts';
import { proveGraphAnswer } from '../../src/training/backward/prove-answer.ts';
import { chooseStepParameters, commitGraphState, readGraphState } from '../../src/training/backward/owned.ts';
import { proveGraphStep } from '../../src/training/backward/prove.ts';
import type { GraphState, WeightState } from '../../src/training/backward/state.ts';
import { graphStep } from '../../src/training/backward/step.ts';
import { stepStatement, verifySteps } from '../../src/training/backward/verify.ts';
import { graphStepWitness, stateTensorCells } from '../../src/training/backward/witness.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { testSource } from '../support/linear.ts';
import { batchOfText, firstState, planOf, TINY, transformer } from './transformer.ts';

it('proven steps and an answer; a bias off by one between them', { timeout: 600_000 }, async () => {
  const kernels = await wasmKernels({ threads: 1 });
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-biases-'));
  const opened: { close(): void }[] = [];
  try {
    const size = { ...TINY, layers: 1, context: 6, hidden: 8, biased: true };
    const graph = transformer(size);
    const training = { graph, plan: planOf(graph) };
    const batches = [0, 1].map((i) => batchOfText(size, 2, 70 + i));
    const home = openHome(join(folder, 'home'));
    const { parameters } = chooseStepParameters(training, batches[0]!, 0, 1);
    const first = commitGraphState(kernels, home, join(folder, '0'), training, firstState(graph), parameters);
    const one = proveGraphStep(kernels, home, training, first, batches[0]!, join(folder, '1'));
    const two = proveGraphStep(kernels, home, training, one.next, batches[1]!, join(folder, '2'), {
      answers: 1,
    });
    opened.push(first.group, one.next.group, two.next.group);
    const [key, steps] = [first.group.key, [one.step, two.step]];
    expect(verifySteps(training, key, batches, steps)).toEqual({ ok: true });
    const again = openGroup(kernels, home, two.next.group.path);
    opened.push(again);
    expect(readGraphState(training, again).state).toEqual(two.next.state);

    const prompts = [[1, 2, 1]];
    const { bytes, completions } = proveGraphAnswer(kernels, home, training, 2, two.next, { prompts, tokens: 3 }); // prettier-ignore
    const verdict = verifyGraphAnswer(training, { first: key, batches, steps }, bytes, { prompts, completions }); // prettier-ignore
    expect(verdict).toMatchObject({ ok: true, step: 2 });
    const tokens = [...prompts[0]!, ...completions[0]!.slice(0, -1)];
    const weights = (name: string) => two.next.state.get(name)!.weight;
    const { data } = execute(graph, weights, { tokens, emit: 'none' }).output;
    const chosen = [2, 3, 4].map((t) => {
      const row = Array.from(data.subarray(t * size.vocabulary, (t + 1) * size.vocabulary));
      return row.indexOf(Math.max(...row));
    });
    expect(completions[0]).toEqual(chosen);

    // A prover who commits what he likes, and does not look at what he proves.
    const run = graphStep(graph, training.plan, one.next.state, batches[1]!);
    const forged = (path: string, after: GraphState): string => {
      const next = commitGraphState(kernels, home, join(folder, path), training, after, parameters);
      opened.push(next.group);
      const step = { after: next.group.key, parameters: two.step.parameters };
      const read = { key: one.next.group.key, written: true };
      const statement = stepStatement(training, [batches[1]!], read, step);
      const { tensors } = graphStepWitness(graph, statement.compiled.program, run);
      const statics = stateTensorCells(graph, training.plan, one.next.state, after);
      const groups = [one.next.group.owned, next.group.owned];
      const ch = proverChannel(programDomain(statement));
      const source = testSource(kernels.ext, 3);
      kernels.memory.secretScope(() =>
        proveProgramBody(kernels, ch, statement, groups, source, { tensors, statics }, false),
      );
      const said = verifySteps(training, key, batches, [one.step, { ...step, proof: ch.finish() }]);
      return said.ok ? 'ok' : `${said.code} ${said.stage}`;
    };
    expect(forged('honest', run.next)).toBe('ok');
    const { weight, rest } = run.next.get('blogits')!;
    const told = (own: WeightState): GraphState => new Map([...run.next, ['blogits', own]]);
    const next = rest.map((r, o) => (o === 3 ? (r < 0 ? r + 1 : r - 1) : r));
    expect(forged('rest', told({ weight, rest: next }))).toMatch(/^PAD_LINEAR step 1/);
    const read = weight.map((w, o) => (o === 7 ? w + 1 : w));
    expect(forged('read', told({ weight: read, rest }))).toMatch(/^PAD_LINEAR step 1/);
    expect(forged('kept', told(one.next.state.get('blogits')!))).toMatch(/^PAD_LINEAR step 1/);
  } finally {
    for (const group of opened) group.close();
    rmSync(folder, { recursive: true });
    await kernels.close();
  }
});
