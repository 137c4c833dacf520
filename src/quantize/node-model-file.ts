/** Models on the local disk: written aside, made durable, then named, so that a reader sees a whole file or none. */
import { basename, dirname, join } from 'node:path';
import { ProofError, refuse } from '../errors/proof-error.ts';
import { quietly, readWhole, unfinishedName, writeSynced } from '../store/durable.ts';
import { type FileSystem, refusingFiles } from '../store/files.ts';
import { nodeFiles } from '../store/node-files.ts';
import type { QuantizedModel } from './model.ts';
import { decodeModel, modelParts } from './model-file.ts';

/** Runs with every refusal about a file naming this one and not the unfinished file beside it. */
function about<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    const { code, stage, detail } = error;
    const place = stage === path || basename(stage).startsWith('.unfinished-') ? '' : `${stage}: `;
    return refuse(code, path, place + detail);
  }
}

/**
 * Writes a model, in the place of an older file of this name. A write that fails leaves the older file as it was and
 * nothing else. The file is readable by its owner only: it holds the weights.
 *
 * @param files the platform's by default
 * @throws ProofError naming the path: `DISK_FULL`, `FILE_MISSING` (no such directory), `FILE_ACCESS`, `FILE_ERROR`; as `modelParts`
 * @example
 * saveModel('./story.zkdl', quantized);
 */
export function saveModel(path: string, model: QuantizedModel, files: FileSystem = nodeFiles): void {
  const disk = refusingFiles(files);
  const unfinished = join(dirname(path), unfinishedName());
  about(path, () => {
    const parts = modelParts(model); // refuses before a file exists
    try {
      writeSynced(disk, unfinished, parts);
      disk.rename(unfinished, path);
    } catch (error) {
      quietly(() => disk.unlink(unfinished));
      throw error;
    }
    disk.syncDirectory(dirname(path));
  });
}

/**
 * Reads a model.
 *
 * @throws ProofError naming the path: `FILE_MISSING`, `FILE_SHORT`, `FILE_ACCESS`; as `decodeModel`
 */
export function loadModel(path: string, files: FileSystem = nodeFiles): QuantizedModel {
  return about(path, () => decodeModel(readWhole(refusingFiles(files), path)));
}
