/** The work of `tools/quantize.ts`: options, loading, quantising, figures. Nothing here knows a process. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { parseArgs } from 'node:util';
import { ProofError } from '../../src/errors/proof-error.ts';
import { kernelProduct } from '../../src/graph/execute-witness.ts';
import {
  checkTokenizerFits,
  type FloatModel,
  importHuggingFace,
  importLlama2c,
  importTokenizer,
  parameterCount,
  readLlama2cTokenizer,
  type Tokenizer,
} from '../../src/import/index.ts';
import { folderResolver } from '../../src/import/node-resolver.ts';
import { openFile } from '../../src/import/resolver.ts';
import { chooseKernels } from '../../src/kernels/index.ts';
import {
  complete,
  type ProfileName,
  PROFILES,
  quantize,
  type Quantized,
  type QuantizeOptions,
  type Report,
  type SampleSize,
  sequencesOfText,
} from '../../src/quantize/index.ts';
import { saveModel } from '../../src/quantize/node.ts';

const OPTIONS = {
  model: { type: 'string' },
  tokenizer: { type: 'string' },
  profile: { type: 'string' },
  context: { type: 'string' },
  seed: { type: 'string' },
  text: { type: 'string' },
  calibration: { type: 'string' },
  evaluation: { type: 'string' },
  'max-kl': { type: 'string' },
  'min-top1': { type: 'string' },
  override: { type: 'string' },
  out: { type: 'string' },
  prompt: { type: 'string' },
  'follow-links': { type: 'boolean' },
  json: { type: 'boolean' },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** Where lines go. */
export interface Output {
  readonly print: (line: string) => void;
  readonly note: (line: string) => void;
}

/** A command line that makes no sense. */
class Usage extends Error {}

function usage(message: string): never {
  throw new Usage(
    `${message}\nusage: npm run quantize -- --model DIR|FILE.bin [${Object.keys(OPTIONS).join('|')}]`,
  );
}

function parse(args: readonly string[]): Values {
  try {
    return parseArgs({ options: OPTIONS, args: [...args] }).values;
  } catch (error) {
    return usage((error as Error).message);
  }
}

function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^[0-9.]+(?:e-?[0-9]+)?$/.test(text)
    ? Number(text)
    : usage(`--${name}: expected a number, got ${text}`);
}

/** "12x256": sequences by tokens. */
function sampleSize(name: string, text: string | undefined): SampleSize | undefined {
  if (text === undefined) return undefined;
  const match = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/.exec(text);
  if (match === null) return usage(`--${name}: expected SEQUENCESxTOKENS, such as 12x256, got ${text}`);
  return { sequences: Number(match[1]), tokens: Number(match[2]) };
}

interface Loaded {
  readonly model: FloatModel;
  readonly tokenizer: Tokenizer;
}

/** Runs with the model and its tokenizer; all files are closed behind it. */
async function withLoaded(values: Values, use: (loaded: Loaded) => Promise<number>): Promise<number> {
  const path = values.model ?? usage('--model: expected a folder or a llama2.c checkpoint');
  const links = values['follow-links'] ? 'follow' : 'refuse';
  const checkpoint = extname(path) === '.bin';
  const folder = folderResolver(checkpoint ? dirname(path) : path, { links });
  const other = checkpoint
    ? (values.tokenizer ?? usage('--tokenizer: expected that of the checkpoint'))
    : path;
  const beside = folderResolver(dirname(other), { links });
  try {
    if (!checkpoint) {
      const model = await importHuggingFace(folder.resolve);
      const tokenizer = await importTokenizer(folder.resolve);
      checkTokenizerFits(tokenizer, model.architecture, 'tokenizer.json');
      return await use({ model, tokenizer });
    }
    const [name, words] = [basename(path), basename(other)];
    const model = await importLlama2c(await openFile(folder.resolve, name, '--model'), name);
    const file = await openFile(beside.resolve, words, '--tokenizer');
    return await use({ model, tokenizer: await readLlama2cTokenizer(file, words, model.architecture.vocab) });
  } finally {
    await Promise.all([folder.close(), beside.close()]);
  }
}

