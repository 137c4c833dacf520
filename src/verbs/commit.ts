/** The verb `commit`: weights are committed once; the key is published. */
import { join, resolve } from 'node:path';
import { refuse } from '../errors/proof-error.ts';
import type { Kernels } from '../kernels/contract.ts';
import { checkTokenizer } from '../quantize/index.ts';
import { loadModel, saveModel } from '../quantize/node.ts';
import { commitModel } from '../prover/commit-model.ts';
import { ensureDirectory, quietly } from '../store/durable.ts';
import { budgetStatus, type CodewordChoice, type Home } from '../store/index.ts';
import { checkOutput, disk, exists, isDirectory, naming, writeNew } from './files.ts';
import { epochPath, MODEL_FILE, publicPaths, TOKENIZER_BASE } from './folder.ts';
import { tokenizerBase } from './import.ts';
import { findTokenizer, readTokenizer, type TokenizerSource } from './sources.ts';
import { silent, stopwatch, type OnStep } from './steps.ts';

export interface CommitFolderOptions {
  /** A model file. */
  readonly model: string;
  /** Directory to be made: private. */
  readonly out: string;
  /** Key file to be made: public. Default: the directory's name with `.key`. */
  readonly key?: string;
  /** Default: the one that lies beside the model file. */
  readonly tokenizer?: string;
  /** Proofs that the key must allow before a refresh. Default 500. */
  readonly proofs?: number;
  /** Tokens of the answers that parameters are chosen for. Default 64. */
  readonly tokens?: number;
  readonly codeword?: CodewordChoice;
  readonly onStep?: OnStep;
}

export interface CommittedFolder {
  readonly digest: Uint8Array;
  readonly files: { readonly folder: string; readonly key: string };
  readonly keyBytes: number;
  /** Proofs before a refresh. */
  readonly proofsLeft: number;
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Commits a model file: copies model and tokenizer into a new directory, commits the weights there, writes the key beside it.
 *
 * @throws ProofError `FILE_EXISTS`, `FILE_MISSING` and others naming the file; nothing is left then
 * @example
 * const { digest } = await commitToFolder(kernels, openHome(), { model: 'story.zkq', out: 'story' });
 */
export async function commitToFolder(
  kernels: Kernels,
  home: Home,
  options: CommitFolderOptions,
): Promise<CommittedFolder> {
  const { onStep = silent } = options;
  const out = resolve(options.out);
  const keyFile = options.key ?? publicPaths(out, 0).key;
  const watch = stopwatch();
  if (exists(out)) {
    const left = isDirectory(out) ? ': if an earlier commit was interrupted there, remove it' : '';
    refuse('FILE_EXISTS', options.out, `expected a new name, got one that is taken${left}`);
  }
  checkOutput(keyFile);
  watch.next('reading');
  onStep('reading the model');
  const model = loadModel(options.model);
  const source = await tokenizerOf(options, model.info.vocab);
  if (source !== undefined) naming(source.path, () => checkTokenizer(model, source.tokenizer));
  else if (model.info.tokenizer !== null) {
    const base = tokenizerBase(options.model);
    refuse('TOKENIZER_MISSING', options.model, `expected its tokenizer as ${base}.json or .bin, got neither`);
  }
  watch.next('committing');
  onStep('committing the weights', 0);
  ensureDirectory(disk, out);
  try {
    saveModel(join(out, MODEL_FILE), model);
    if (source !== undefined) writeNew(join(out, TOKENIZER_BASE + source.extension), source.bytes);
    const { group, keyBytes, digest } = commitModel(kernels, home, epochPath(out, 0), model, {
      ...(options.proofs !== undefined && { minProofs: options.proofs }),
      ...(options.tokens !== undefined && { tokens: options.tokens }),
      ...(options.codeword !== undefined && { codeword: options.codeword }),
      progress: (done) => onStep('committing the weights', done),
    });
    const { proofsLeft } = budgetStatus(home, group);
    group.close();
    writeNew(keyFile, keyBytes);
    watch.next();
    return {
      digest,
      files: { folder: out, key: keyFile },
      keyBytes: keyBytes.length,
      proofsLeft,
      seconds: watch.seconds,
    };
  } catch (error) {
    quietly(() => removeTree(out));
    throw error;
  }
}

async function tokenizerOf(
  { model, tokenizer }: CommitFolderOptions,
  vocab: number,
): Promise<(TokenizerSource & { readonly path: string }) | undefined> {
  const path = tokenizer ?? findTokenizer(tokenizerBase(model));
  return path === undefined ? undefined : { ...(await readTokenizer(path, vocab)), path };
}

/** Removes a directory that this process made, and what is in it. */
function removeTree(path: string): void {
  for (const name of disk.list(path)) {
    const inner = join(path, name);
    if (isDirectory(inner)) removeTree(inner);
    else disk.unlink(inner);
  }
  disk.removeDirectory(path);
}
