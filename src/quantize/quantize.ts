/** From a float model to an integer program with a known accuracy. */
import { refuse } from '../errors/proof-error.ts';
import { checkGraph, MAX_CONTEXT, matrixProduct, type MatrixProduct } from '../graph/index.ts';
import { floatExecutor } from '../import/float-executor.ts';
import type { Architecture, FloatModel } from '../import/model.ts';
import { checkTokenizerFits, type Tokenizer } from '../import/tokenizer.ts';
import { compare } from './accuracy.ts';
import { boundsOf, type LinearBound } from './bounds.ts';
import { buildProgram } from './build.ts';
import { canonicalModel } from './canonical.ts';
import { dice } from './dice.ts';
import type { Sequences } from './forward.ts';
import type { HeldModel } from './model.ts';
import { outerPeaks, planOf } from './plan.ts';
import { PROFILES, type ProfileName } from './profile.ts';
import { DEFAULT_TARGET, published, reportOf, type Target } from './publish.ts';
import type { Report } from './report.ts';
import { givenRuns, sampledRuns, sampledTokens } from './samples.ts';
import { measure, type Statistics } from './statistics.ts';
import { checkTextKind, SEQUENCE_TOKENS, type TextSequences } from './text.ts';

/** Samples of the float model: how many sequences, of how many tokens. */
export interface SampleSize {
  readonly sequences: number;
  readonly tokens: number;
}

export interface QuantizeOptions {
  /** Default: P14. */
  readonly profile?: ProfileName;
  /** Positions of the program. Default: the model's, at most 16384. */
  readonly context?: number;
  /** Of the rotation and of samples. Default: 1. */
  readonly seed?: number;
  /** The program will be bound to it. */
  readonly tokenizer?: Tokenizer;
  /** Text to calibrate and measure with (`sequencesOfText`). Default: samples of the float model at temperature 1. */
  readonly sequences?: TextSequences;
  /** Default: 6 sequences of 256 tokens. */
  readonly calibrationSamples?: SampleSize;
  /** Default: 12 sequences of 256 tokens. */
  readonly evaluationSamples?: SampleSize;
  readonly target?: Partial<Target>;
  /** Publishes a program that misses its target; the reason stands in its report. */
  readonly override?: string;
  /** Matrix products of the integer program. Default: the definition in plain TypeScript. */
  readonly product?: MatrixProduct;
  /** Called before each step. */
  readonly onProgress?: (step: string) => void;
  /** Sees the report also where the program is refused. */
  readonly onReport?: (report: Report) => void;
}

/** What `quantize` returns beside the program, for its owner alone. */
export interface Quantized extends HeldModel {
  readonly bounds: readonly LinearBound[];
  /** Nodes for which some inputs have no proof, with the reason. */
  readonly partial: readonly { readonly node: string; readonly reason: string }[];
  readonly scores: Statistics['scores'];
}

const CALIBRATION: SampleSize = { sequences: 6, tokens: SEQUENCE_TOKENS };
const EVALUATION: SampleSize = { sequences: 12, tokens: SEQUENCE_TOKENS };

/** @throws ProofError `CONTEXT`, `CONFIG_UNSUPPORTED` for what no graph can say */
function checkModel({ context, positions, headDim }: Architecture, wanted: number | undefined): number {
  const most = Math.min(context, MAX_CONTEXT);
  const chosen = wanted ?? most;
  if (!Number.isInteger(chosen) || chosen < 1 || chosen > most) {
    refuse('CONTEXT', 'context', `expected 1 to ${most}, got ${chosen}`);
  }
  if (positions.kind === 'rotary') {
    const { theta } = positions;
    if (!Number.isInteger(theta) || theta < 2 || theta >= 2 ** 31 || headDim % 2 !== 0 || headDim > 1024) {
      const expected = 'expected an integer base below 2^31 and an even head width to 1024';
      refuse('CONFIG_UNSUPPORTED', 'rotary positions', `${expected}, got ${theta} and ${headDim}`);
    }
  }
  return chosen;
}

/** @throws RangeError unless both are positive integers */
function checkSize(name: string, { sequences, tokens }: SampleSize): void {
  const fits = (n: number): boolean => Number.isSafeInteger(n) && n >= 1;
  if (!fits(sequences) || !fits(tokens)) {
    throw new RangeError(`${name}: expected positive integers, got ${sequences} x ${tokens}`);
  }
}

