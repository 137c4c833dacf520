/** The verb `commit`: weights are committed once; the key is published. */
import { dirname, join, resolve } from 'node:path';
import { refuse } from '../errors/proof-error.ts';
import { sameBytes } from '../hash/words.ts';
import type { Kernels } from '../kernels/contract.ts';
import { encodeParameters } from '../params/encoding.ts';
import { checkTokenizer, type QuantizedModel } from '../quantize/index.ts';
import { loadModel, saveModel } from '../quantize/node.ts';
import { chooseModelParameters, commitModel, keyOf, type CommitOptions } from '../prover/commit-model.ts';
import { ensureDirectory, quietly } from '../store/durable.ts';
import { closeGroups, groupPaths, openGroups } from '../prover/weight-groups.ts';
import type { CodewordChoice, Home } from '../store/index.ts';
import { commitMemory } from './costs.ts';
import { chosenCells } from './cutting.ts';
import { checkOutput, disk, exists, naming, readInput, removeTree, sameFiles, writeNew } from './files.ts';
import { epochPath, MODEL_FILE, publicPaths, TOKENIZER_BASE } from './folder.ts';
import { tokenizerBase } from './import.ts';
import { requireCommitMemory } from './memory.ts';
import { findTokenizer, readTokenizer, type TokenizerSource } from './tokenizers.ts';
import { clearInterrupted, interruptedCommit, markCommitted, markCommitting } from './interrupted.ts';
import { silent, stopwatch, type OnStep, type Stopwatch } from './steps.ts';
import { cutOf, readCut, weightsBudget, writeCut, type Cut } from './weights.ts';

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
  /** Cells that a committed group of weights has at most. Default: one group, and several for models that one does not hold. */
  readonly groupCells?: number;
  /**
   * Bytes that the process may take, by estimate: weights are cut into groups that fit, and where none do the commitment is refused.
   * Default: no limit.
   */
  readonly memory?: number;
  readonly onStep?: OnStep;
}

export interface CommittedFolder {
  readonly digest: Uint8Array;
  readonly files: { readonly folder: string; readonly key: string };
  readonly keyBytes: number;
  /** Committed groups of weights. */
  readonly groups: number;
  /** Proofs before a refresh. */
  readonly proofsLeft: number;
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Commits a model file: copies model and tokenizer into a new directory, commits the weights there, writes the key beside it.
 *
 * What a commit that was killed left in that directory is taken away first, or finished where only the key was missing.
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
  const left = exists(out) ? interruptedCommit(out, options.out) : undefined;
  if (left !== 'complete') checkOutput(keyFile);
  watch.next('reading');
  onStep('reading the model');
  const model = loadModel(options.model);
  const source = await tokenizerOf(options, model.info.vocab);
  if (source !== undefined) naming(source.path, () => checkTokenizer(model, source.tokenizer));
  else if (model.info.tokenizer !== null) {
    const base = tokenizerBase(options.model);
    refuse('TOKENIZER_MISSING', options.model, `expected its tokenizer as ${base}.json or .bin, got neither`);
  }
  const cut = cutOf(model, chosenCells(model, options));
  const wishes = given(options, cut);
  if (options.memory !== undefined) {
    const { parameters } = chooseModelParameters(model, wishes);
    requireCommitMemory(commitMemory(model, parameters, cut.cells), options.memory);
  }
  if (left === 'complete') return finish(kernels, home, model, out, keyFile, cut, options, watch);
  if (left === 'begun') {
    onStep('removing what an interrupted commit left');
    clearInterrupted(out, options.out);
  }
  watch.next('committing');
  onStep('committing the weights', 0);
  ensureDirectory(disk, dirname(out));
  naming(options.out, () => disk.makeDirectory(out));
  let published = false;
  try {
    markCommitting(out);
    saveModel(join(out, MODEL_FILE), model);
    if (source !== undefined) writeNew(join(out, TOKENIZER_BASE + source.extension), source.bytes);
    writeCut(out, cut);
    const { groups, keyBytes, digest } = commitModel(kernels, home, epochPath(out, 0), model, {
      ...wishes,
      progress: (done) => onStep('committing the weights', done),
    });
    closeGroups(groups);
    const { proofsLeft } = weightsBudget(home, groups);
    writeNew(keyFile, keyBytes);
    published = true;
    markCommitted(out);
    watch.next();
    return {
      digest,
      files: { folder: out, key: keyFile },
      keyBytes: keyBytes.length,
      groups: groups.length,
      proofsLeft,
      seconds: watch.seconds,
    };
  } catch (error) {
    if (!published) quietly(() => removeTree(out));
    throw error;
  }
}

function given({ proofs, tokens, codeword }: CommitFolderOptions, { cells }: Cut): CommitOptions {
  return {
    groupCells: cells,
    ...(proofs !== undefined && { minProofs: proofs }),
    ...(tokens !== undefined && { tokens }),
    ...(codeword !== undefined && { codeword }),
  };
}

/** Publishes the key of a commitment that was complete when its process was killed: if it is what these options ask for. */
function finish(
  kernels: Kernels,
  home: Home,
  model: QuantizedModel,
  out: string,
  keyFile: string,
  cut: Cut,
  options: CommitFolderOptions,
  watch: Stopwatch,
): CommittedFolder {
  const wanted = encodeParameters(chooseModelParameters(model, given(options, cut)).parameters);
  const found = readCut(out);
  const groups = openGroups(kernels, home, groupPaths(epochPath(out, 0), found.count));
  try {
    const { codeword = 'recompute' } = options;
    const same =
      sameFiles(options.model, join(out, MODEL_FILE)) &&
      found.cells === cut.cells &&
      groups.every((group) => sameBytes(wanted, encodeParameters(group.key.parameters))) &&
      groups.every((group) => group.codeword === codeword);
    if (!same) {
      const other = 'of another model or with other options: run it with these, or remove the directory';
      refuse('FILE_EXISTS', options.out, `expected a new name, got an interrupted commit ${other}`);
    }
    const { keyBytes, digest } = keyOf(model, { groups, groupCells: cut.cells });
    const isThere = exists(keyFile) && sameBytes(readInput(keyFile), keyBytes);
    if (!isThere) writeNew(keyFile, keyBytes);
    markCommitted(out);
    watch.next();
    const { proofsLeft } = weightsBudget(home, groups);
    const files = { folder: out, key: keyFile };
    const made = { digest, files, keyBytes: keyBytes.length, groups: groups.length };
    return { ...made, proofsLeft, seconds: watch.seconds };
  } finally {
    closeGroups(groups);
  }
}

async function tokenizerOf(
  { model, tokenizer }: CommitFolderOptions,
  vocab: number,
): Promise<(TokenizerSource & { readonly path: string }) | undefined> {
  const path = tokenizer ?? findTokenizer(tokenizerBase(model));
  return path === undefined ? undefined : { ...(await readTokenizer(path, vocab)), path };
}
