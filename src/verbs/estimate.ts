/** The verb `estimate`: what committing, proving and verifying will take, before anything is started. */
import { join } from 'node:path';
import { groupLabel } from '../answer/key.ts';
import { passOf, type AnswerStatement } from '../answer/statement.ts';
import { refuse } from '../errors/proof-error.ts';
import { quintic } from '../field/quintic.ts';
import { checkGraph, type Graph } from '../graph/index.ts';
import { lowerGraph } from '../graph/lower.ts';
import { describe, type Choice } from '../params/choose.ts';
import { completeInstance } from '../params/index.ts';
import type { Parameters } from '../params/parameters.ts';
import { decodeKey } from '../pcs/key.ts';
import { chooseModelParameters } from '../prover/commit-model.ts';
import { groupPaths } from '../prover/weight-groups.ts';
import type { QuantizedModel } from '../quantize/index.ts';
import { loadModel } from '../quantize/node.ts';
import { compileProgram, type CompiledProgram } from '../relation/compile.ts';
import { columnsOf } from '../relation/layout.ts';
import { programInstance } from '../relation/plan.ts';
import { costsOf, type Costs } from './costs.ts';
import { chosenCells } from './cutting.ts';
import { exists, isDirectory, naming, readInput } from './files.ts';
import { epochPath, folderModel, openFolder, type ModelFolder } from './folder.ts';
import type { Work } from './work.ts';

export interface EstimateOptions {
  /** Directory of a committed model, or a model file. */
  readonly path: string;
  /** Tokens of the answer. Default 32. */
  readonly tokens?: number;
  /** Tokens of the prompt. Default 8. */
  readonly promptTokens?: number;
  /** Default: public. */
  readonly privatePrompt?: boolean;
  /** For a model file: proofs that its key should allow. Default 500, as `commitToFolder`. */
  readonly proofs?: number;
}

export interface Estimate extends Costs {
  readonly rows: number;
  readonly weights: number;
  /** Committed groups of them. */
  readonly groups: number;
  readonly proofBytes: { readonly expected: number; readonly maximum: number };
  /** Bits of soundness of the proof, in tenths. */
  readonly securityTenths: number;
  readonly proofsPerEpoch: number;
  /** Committed cells of one proof, and its lookups. */
  readonly cells: number;
  readonly work: Work;
}

/** What is proven. */
export interface AnswerSize {
  /** Tokens of each prompt. */
  readonly promptTokens: readonly number[];
  /** New tokens behind each. */
  readonly tokens: number;
  readonly privatePrompt: boolean;
}

/** What the estimate is about: parameters of weights that are committed, or that a commitment would get. */
export interface Subject {
  readonly model: QuantizedModel;
  readonly parameters: Parameters;
  readonly kept: boolean;
  /** How its weights are cut into groups; Infinity: one holds all. */
  readonly groupCells: number;
}

/**
 * Counts the work of an answer and estimates time, memory, disk and size of the proof.
 *
 * @throws ProofError `CONTEXT` for more tokens than the model has positions; as `openFolder`, `loadModel`
 * @throws RangeError for options out of range
 * @example
 * const { seconds, proofBytes } = estimatePath({ path: 'story', tokens: 64 });
 */
export function estimatePath(options: EstimateOptions): Estimate {
  const { path, tokens = 32, promptTokens = 8, proofs = 500 } = options;
  for (const [name, value] of Object.entries({ tokens, promptTokens, proofs })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`${name}: expected a positive integer, got ${value}`);
    }
  }
  const subject = subjectOf(path, tokens, proofs);
  const rows = promptTokens + tokens - 1;
  const { context } = subject.model.graph;
  if (rows > context) {
    refuse('CONTEXT', path, `expected at most ${context} tokens, got ${rows} and the last`);
  }
  const privatePrompt = options.privatePrompt ?? false;
  return estimateAnswer(subject, { promptTokens: [promptTokens], tokens, privatePrompt });
}