/** Ids and lengths of given sequences. @throws RangeError */
function checkSequences(name: string, sequences: Sequences, vocab: number, context: number): void {
  if (sequences.length === 0) throw new RangeError(`${name}: expected sequences, got none`);
  sequences.forEach((sequence, i) => {
    if (sequence.length < 1 || sequence.length > context) {
      throw new RangeError(`${name}[${i}]: expected 1 to ${context} tokens, got ${sequence.length}`);
    }
    const bad = sequence.find((id) => !Number.isInteger(id) || id < 0 || id >= vocab);
    if (bad !== undefined) throw new RangeError(`${name}[${i}]: expected ids below ${vocab}, got ${bad}`);
  });
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * Quantises a model: canonical form, calibration, integer program, comparison with the float model. Weights are read in blocks;
 * in memory are the float model in float32, the integers, and one layer in float64.
 *
 * @throws ProofError `ACCURACY` for a program that misses its target without an override; `SCALE` for weights that fit no
 *   width; `CALIBRATION_TEXT`, `TOKENIZER_FIT`, `CONTEXT`, `CONFIG_UNSUPPORTED`; as `FloatModel.rows`
 * @throws RangeError for options out of range
 * @example
 * const { graph, weights, info } = await quantize(model, { profile: 'P14', tokenizer });
 */
export async function quantize(model: FloatModel, options: QuantizeOptions = {}): Promise<Quantized> {
  const { profile: name = 'P14', seed = 1, tokenizer, sequences, onProgress = () => {} } = options;
  const { architecture: a } = model;
  const profile = Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined;
  if (profile === undefined) throw new RangeError(`profile: expected P12, P14 or P16, got ${String(name)}`);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed: expected an integer, got ${seed}`);
  const context = checkModel(a, options.context);
  if (tokenizer !== undefined) checkTokenizerFits(tokenizer, a, 'tokenizer');
  const { calibrationSamples = CALIBRATION, evaluationSamples = EVALUATION } = options;
  checkSize('calibrationSamples', calibrationSamples);
  checkSize('evaluationSamples', evaluationSamples);
  if (sequences !== undefined) {
    checkSequences('calibration', sequences.calibration, a.vocab, context);
    checkSequences('evaluation', sequences.evaluation, a.vocab, context);
  }

  onProgress('reading the float model');
  const executor = await floatExecutor(model);
  const dices = ({ sequences: count }: SampleSize, purpose: string) =>
    Array.from({ length: count }, (_, i) => dice(seed, purpose, i));
  const lengthOf = ({ tokens }: SampleSize): number => Math.min(tokens, context);
  if (sequences !== undefined) checkTextKind(executor, sequences);
  if (sequences === undefined) onProgress('sampling the float model');
  const calibration =
    sequences?.calibration ??
    sampledTokens(executor, lengthOf(calibrationSamples), dices(calibrationSamples, 'calibrat'));

  onProgress('calibrating');
  const canonical = canonicalModel(model, { seed });
  const stats = await measure(canonical, calibration);
  const plan = planOf(canonical, profile, stats, await outerPeaks(canonical));
  onProgress('rounding');
  const built = await buildProgram(canonical, profile, plan, stats, context);

  onProgress('comparing');
  const runs =
    sequences === undefined
      ? sampledRuns(executor, lengthOf(evaluationSamples), dices(evaluationSamples, 'evaluate'))
      : givenRuns(executor, sequences.evaluation);
  const weights = (weight: string) => built.weights.get(weight) as Int16Array | Int32Array;
  const comparison = compare(built.graph, weights, runs, options.product ?? matrixProduct);
  const source = sequences === undefined ? 'samples' : 'text';
  const report = reportOf(comparison, source, seed, { ...DEFAULT_TARGET, ...options.target });
  options.onReport?.(report);
  return {
    graph: built.graph,
    weights: built.weights,
    info: {
      profile: name,
      family: a.family,
      vocab: a.vocab,
      bos: a.bos ?? null,
      eos: a.eos,
      tokenizer: tokenizer === undefined ? null : hex(tokenizer.digest),
      report: published(report, options.override, comparison.reason),
    },
    bounds: boundsOf(built),
    partial: checkGraph(built.graph).partial,
    scores: stats.scores,
  };
}
