/** The verb `refresh`: the same weights under fresh pads, with a budget of their own, and a link that verifiers follow. */
import { refuse } from '../errors/proof-error.ts';
import type { Kernels } from '../kernels/contract.ts';
import { completeInstance, linkInstance } from '../params/index.ts';
import { encodeModelLink, linkContext, type GroupLink } from '../answer/link.ts';
import { keyOf } from '../prover/commit-model.ts';
import type { QuantizedModel } from '../quantize/index.ts';
import { closeGroups, groupPaths, type WeightGroups } from '../prover/weight-groups.ts';
import { linkStored, openGroup, storeNextEpoch, type Home, type StoredGroup } from '../store/index.ts';
import { quietly } from '../store/durable.ts';
import { checkOutput, disk, isDirectory, writeNew } from './files.ts';
import { epochPath, folderModel, linkPath, openFolder, publicPaths } from './folder.ts';
import { silent, stopwatch, type OnStep } from './steps.ts';
import { openWeights, weightsBudget } from './weights.ts';

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
  const older = openWeights(kernels, home, epochPath(path, folder.epoch), folder.cut, model);
  const newer: StoredGroup[] = [];
  try {
    // Before any group is committed again or pays for its link.
    if (weightsBudget(home, older.groups).linksLeft < 1) {
      refuse('BUDGET_SPENT', path, 'expected positions for one link proof, got fewer: commit anew');
    }
    watch.next('committing');
    const places = groupPaths(epochPath(path, epoch), older.groups.length);
    older.groups.forEach((group, g) => {
      onStep('committing the weights again', g / places.length);
      const place = places[g] as string;
      const isThere = isDirectory(place);
      newer.push(isThere ? openGroup(kernels, home, place) : storeNextEpoch(kernels, home, group, place));
    });
    watch.next('linking');
    const { groupCells } = older;
    const link = linkEpochs(kernels, home, model, older, newer, onStep);
    const { keyBytes, digest } = keyOf(model, { groups: newer, groupCells });
    publish(files, keyBytes, link, linkPath(path, epoch));
    watch.next();
    const { proofsLeft } = weightsBudget(home, newer);
    return { epoch, digest, files, linkBytes: link.length, proofsLeft, seconds: watch.seconds };
  } finally {
    closeGroups(older.groups);
    closeGroups(newer);
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

/** A link proof for every group, each bound to the keys of all. */
function linkEpochs(
  kernels: Kernels,
  home: Home,
  model: QuantizedModel,
  older: WeightGroups,
  newer: readonly StoredGroup[],
  onStep: OnStep,
): Uint8Array {
  const { digest } = keyOf(model, older);
  const keys = newer.map(({ keyBytes }) => keyBytes);
  const groups = older.groups.map((group, g): GroupLink => {
    onStep('proving the link', g / newer.length);
    const { code, profile } = group.key.parameters;
    const draft = completeInstance(linkInstance(group.key.group.columns), code, profile);
    if (draft === undefined) refuse('WEAK_PARAMS', 'link', 'expected parameters for a link proof, got none');
    const { parameters } = draft;
    const context = linkContext(digest, keys, g);
    const next = newer[g] as StoredGroup;
    const { proof } = linkStored(kernels, home, { older: group, newer: next, parameters, context });
    return { weights: next.keyBytes, parameters, proof };
  });
  return encodeModelLink({ older: digest, groups });
}
