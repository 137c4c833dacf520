/** Directories of committed corpora, looked at without opening the commitment. */
import { committedSizes } from '../training/dataset-folder.ts';

/** How many tokens. */
export const CORPUS_FILE = 'corpus.json';

/** A corpus that was committed. */
export interface CorpusFolder {
  readonly path: string;
  readonly tokens: number;
}

/** @throws ProofError `FILE_*`, `FOLDER` naming what is not there */
export function openCorpusFolder(path: string): CorpusFolder {
  const { tokens } = committedSizes(path, 'corpus', CORPUS_FILE, ['tokens']);
  return { path, tokens };
}
