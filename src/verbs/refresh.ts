/** The verb `refresh`: the same weights under fresh pads, with a budget of their own, and a link that verifiers follow. */
import { refuse } from '../errors/proof-error.ts';
import type { Kernels } from '../kernels/contract.ts';
import { completeInstance, linkInstance } from '../params/index.ts';
import { encodeModelLink, linkContext } from '../answer/link.ts';
import { keyOf } from '../prover/commit-model.ts';
import type { QuantizedModel } from '../quantize/index.ts';
import {
  budgetStatus,
  linkStored,
  openGroup,
  storeNextEpoch,
  type Home,
  type StoredGroup,
} from '../store/index.ts';
import { quietly } from '../store/durable.ts';
import { checkOutput, disk, isDirectory, writeNew } from './files.ts';
import { epochPath, folderModel, linkPath, openFolder, publicPaths } from './folder.ts';
import { silent, stopwatch, type OnStep } from './steps.ts';

export interface RefreshOptions {
  /** Directory of a committed model. */
  readonly folder: string;
  readonly onStep?: OnStep;
}

export interface Refreshed {
  readonly epoch: number;
  /** Digest of the new key. */
  readonly digest: Uint8Array;
  readonly files: { readonly key: string; readonly link: string };
  readonly linkBytes: number;
  readonly proofsLeft: number;
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Makes the next epoch of a committed model. One that was interrupted goes on where it stopped.
 *
 * @throws ProofError `FILE_EXISTS` for public files that are there already; `BUDGET_SPENT`; as `openFolder`, `storeNextEpoch`,
 *   `linkStored`
 * @example
 * const { files } = refreshFolder(kernels, openHome(), { folder: 'story' }); // publish files.key and files.link
 */
export function refreshFolder(kernels: Kernels, home: Home, options: RefreshOptions): Refreshed {
  const { folder: path, onStep = silent } = options;
  const folder = openFolder(path);
  const epoch = folder.epoch + 1;
  const files = publicPaths(path, epoch);
  checkOutput(files.key);
  checkOutput(files.link);
  const watch = stopwatch();
  watch.next('loading');
  onStep('loading the model');
  const model = folderModel(folder);
  const older = openGroup(kernels, home, epochPath(path, folder.epoch));
  let newer: StoredGroup | undefined;
  try {
    watch.next('committing');
    onStep('committing the weights again');
    const place = epochPath(path, epoch);
    newer = isDirectory(place)
      ? openGroup(kernels, home, place)
      : storeNextEpoch(kernels, home, older, place);
    watch.next('linking');
    onStep('proving the link');
    const link = linkEpochs(kernels, home, model, older, newer);
    const { keyBytes, digest } = keyOf(model, newer);
    publish(files, keyBytes, link, linkPath(path, epoch));
    watch.next();
    const { proofsLeft } = budgetStatus(home, newer);
    return { epoch, digest, files, linkBytes: link.length, proofsLeft, seconds: watch.seconds };
  } finally {
    older.close();
    newer?.close();
  }
}

/** All files or none; the last one puts the epoch in use. */
function publish(
  { key, link }: Refreshed['files'],
  keyBytes: Uint8Array,
  linkBytes: Uint8Array,
  inside: string,
): void {
  const made: string[] = [];
  try {
    for (const [path, bytes] of [
      [key, keyBytes],
      [link, linkBytes],
      [inside, linkBytes],
    ] as const) {
      writeNew(path, bytes);
      made.push(path);
    }
  } catch (error) {
    for (const path of made) quietly(() => disk.unlink(path));
    throw error;
  }
}

function linkEpochs(
  kernels: Kernels,
  home: Home,
  model: QuantizedModel,
  older: StoredGroup,
  newer: StoredGroup,
): Uint8Array {
  const { digest } = keyOf(model, older);
  const { group, parameters } = older.key;
  const draft = completeInstance(linkInstance(group.columns), parameters.code, parameters.profile);
  if (draft === undefined) refuse('WEAK_PARAMS', 'link', 'expected parameters for a link proof, got none');
  const context = linkContext(digest, newer.keyBytes);
  const request = { older, newer, parameters: draft.parameters, context };
  const { proof } = linkStored(kernels, home, request);
  return encodeModelLink({ older: digest, weights: newer.keyBytes, parameters: draft.parameters, proof });
}
