/**
 * Quantises a model, prints its accuracy report and, if asked, writes its file.
 *
 *   npm run quantize -- --model models/zkdl-3m --json
 *   npm run quantize -- --model story.bin --tokenizer tok.bin --profile P16 --out story.zkq
 *   npm run quantize -- --model DIR --text held-out.txt --prompt "Once upon a time"
 *   npm run quantize -- --model DIR --calibration 2x64 --evaluation 4x64 --max-kl 2e-4 --min-top1 0.993
 *
 * A model is a Hugging Face folder, or a llama2.c checkpoint (FILE.bin) with its tokenizer. Without `--text` it is calibrated and
 * measured with samples of its own. `--override REASON` publishes what misses its target. Exit code 1: refused; 2: wrong usage.
 */
import { runQuantize } from './quantize/run.ts';

process.exitCode = await runQuantize(process.argv.slice(2), { print: console.log, note: console.error });
