/**
 * The exact integer executor: the function that proofs are about. Accumulators are balanced residues modulo p, every other value is
 * the integer of its formula; spec/integer-semantics.md is the definition.
 */
import { refuse } from '../errors/proof-error.ts';
import { evaluateActivation } from '../ops/activation/eval.ts';
import { activationForm } from '../ops/activation/shape.ts';
import { evaluateAdd } from '../ops/add/eval.ts';
import { evaluateArgmax, gumbelNoise, noiseMultiplier } from '../ops/argmax/eval.ts';
import type { ArgmaxNode } from '../ops/argmax/shape.ts';
import { evaluateAttention, PLAIN_SUMS } from '../ops/attention/eval.ts';
import { productSums } from '../ops/attention/products.ts';
import type { AttentionNode } from '../ops/attention/shape.ts';
import { evaluateCentre } from '../ops/centre/eval.ts';
import { evaluateConcat } from '../ops/concat/eval.ts';
import { evaluateEmbedding, privateValues } from '../ops/embedding/eval.ts';
import { evaluateEmit } from '../ops/emit/eval.ts';
import { evaluateLinear, type Matrix, matrixProduct, type MatrixProduct } from '../ops/linear/eval.ts';
import { extremes } from '../ops/extremes.ts';
import type { WeightDeclaration } from '../ops/operator.ts';
import { evaluateProduct } from '../ops/product/eval.ts';
import { evaluateQuotients } from '../ops/requantise/eval.ts';
import { evaluateRmsnorm } from '../ops/rmsnorm/eval.ts';
import { evaluateRope } from '../ops/rope/eval.ts';
import { ropeForm } from '../ops/rope/shape.ts';
import { evaluateScale } from '../ops/scale/eval.ts';
import { checkBits, type Evaluated, type IntTensor, type WeightData } from '../ops/tensor.ts';
import { column, tableOf } from '../tables/index.ts';
import type { GraphInfo } from './check.ts';
import type { Graph, GraphNode } from './graph.ts';
import {
  createSession,
  type Append,
  type Arithmetic,
  type Execution,
  type Rows,
  type Session,
} from './session.ts';

/**
 * The entries of a weight by name, row by row. An array is read until a second one has been asked for behind it, and not again: it may lie
 * in room that is used anew.
 */
export type Weights = (name: string) => WeightData;

export interface ExecuteOptions {
  /** Matrix products; default: the definition in plain TypeScript. `execute-witness.ts` has the kernels'. */
  readonly product?: MatrixProduct;
  /** The weights are known to fit their declarations (`checkWeights`): looking at all of them takes as long as a token. */
  readonly checked?: boolean;
}

type IntRows = Rows<Int32Array>;

/** A matrix of the graph. */
function matrix(weights: Weights, { name, shape }: WeightDeclaration) {
  return { data: weights(name), rows: shape[0] as number, columns: shape[1] as number };
}

/** @throws ProofError `WEIGHT` for contents of another length or with entries beyond their bits */
export function checkWeights(declarations: Iterable<WeightDeclaration>, weights: Weights): void {
  for (const { name, shape, bits } of declarations) {
    const data = weights(name) as WeightData | undefined;
    const length = shape.reduce((product, n) => product * n, 1);
    if (data?.length !== length) {
      refuse('WEIGHT', name, `expected ${length} entries, got ${data?.length ?? 'none'}`);
    }
    const found = data as WeightData;
    const [min, max] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
    const [least, greatest] = extremes(found);
    if (least >= min && greatest <= max) continue;
    const at = found.findIndex((entry) => entry < min || entry > max);
    refuse('WEIGHT', name, `entry ${at}: expected ${bits} bits`);
  }
}

function evaluateAttentionNode(
  node: AttentionNode,
  query: IntTensor,
  rows: IntRows,
  product: MatrixProduct,
): Evaluated {
  const [key, value] = [rows.history(node.key), rows.history(node.value)];
  const first = key.rows - query.rows;
  const window = node.window ?? Infinity;
  const firstVisible = rows.sequenceStart.map((start, i) => Math.max(start, first + i - window + 1));
  const attended = { query, key, value, firstVisible };
  // The definition of a product gains nothing from whole matrices, of which half is not visible.
  const sums = product === matrixProduct ? PLAIN_SUMS : productSums(product);
  return evaluateAttention(node.name, node, attended, column(tableOf('exp2'), 'e'), sums);
}

function evaluateArgmaxNode(node: ArgmaxNode, logits: IntTensor, rows: IntRows, info: GraphInfo): Evaluated {
  const { choice } = rows;
  if (choice === 'greedy') return evaluateArgmax(node.name, logits);
  if (node.unit === 0) throw new RangeError(`choice: expected greedy, ${node.name} has no unit of noise`);
  const multiplier = noiseMultiplier(node.unit, choice.temperature);
  const table = column(tableOf('gumbel'), 'g');
  const emitted = info.tensors.get(node.name)?.rows === 'emitted';
  const noise = (row: number): Int32Array => {
    const token = emitted ? (rows.emitted[row] as number) : row;
    return gumbelNoise(choice.seed, rows.positions[token] as number, logits.width, multiplier, table);
  };
  return evaluateArgmax(node.name, logits, noise);
}

