/** Models on the local disk: written aside, made durable, then named, so that a reader sees a whole file or none. */
import { basename, dirname, join } from 'node:path';
import { ProofError, refuse } from '../errors/proof-error.ts';
import { quietly, readWhole, unfinishedName, writeSynced } from '../store/durable.ts';
import { type FileSystem, refusingFiles } from '../store/files.ts';
import { nodeFiles } from '../store/node-files.ts';
import type { ModelWeights, QuantizedModel, Room } from './model.ts';
import { decodeHead, decodeModel, decodeWeight, modelParts, type ModelSource } from './model-file.ts';

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

/** Files beyond are not held in memory: a weight is read when it is used, and again when it is used again. */
export const WHOLE_BYTES = 2 ** 31 - 1;

/** How a model file is read. */
export interface LoadOptions {
  /** The platform's by default. */
  readonly files?: FileSystem;
  /** Bytes of the largest file that is held in memory. Default `WHOLE_BYTES`. */
  readonly wholeBytes?: number;
  /** `skip`: a file that is not held in memory was read whole before, and its digest is not computed again. Default `check`. */
  readonly digest?: 'check' | 'skip';
}

/**
 * Reads a model. Of a large file the graph and what is said about the model are read at once, weights one by one when they are asked for:
 * the file must not change while the model is in use.
 *
 * @throws ProofError naming the path: `FILE_MISSING`, `FILE_SHORT`, `FILE_ACCESS`; as `decodeModel`, of a large file's weights when they
 *   are read
 */
export function loadModel(path: string, options: LoadOptions = {}): QuantizedModel {
  const { files = nodeFiles, wholeBytes = WHOLE_BYTES, digest = 'check' } = options;
  const disk = refusingFiles(files);
  const size = about(path, () => sizeOf(disk, path));
  if (size <= wholeBytes) return about(path, () => decodeModel(readWhole(disk, path)));
  const source: ModelSource = {
    size,
    read: (at, length, room = newBytes) => readPart(disk, path, at, room(length)),
  };
  const { graph, info, places } = about(path, () => decodeHead(source, digest));
  const get: ModelWeights['get'] = (name, room) => {
    const place = places.get(name);
    return place && about(path, () => decodeWeight(source, place, room));
  };
  return { graph, info, weights: { get, checked: true } };
}

function sizeOf(disk: FileSystem, path: string): number {
  const reader = disk.open(path);
  reader.close();
  return reader.size;
}

const newBytes: Room = (length) => new Uint8Array(length);

/** Fills bytes from a place of a file on; returns them. */
function readPart(
  disk: FileSystem,
  path: string,
  at: number,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const reader = disk.open(path);
  try {
    reader.read(bytes, at);
  } finally {
    reader.close();
  }
  return bytes;
}
