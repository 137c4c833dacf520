/** The verb `import`: a published model becomes an integer program with a known accuracy, in a file of its own. */
import { dirname, join } from 'node:path';
import { kernelProduct } from '../graph/execute-witness.ts';
import { parameterCount } from '../import/model.ts';
import type { Kernels } from '../kernels/contract.ts';
import {
  quantize,
  sequencesOfText,
  type ProfileName,
  type QuantizedModel,
  type QuantizeOptions,
  type Report,
} from '../quantize/index.ts';
import { saveModel } from '../quantize/node.ts';
import { checkReason } from '../quantize/publish.ts';
import { quietly, unfinishedName } from '../store/durable.ts';
import { checkOutput, disk, naming, writeNew } from './files.ts';
import { openSource, readText, type SourceOptions } from './sources.ts';
import { silent, stopwatch, type OnStep } from './steps.ts';

export interface ImportModelOptions extends SourceOptions {
  /** A Hugging Face folder, or a llama2.c checkpoint. */
  readonly from: string;
  /** File to be made; the tokenizer is copied beside it. */
  readonly out: string;
  /** Default: P14. */
  readonly profile?: ProfileName;
  /** Text to calibrate and measure with. Default: samples of the model itself. */
  readonly calibrate?: string;
  /** Writes a program that misses its target; the reason stands in its report for everybody to read. */
  readonly allowMiss?: string;
  /** Positions of the program. Default: the model's. */
  readonly context?: number;
  /** Sizes of calibration and evaluation, for tests and large models. */
  readonly samples?: Pick<QuantizeOptions, 'calibrationSamples' | 'evaluationSamples'>;
  /** Sees the report also where the program is refused. */
  readonly onReport?: (report: Report) => void;
  readonly onStep?: OnStep;
}

export interface ImportedModel {
  readonly model: QuantizedModel;
  /** Of the float model. */
  readonly parameters: number;
  readonly files: { readonly model: string; readonly tokenizer: string };
  readonly seconds: Readonly<Record<string, number>>;
}

/** `saveModel` that never replaces a file, whoever made one meanwhile. @throws ProofError naming the path */
function saveNew(path: string, model: QuantizedModel): void {
  const folder = dirname(path);
  const aside = join(folder, unfinishedName());
  naming(path, () => {
    saveModel(aside, model);
    try {
      disk.link(aside, path);
    } finally {
      quietly(() => disk.unlink(aside));
    }
    disk.syncDirectory(folder);
  });
}

/** Where the tokenizer of a model file lies, but for the extension. */
export function tokenizerBase(modelFile: string): string {
  return `${modelFile.replace(/\.zkq$/, '')}.tokenizer`;
}

/**
 * Imports and quantises a model.
 *
 * @throws ProofError `ACCURACY` for a program that misses its target; `FILE_EXISTS` before any work; as `openSource`, `quantize`
 * @example
 * await importModel(kernels, { from: 'models/zkdl-3m', out: 'story.zkq' });
 */
export async function importModel(kernels: Kernels, options: ImportModelOptions): Promise<ImportedModel> {
  const { from, out, profile = 'P14', calibrate, allowMiss, onStep = silent } = options;
  const watch = stopwatch();
  checkReason('allowMiss', allowMiss);
  checkOutput(out);
  watch.next('reading');
  onStep('reading the model');
  const source = await openSource(from, options);
  try {
    const tokenizerFile = tokenizerBase(out) + source.extension;
    checkOutput(tokenizerFile);
    const { model, tokenizer } = source;
    const text = calibrate === undefined ? undefined : readText(calibrate);
    watch.next('quantising');
    const quantized = await quantize(model, {
      profile,
      tokenizer,
      product: kernelProduct(kernels),
      onProgress: (step) => onStep(step),
      ...options.samples,
      ...(text && { sequences: sequencesOfText(text, calibrate as string, tokenizer, model.architecture) }),
      ...(options.context !== undefined && { context: options.context }),
      ...(allowMiss !== undefined && { override: allowMiss }),
      ...(options.onReport && { onReport: options.onReport }),
    });
    watch.next('writing');
    onStep('writing');
    writeNew(tokenizerFile, source.bytes);
    try {
      saveNew(out, quantized);
    } catch (error) {
      quietly(() => disk.unlink(tokenizerFile)); // both files or none
      throw error;
    }
    watch.next();
    const { graph, weights, info } = quantized;
    return {
      model: { graph, weights, info },
      parameters: parameterCount(model),
      files: { model: out, tokenizer: tokenizerFile },
      seconds: watch.seconds,
    };
  } finally {
    await source.close();
  }
}