/** The figures of a report as numbers that people read. */
function figures(report: Report): Record<string, unknown> {
  const { tokens, rounded } = report;
  return {
    kl: report.klNano / 1e9,
    top1: report.agreed / Math.max(1, tokens),
    floatPerplexity: Math.exp(report.floatLossNano / 1e9),
    integerPerplexity: Math.exp(report.integerLossNano / 1e9),
    logitError: report.logitErrorNano / 1e9,
    saturatedPart: report.saturated / Math.max(1, rounded),
    peakBits: report.peakCentibits / 100,
  };
}

function summary(quantized: Quantized): Record<string, unknown> {
  const { bounds, partial, scores, graph } = quantized;
  const weights = graph.weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return {
    nodes: graph.nodes.length,
    weights,
    unit: graph.nodes.flatMap((node) => (node.op === 'argmax' ? [node.unit] : []))[0],
    residualBits: graph.nodes.flatMap((node) => (node.op === 'rmsnorm' ? [node.bits] : []))[0],
    scoreOctaves: scores.peak,
    scoreSpread: scores.spread,
    provableAccumulators: `${bounds.filter(({ provable }) => provable).length} of ${bounds.length}`,
    partial: partial.map(({ node }) => node),
  };
}

/** Only options that were given. */
function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

/** What a run found out, as figures that people read. */
async function quantizeModel(values: Values, { model, tokenizer }: Loaded, output: Output): Promise<number> {
  const begin = performance.now();
  const seconds: Record<string, number> = {};
  let [step, since] = ['starting', begin];
  const onProgress = (next: string): void => {
    const now = performance.now();
    seconds[step] = Math.round(now - since) / 1000;
    [step, since] = [next, now];
    if (!values.json) output.note(`${((now - begin) / 1000).toFixed(1)} s: ${next}`);
  };
  const { kernels } = await chooseKernels({ threads: 1 });
  const product = kernelProduct(kernels);
  let report: Report | undefined;
  const show = (rest: Record<string, unknown>): void => {
    const known = {
      model: basename(values.model as string),
      parameters: parameterCount(model),
      profile: values.profile,
    };
    const all = { ...known, ...(report && { ...figures(report), report }), ...rest };
    if (values.json) output.print(JSON.stringify(all, null, 2));
    else for (const [key, value] of Object.entries(all)) output.print(`${key}: ${JSON.stringify(value)}`);
  };
  try {
    const options = await optionsOf(values, model, tokenizer);
    const onReport = (made: Report): void => void (report = made);
    const quantized = await quantize(model, { ...options, tokenizer, product, onProgress, onReport });
    if (values.out !== undefined) {
      onProgress('writing');
      saveModel(values.out, quantized);
    }
    onProgress('done');
    const { prompt } = values;
    const text = prompt && { text: complete(quantized, tokenizer, { prompt, maxTokens: 40, product }).text };
    const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
    show({ ...summary(quantized), seconds, peakMiB, ...(text || {}) });
    return 0;
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    show({ refused: { code: error.code, stage: error.stage, detail: error.detail } });
    output.note(`quantize: ${error.message}`);
    return 1;
  } finally {
    await kernels.close();
  }
}

/** Options of `quantize` that the command line gave. */
async function optionsOf(values: Values, model: FloatModel, tokenizer: Tokenizer): Promise<QuantizeOptions> {
  const { text } = values;
  const sequences =
    text === undefined
      ? undefined
      : sequencesOfText(new Uint8Array(await readFile(text)), text, tokenizer, model.architecture);
  return given({
    profile: values.profile as ProfileName,
    sequences,
    target: given({
      maxKl: number('max-kl', values['max-kl']),
      minTop1: number('min-top1', values['min-top1']),
    }),
    context: number('context', values.context),
    seed: number('seed', values.seed),
    calibrationSamples: sampleSize('calibration', values.calibration),
    evaluationSamples: sampleSize('evaluation', values.evaluation),
    override: values.override,
  });
}

/**
 * Runs the script.
 *
 * @returns the exit code: 0, 1 where the model is refused, 2 for a command line that makes no sense
 */
export async function runQuantize(args: readonly string[], output: Output): Promise<number> {
  try {
    const given = parse(args);
    const values = { ...given, profile: given.profile ?? 'P14' };
    if (!Object.hasOwn(PROFILES, values.profile)) {
      usage(`--profile: expected P12, P14 or P16, got ${values.profile}`);
    }
    return await withLoaded(values, (loaded) => quantizeModel(values, loaded, output));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    output.note(`quantize: ${error.message}`);
    return error instanceof Usage ? 2 : 1;
  }
}
