/**
 * Quantises a model, prints its accuracy report and, if asked, writes its file.
 *
 *   npm run quantize -- --model models/zkdl-3m --json
 *   npm run quantize -- --model story.bin --tokenizer tok.bin --profile P16 --out story.zkdl
 *   npm run quantize -- --model DIR --text held-out.txt --prompt "Once upon a time"
 *
 * A model is a Hugging Face folder, or a llama2.c checkpoint with its tokenizer. Without `--text` it is calibrated and measured
 * with samples of its own. Exit code 1: refused; 2: wrong usage.
 */
import { readFile } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { parseArgs } from 'node:util';
import { ProofError } from '../src/errors/proof-error.ts';
import { kernelProduct } from '../src/graph/execute-witness.ts';
import {
  type FloatModel,
  importHuggingFace,
  importLlama2c,
  importTokenizer,
  parameterCount,
  readLlama2cTokenizer,
  type Tokenizer,
} from '../src/import/index.ts';
import { folderResolver } from '../src/import/node-resolver.ts';
import { openFile } from '../src/import/resolver.ts';
import { chooseKernels } from '../src/kernels/index.ts';
import {
  complete,
  type ProfileName,
  PROFILES,
  quantize,
  type Quantized,
  type Report,
  type SampleSize,
  sequencesOfText,
} from '../src/quantize/index.ts';
import { saveModel } from '../src/quantize/node.ts';

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

function usage(message: string): never {
  console.error(`quantize: ${message}`);
  console.error(`usage: npm run quantize -- --model DIR|FILE.bin [${Object.keys(OPTIONS).join('|')}]`);
  process.exit(2);
}

function parse(): Values {
  try {
    return parseArgs({ options: OPTIONS }).values;
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
  readonly close: () => Promise<void>;
}

async function load(values: Values): Promise<Loaded> {
  const path = values.model ?? usage('--model: expected a folder or a llama2.c checkpoint');
  const links = values['follow-links'] ? 'follow' : 'refuse';
  if (extname(path) !== '.bin') {
    const folder = folderResolver(path, { links });
    const model = await importHuggingFace(folder.resolve);
    return { model, tokenizer: await importTokenizer(folder.resolve), close: folder.close };
  }
  const folder = folderResolver(dirname(path), { links });
  const model = await importLlama2c(
    await openFile(folder.resolve, basename(path), '--model'),
    basename(path),
  );
  const other = values.tokenizer ?? usage('--tokenizer: expected the tokenizer of the checkpoint');
  const beside = folderResolver(dirname(other), { links });
  const file = await openFile(beside.resolve, basename(other), '--tokenizer');
  const tokenizer = await readLlama2cTokenizer(file, basename(other), model.architecture.vocab);
  const close = async (): Promise<void> => {
    await Promise.all([folder.close(), beside.close()]);
  };
  return { model, tokenizer, close };
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

async function main(values: Values): Promise<void> {
  const begin = performance.now();
  const seconds: Record<string, number> = {};
  let [step, since] = ['importing', begin];
  const onProgress = (next: string): void => {
    const now = performance.now();
    seconds[step] = Math.round(now - since) / 1000;
    [step, since] = [next, now];
    if (!values.json) console.error(`${((now - begin) / 1000).toFixed(1)} s: ${next}`);
  };
  const profile = values.profile ?? 'P14';
  if (!Object.hasOwn(PROFILES, profile)) usage(`--profile: expected P12, P14 or P16, got ${profile}`);
  const { model, tokenizer, close } = await load(values);
  const { kernels } = await chooseKernels({ threads: 1 });
  const product = kernelProduct(kernels);
  let report: Report | undefined;
  try {
    const text = values.text;
    const sequences =
      text === undefined
        ? undefined
        : sequencesOfText(new Uint8Array(await readFile(text)), text, tokenizer, model.architecture);
    const target = given({
      maxKl: number('max-kl', values['max-kl']),
      minTop1: number('min-top1', values['min-top1']),
    });
    const quantized = await quantize(model, {
      profile: profile as ProfileName,
      tokenizer,
      target,
      product,
      onProgress,
      onReport: (made) => (report = made),
      ...given({
        sequences,
        context: number('context', values.context),
        seed: number('seed', values.seed),
        calibrationSamples: sampleSize('calibration', values.calibration),
        evaluationSamples: sampleSize('evaluation', values.evaluation),
        override: values.override,
      }),
    });
    if (values.out !== undefined) {
      onProgress('writing');
      saveModel(values.out, quantized);
    }
    onProgress('done');
    const prompt = values.prompt;
    const sample =
      prompt === undefined
        ? {}
        : { text: complete(quantized, tokenizer, { prompt, maxTokens: 40, product }).text };
    const rest = {
      ...summary(quantized),
      seconds,
      peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
      ...sample,
    };
    print(values, model, profile, report as unknown as Report, rest);
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    const refused = { code: error.code, stage: error.stage, detail: error.detail };
    if (report !== undefined) print(values, model, profile, report, { refused });
    else if (values.json) console.log(JSON.stringify({ refused }, null, 2));
    console.error(`quantize: ${error.message}`);
    process.exitCode = 1;
  } finally {
    await kernels.close();
    await close();
  }
}

function print(
  values: Values,
  model: FloatModel,
  profile: string,
  report: Report,
  rest: Record<string, unknown>,
): void {
  const all = {
    model: basename(values.model as string),
    parameters: parameterCount(model),
    profile,
    ...figures(report),
    report,
    ...rest,
  };
  if (values.json) console.log(JSON.stringify(all, null, 2));
  else for (const [key, value] of Object.entries(all)) console.log(`${key}: ${JSON.stringify(value)}`);
}

try {
  await main(parse());
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(`quantize: ${error.message}`);
  process.exitCode = 1;
}
