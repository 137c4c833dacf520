/** The segments of a run's directory: proven, verified, and in the order in which they follow one another. */
import { join } from 'node:path';
import { refuse } from '../../errors/proof-error.ts';
import { sameBytes } from '../../hash/words.ts';
import { pointBehind, readsFrom, startOf, type TrainingPoint } from '../../training/point.ts';
import { decodeSegment } from '../../training/segment-file.ts';
import { naming, readInput, writeNew } from '../files.ts';
import { publicRunPaths, publish, stepsOf, type RunFolder } from './run-folder.ts';

/** A segment that was proven, and the point behind it. */
export interface KeptSegment {
  readonly bytes: Uint8Array;
  readonly point: TrainingPoint;
  /** Where it begins. */
  readonly first: number;
  /** Whether it wrote the weights before its last period, too. */
  readonly writesEarlier: boolean;
}

/**
 * The segments that were proven, one behind the other. Their proofs were verified before they were written.
 *
 * @throws ProofError `CHAIN` for a segment of another run, one that begins elsewhere, one that reads other weights; as `decodeSegment`
 */
export function keptSegments(folder: RunFolder): KeptSegment[] {
  let point = startOf(folder.named);
  return stepsOf(folder, 'segment').map((step) => {
    const path = join(folder.path, `segment-${step}`);
    const wrong = (detail: string): never => refuse('CHAIN', path, detail);
    const bytes = readInput(path);
    const file = naming(path, () => decodeSegment(bytes));
    if (!sameBytes(file.run, folder.named.digest))
      wrong('expected a segment of this run, got one of another');
    if (file.first !== point.step) {
      wrong(`expected one that begins at step ${point.step}, got step ${file.first}`);
    }
    if (file.first + file.count !== step) {
      wrong(`expected one that ends at step ${step}, got step ${file.first + file.count}`);
    }
    if (!readsFrom(folder.named, point, file)) {
      wrong('expected one that reads what the segment before wrote, got another');
    }
    point = pointBehind(point, file);
    return { bytes, point, first: file.first, writesEarlier: file.outputs.length > 1 };
  });
}

/** The segment becomes a part of the chain, then public. */
export function keepSegment(folder: RunFolder, step: number, bytes: Uint8Array): void {
  writeNew(join(folder.path, `segment-${step}`), bytes);
  publish(publicRunPaths(folder, step).segment, bytes);
}