/** The same for a model at hand. @param size of answers that its context holds */
export function estimateAnswer(subject: Subject, size: AnswerSize): Estimate {
  const { model, parameters, groupCells } = subject;
  const { graph } = model;
  const { promptTokens } = size;
  const tokens = size.tokens * promptTokens.length;
  const rows = promptTokens.reduce((sum, length) => sum + length, 0) + tokens - promptTokens.length;
  const compiled = compileProgram(quintic, lowerGraph(graph, passOf(graph, answerOf(size)), groupCells));
  const { choice, columns } = choiceFor(compiled, parameters);
  const work = workOf(graph, compiled, choice, columns, rows, tokens);
  return {
    rows,
    weights: weightCount(graph),
    groups: compiled.groups.length,
    proofBytes: { expected: choice.size.expected, maximum: choice.size.maximum },
    securityTenths: choice.ledger.worst.tenths ?? 0,
    proofsPerEpoch: Math.floor(parameters.code.padLength / parameters.code.queries) - 2,
    cells: compiled.own.cells,
    work,
    ...costsOf(work, choice, columns, subject),
  };
}

function subjectOf(path: string, tokens: number, proofs: number): Subject {
  if (!exists(path)) refuse('FILE_MISSING', path, 'expected a committed model or a model file, got nothing');
  if (!isDirectory(path)) {
    const model = loadModel(path);
    const groupCells = chosenCells(model, { proofs, tokens });
    const { parameters } = chooseModelParameters(model, { minProofs: proofs, tokens, groupCells });
    return { model, parameters, kept: false, groupCells };
  }
  const folder = openFolder(path);
  return folderSubject(folder, folderModel(folder));
}

/** A committed model. */
export function folderSubject({ path, epoch, cut }: ModelFolder, model: QuantizedModel): Subject {
  const place = groupPaths(epochPath(path, epoch), cut.count)[0] as string; // all have one code and one choice
  const file = join(place, 'group.key');
  const { parameters } = naming(file, () => decodeKey(readInput(file)));
  return { model, parameters, kept: exists(join(place, 'keep-codeword')), groupCells: cut.cells };
}

function answerOf({ promptTokens, tokens, privatePrompt }: AnswerSize): AnswerStatement {
  return {
    model: new Uint8Array(32),
    sequences: promptTokens.map((length) => ({
      prompt: privatePrompt ? { privateTokens: length } : new Array<number>(length).fill(0),
      completion: new Array<number>(tokens).fill(0),
    })),
    choice: 'greedy',
    context: new Uint8Array(0),
  };
}

/** The parameters of this answer's proof over the code of the weights. @returns columns of the weights as well */
function choiceFor(
  compiled: CompiledProgram,
  { code, profile }: Parameters,
): { readonly choice: Choice; readonly columns: number } {
  const groups = compiled.groups.map((layout, g) => {
    const columns = columnsOf(layout, code.logData);
    return {
      label: groupLabel(g),
      group: new Uint8Array(8),
      epoch: 0,
      lifetime: 'static',
      columns,
      uses: 1,
    } as const;
  });
  const columns = groups.reduce((sum, group) => sum + group.columns, 0);
  const draft = completeInstance(programInstance(compiled, groups, code.logData), code, profile);
  if (draft === undefined) {
    return refuse('WEAK_PARAMS', 'parameters', 'expected a set for this answer over the code of the weights');
  }
  return { choice: describe(draft.parameters, draft.instance), columns };
}

function weightCount({ weights }: Graph): number {
  return weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

function workOf(
  graph: Graph,
  compiled: CompiledProgram,
  { instance, proverWords, parameters }: Choice,
  columns: number,
  rows: number,
  tokens: number,
): Work {
  const { tensors, weights } = checkGraph(graph);
  const products = graph.nodes.map((node) => {
    if (node.op !== 'linear') return 0;
    const [outputs, inputs] = weights.get(node.weight)?.shape as [number, number];
    return (tensors.get(node.name)?.rows === 'emitted' ? tokens : rows) * outputs * inputs;
  });
  const { productVars } = compiled;
  return {
    multiplications: products.reduce((a, b) => a + b, 0),
    ownWords: proverWords,
    weights: columns * 2 ** parameters.code.logData,
    leaves: instance.balances.reduce((sum, leaves) => sum + leaves, 0),
    products: productVars === undefined ? 0 : 2 ** productVars,
  };
}
