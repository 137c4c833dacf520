/** Proves answers of a trained graph: runs it behind prompts, and proves what it chose, by weights that a step committed. */
import { encodeAnswer } from '../../answer/envelope.ts';
import { answerContext, passOf, type AnswerStatement, type RevealedLogits } from '../../answer/statement.ts';
import { generate } from '../../graph/decode.ts';
import { integerSession } from '../../graph/execute.ts';
import { kernelProduct } from '../../graph/execute-witness.ts';
import type { Graph } from '../../graph/graph.ts';
import { executePass, programWitness } from '../../graph/lower-witness.ts';
import type { Execution } from '../../graph/session.ts';
import type { Kernels } from '../../kernels/contract.ts';
import type { ArgmaxNode } from '../../ops/argmax/shape.ts';
import type { PublicChoice } from '../../ops/lowering.ts';
import type { WeightData } from '../../ops/tensor.ts';
import { noMark, type Mark } from '../../pcs/steps-prove.ts';
import { proveStoredProgram } from '../../relation/stored-prove.ts';
import type { CheckedProof } from '../../store/prove-once.ts';
import type { Home } from '../../store/index.ts';
import { graphAnswerProgram, trainedDigest } from './answer.ts';
import { answeringGraph } from './answer-graph.ts';
import type { OwnedWeights } from './owned.ts';
import { weightState } from './state.ts';
import type { GraphTraining } from './verify.ts';

/** What is asked. */
export interface GraphAnswerRequest {
  /** Token ids of one prompt or several, one proof for all of them. */
  readonly prompts: readonly (readonly number[])[];
  /** New tokens behind every prompt, fewer where the context ends. */
  readonly tokens: number;
  /** Default: greedy. */
  readonly choice?: PublicChoice;
  /** Anything that the parties agreed on. Default: nothing. */
  readonly context?: Uint8Array;
  /** Say nothing of the prompts but their lengths. Default: they are public. */
  readonly privatePrompts?: boolean;
  /** Show the logits that every token was chosen from. Default: none. */
  readonly reveal?: boolean;
}

export interface ProvenGraphAnswer extends Pick<CheckedProof, 'reservations'> {
  /** The proof file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** One a prompt. */
  readonly completions: readonly (readonly number[])[];
}

/**
 * Continues prompts and proves it. Takes one opening of the weights, which has to be left: `proveGraphStep` commits for as many as it is told.
 *
 * @param step how many steps are behind the weights, @param mark told where parts of the work begin
 * @throws RangeError unless tokens is a positive integer; ProofError `PROMPT`, `CONTEXT`, `TOKEN` for prompts that the graph does not read,
 *   `STEPS`, `KEY_LAYOUT` for weights that no step of this training wrote, `UNPROVABLE`: before anything is spent; as `proveStoredProgram`
 * @example
 * const { bytes, completions } = proveGraphAnswer(kernels, home, training, 2, weights, { prompts: [[1, 2, 1]], tokens: 4 });
 */
export function proveGraphAnswer(
  kernels: Kernels,
  home: Home,
  training: GraphTraining,
  step: number,
  { state, group }: OwnedWeights,
  { prompts, tokens, choice = 'greedy', context = new Uint8Array(0), ...show }: GraphAnswerRequest,
  mark: Mark = noMark,
): ProvenGraphAnswer {
  if (!Number.isSafeInteger(tokens) || tokens < 1) {
    throw new RangeError(`tokens: expected a positive integer, got ${tokens}`);
  }
  const model = trainedDigest(training, { step, weights: group.key });
  const graph = answeringGraph(training.graph);
  const weights = (name: string): WeightData => weightState(state, name).weight;
  const options = { product: kernelProduct(kernels) };
  mark('execution');
  const completions = prompts.map((prompt) =>
    generate(graph, integerSession(graph, weights, options), { prompt, maxTokens: tokens, choice }),
  );
  const sequences = completions.map((completion, s) => {
    const prompt = prompts[s] as readonly number[];
    return { prompt: show.privatePrompts === true ? { privateTokens: prompt.length } : prompt, completion };
  });
  const said: AnswerStatement = { model, sequences, choice, context };
  const privateTokens = show.privatePrompts === true ? prompts.flat() : [];
  const execution = executePass(graph, weights, passOf(graph, said), {}, { ...options, privateTokens });
  const revealed = show.reveal === true ? logitsOf(graph, execution, completions) : [];
  const statement = { ...said, revealed };
  const program = graphAnswerProgram(training, statement);
  mark('witness values');
  const witness = programWitness(graph, program, execution, weights);
  mark('program');
  const made = proveStoredProgram(kernels, home, {
    ...{ program, groups: [group], witness },
    context: answerContext(statement),
    onStep: mark,
  });
  const { parameters } = made.statement;
  const bytes = encodeAnswer({ statement, parameters, proof: made.proof });
  return { bytes, completions, reservations: made.reservations };
}

/** The logits of all chosen tokens, in their order. */
function logitsOf(
  graph: Graph,
  { tensors }: Execution<Int32Array>,
  completions: readonly (readonly number[])[],
): RevealedLogits[] {
  const { input } = graph.nodes.find(({ name }) => name === graph.output) as ArgmaxNode;
  const { data, width } = tensors.get(input) as { readonly data: Int32Array; readonly width: number };
  const places = completions.flatMap((own, sequence) => own.map((_, position) => ({ sequence, position })));
  return places.map((place, row) => ({ ...place, values: data.slice(row * width, (row + 1) * width) }));
}
