/** `npm run bench -- NAME [options]`. */
import { benchAnswer, benchStories } from './answer/main.ts';
import { benchEngine } from './engine/main.ts';
import { benchGpt2, benchLlama, makeLarge } from './large/main.ts';
import { benchVerifyAnswer } from './large/verify.ts';
import { benchKernels } from './kernels/main.ts';
import { benchCommit, benchOpen } from './pcs/main.ts';
import { benchStore } from './pcs/store.ts';
import { benchVerify } from './pcs/verify.ts';
import { benchLookups } from './tlookup/main.ts';
import { benchTraining, benchVerifyTraining } from './training/main.ts';

const BENCHMARKS: Record<string, (args: readonly string[]) => Promise<void>> = {
  kernels: benchKernels,
  commit: benchCommit,
  open: benchOpen,
  store: benchStore,
  verify: benchVerify,
  lookups: benchLookups,
  engine: benchEngine,
  answer: benchAnswer,
  stories260K: benchStories,
  'gpt2-small': benchGpt2,
  'llama2-7b': benchLlama,
  'make-model': makeLarge,
  'verify-answer': benchVerifyAnswer,
  'train-mlp-10m': (args) => benchTraining('mlp-10m', args),
  'train-digits': (args) => benchTraining('digits', args),
  'verify-training': benchVerifyTraining,
};

const [name, ...args] = process.argv.slice(2);
const bench = name === undefined ? undefined : BENCHMARKS[name];
if (bench === undefined) {
  console.error(`bench: expected one of ${Object.keys(BENCHMARKS).join(', ')}, got ${name ?? 'nothing'}`);
  process.exit(2);
}
await bench(args);
