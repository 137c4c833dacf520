/**
 * The directory of a committed model. Everything in it is private to its owner:
 *
 *   committing       until the commit has ended and the key is published
 *   model.zkq        the integer program with its weights
 *   tokenizer.json   (or .bin) where the model is bound to a tokenizer
 *   groups           how the weights are cut, where they are several groups
 *   epoch-<n>        the committed weights, one directory an epoch (spec/state.md section 2): a group, or directories W0, W1, .. of groups
 *   epoch-<n>.link   for n > 0, last of all: the link from the epoch before; without it the epoch is not in use yet
 *
 * What is public lies beside it: DIR.key, and after refreshes DIR.<n>.key and DIR.<n>.link.
 */
import { join, resolve } from 'node:path';
import { refuse } from '../errors/proof-error.ts';
import type { Tokenizer } from '../import/tokenizer.ts';
import { checkTokenizer, type QuantizedModel } from '../quantize/index.ts';
import { loadModel } from '../quantize/node.ts';
import { disk, exists, isDirectory, naming } from './files.ts';
import { findTokenizer, readTokenizer } from './tokenizers.ts';
import { readCut, type Cut } from './weights.ts';

export const MODEL_FILE = 'model.zkq';
export const TOKENIZER_BASE = 'tokenizer';
/** Is there while `zkdl commit` is at work (interrupted.ts). */
export const COMMITTING = 'committing';
const EPOCH = /^epoch-(0|[1-9]\d{0,8})$/;

export interface ModelFolder {
  readonly path: string;
  /** The newest epoch that verifiers can come to. */
  readonly epoch: number;
  /** Of its weights into groups. */
  readonly cut: Cut;
}

export function epochPath(folder: string, epoch: number): string {
  return join(folder, `epoch-${epoch}`);
}

export function linkPath(folder: string, epoch: number): string {
  return `${epochPath(folder, epoch)}.link`;
}

/** The public files of an epoch, beside the directory. */
export function publicPaths(folder: string, epoch: number): { readonly key: string; readonly link: string } {
  const base = resolve(folder) + (epoch === 0 ? '' : `.${epoch}`);
  return { key: `${base}.key`, link: `${base}.link` };
}

/** @throws ProofError `FILE_MISSING`, `FOLDER` naming what is not there */
export function openFolder(path: string): ModelFolder {
  if (!isDirectory(path)) {
    const file = exists(path);
    if (file) refuse('FILE_KIND', path, 'expected the directory of a committed model, got a file');
    refuse('FILE_MISSING', path, 'expected the directory of a committed model, got nothing');
  }
  const names = new Set(disk.list(path));
  if (names.has(COMMITTING)) {
    refuse('FOLDER', path, 'expected a committed model, got a commit at work or interrupted: run it again');
  }
  const epochs = [...names].flatMap((name) => EPOCH.exec(name)?.[1] ?? []).map(Number);
  const used = epochs.filter((epoch) => epoch === 0 || names.has(`epoch-${epoch}.link`));
  if (used.length === 0 || !names.has(MODEL_FILE)) {
    refuse('FOLDER', path, 'expected the directory of a committed model, got another or one left by a crash');
  }
  return { path, epoch: Math.max(...used), cut: readCut(path) };
}

export function folderModel({ path }: ModelFolder): QuantizedModel {
  // Read whole when it was committed: cells that have changed since make proofs that their prover refuses.
  return loadModel(join(path, MODEL_FILE), { digest: 'skip' });
}

/** The tokenizer of a committed model. @throws ProofError `TOKENIZER_MISSING`, `TOKENIZER_FIT` */
export async function folderTokenizer({ path }: ModelFolder, model: QuantizedModel): Promise<Tokenizer> {
  const file = findTokenizer(join(path, TOKENIZER_BASE));
  if (file === undefined) {
    return refuse('TOKENIZER_MISSING', path, 'expected tokenizer.json or tokenizer.bin, got neither');
  }
  const { tokenizer } = await readTokenizer(file, model.info.vocab);
  naming(file, () => checkTokenizer(model, tokenizer));
  return tokenizer;
}
