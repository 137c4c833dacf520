/** What a user names a model by: a Hugging Face folder, or a llama2.c checkpoint with its tokenizer. */
import { basename, dirname, extname, join } from 'node:path';
import { refuse } from '../errors/proof-error.ts';
import { importHuggingFace } from '../import/hugging-face.ts';
import { importLlama2c } from '../import/llama2c.ts';
import type { FloatModel } from '../import/model.ts';
import { folderResolver } from '../import/node-resolver.ts';
import { openFile } from '../import/resolver.ts';
import { TOKENIZER_FILE } from '../import/tokenizer-json.ts';
import { checkTokenizerFits } from '../import/tokenizer.ts';
import { exists, isDirectory, naming, namingAsync, readInput } from './files.ts';
import { readTokenizer, type TokenizerSource } from './tokenizers.ts';

export interface ModelSource extends TokenizerSource {
  readonly model: FloatModel;
  close(): Promise<void>;
}

export interface SourceOptions {
  /** The tokenizer of a llama2.c checkpoint; for a folder, instead of its own. */
  readonly tokenizer?: string;
  /** Follows symbolic links in the folder. Default: they are refused. */
  readonly followLinks?: boolean;
}

/**
 * Opens a model to import.
 *
 * @throws ProofError `FILE_MISSING` and those of the importers, naming the file
 */
export async function openSource(path: string, options: SourceOptions = {}): Promise<ModelSource> {
  const links = options.followLinks === true ? 'follow' : 'refuse';
  if (isDirectory(path)) {
    const folder = folderResolver(path, { links });
    const model = await namingAsync(path, () => importHuggingFace(folder.resolve));
    const tokenizer = options.tokenizer ?? join(path, TOKENIZER_FILE);
    return { model, ...(await tokenizerFor(model, tokenizer)), close: folder.close };
  }
  if (!exists(path)) refuse('FILE_MISSING', path, 'expected a model folder or a checkpoint, got nothing');
  if (extname(path) !== '.bin') {
    refuse('FILE_KIND', path, 'expected a model folder, or a checkpoint named *.bin, got another file');
  }
  const { tokenizer } = options;
  if (tokenizer === undefined) {
    refuse('TOKENIZER_MISSING', path, 'expected the tokenizer of this checkpoint, got none');
  }
  const folder = folderResolver(dirname(path), { links });
  const name = basename(path);
  const model = await namingAsync(path, async () =>
    importLlama2c(await openFile(folder.resolve, name, name), name),
  );
  return { model, ...(await tokenizerFor(model, tokenizer)), close: folder.close };
}

/** A tokenizer whose tokens the model has. @throws ProofError `TOKENIZER_FIT` naming the file */
async function tokenizerFor({ architecture }: FloatModel, path: string): Promise<TokenizerSource> {
  const source = await readTokenizer(path, architecture.vocab);
  checkTokenizerFits(source.tokenizer, architecture, path);
  return source;
}

/** The text of a file. @throws ProofError `FILE_*` */
export function readText(path: string): Uint8Array {
  return naming(path, () => readInput(path));
}