function evaluateNode(
  node: GraphNode,
  inputs: readonly IntTensor[],
  rows: IntRows,
  info: GraphInfo,
  weights: Weights,
  product: MatrixProduct,
): Evaluated {
  const [a, b] = inputs as [IntTensor, IntTensor];
  const declared = (name: string): WeightDeclaration => info.weights.get(name) as WeightDeclaration;
  switch (node.op) {
    case 'input': {
      const source = rows.inputOf(node.name);
      const data = Int32Array.from(source);
      const strange = data.findIndex((v, i) => v !== source[i]);
      if (strange >= 0) throw new RangeError(`inputs: ${node.name}[${strange}]: expected a 32-bit integer`);
      checkBits(node.name, { width: node.width, data }, node.bits);
      return { data };
    }
    case 'embedding': {
      const table = matrix(weights, declared(node.table));
      const positions = node.positions === undefined ? undefined : matrix(weights, declared(node.positions));
      const ids = rows.tokens as ArrayLike<number>;
      const data = evaluateEmbedding(node.name, node.width, table, positions, ids, rows.positions);
      const { privateRows } = rows;
      if (privateRows.length === 0) return { data };
      const again = (): Matrix => matrix(weights, declared(node.table));
      return { data, auxiliary: () => privateValues(again(), node.width, ids, privateRows) };
    }
    case 'linear': {
      const bias = node.bias === undefined ? undefined : weights(node.bias);
      return { data: evaluateLinear(a, matrix(weights, declared(node.weight)), bias, product) };
    }
    case 'requantise': {
      const { data, quotient } = evaluateQuotients(node.name, a, node, node.shift);
      // No witness reads the remainder: it is what is left of the accumulator.
      return { data, auxiliary: () => ({ quotient }) };
    }
    case 'rmsnorm':
      return evaluateRmsnorm(node.name, a, node.bits, node.epsilon, column(tableOf('rsqrt'), 'r'));
    case 'rope': {
      const table = tableOf(node.table);
      const { headDim } = ropeForm(node);
      const constants = { cos: column(table, 'cos'), sin: column(table, 'sin'), headDim, order: node.order };
      return evaluateRope(node.name, a, constants, rows.positions, node);
    }
    case 'attention':
      return evaluateAttentionNode(node, a, rows, product);
    case 'activation': {
      const entries = column(tableOf(node.table), 'y');
      return { data: evaluateActivation(node.name, a, activationForm(node).bits, entries) };
    }
    case 'product':
      return { data: evaluateProduct(a, b) };
    case 'add':
      return { data: evaluateAdd(a, b) };
    case 'scale':
      return { data: evaluateScale(a, node.power) };
    case 'centre':
      return evaluateCentre(a);
    case 'concat':
      return { data: evaluateConcat(a, b) };
    case 'emit':
      return { data: evaluateEmit(a, rows.emitted) };
    case 'argmax':
      return evaluateArgmaxNode(node, a, rows, info);
  }
}

/**
 * A session of the integer program: rows are appended, earlier keys and values are kept.
 *
 * @throws ProofError as `checkGraph`, and `WEIGHT` for weights that do not fit their declarations
 * @example
 * const session = integerSession(graph, (name) => arrays[name]);
 * const { output } = session.append({ tokens: [1, 403, 407] }); // prompt
 * session.append({ tokens: [output.data[0]] }); // one more token
 */
export function integerSession(
  graph: Graph,
  weights: Weights,
  { product = matrixProduct, checked = false }: ExecuteOptions = {},
): Session<Int32Array> {
  const arithmetic: Arithmetic<Int32Array> = {
    empty: (length) => new Int32Array(length),
    evaluate(node, inputs, rows, info) {
      const result = evaluateNode(node, inputs, rows, info, weights, product);
      // Ranges that inference takes from a later lookup hold from here on, or there is no witness.
      const check = info.checks.get(node.name);
      const width = info.tensors.get(node.name)?.width as number;
      if (check !== undefined) checkBits(check.node, { width, data: result.data }, check.bits);
      return result;
    },
  };
  const session = createSession(graph, arithmetic);
  if (!checked) checkWeights(session.info.weights.values(), weights);
  return session;
}

/** One causal pass over all rows. @throws as `integerSession` and `Session.append` */
export function execute(
  graph: Graph,
  weights: Weights,
  rows: Append,
  options?: ExecuteOptions,
): Execution<Int32Array> {
  return integerSession(graph, weights, options).append(rows);
}
