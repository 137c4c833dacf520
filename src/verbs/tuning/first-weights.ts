/** Weights that runs of graphs start from: those that the seed stands for, or those that another run wrote. */
import { refuse } from '../../errors/proof-error.ts';
import { sameBytes } from '../../hash/words.ts';
import type { Kernels } from '../../kernels/contract.ts';
import { encodeKey } from '../../pcs/key.ts';
import { openGroup, type Home } from '../../store/index.ts';
import { readGraphState, type GraphTraining, type OwnedWeights } from '../../training/index.ts';
import { drawnPoint, graphPointFrom, type GraphRunPoint, type OwnedGraphPoint } from '../../training/graph-run/prove.ts'; // prettier-ignore
import { closing } from '../training/kept-weights.ts';
import { startPlace, weightsPath, type StartPlace } from '../training/run-folder.ts';
import { hasStart, keptSteps, openTuningFolder, type TuningFolder, type TuningPlace } from './run-folder.ts';

/** Where the last proven weights of a run lie. */
export function lastWeights(shown: string): StartPlace {
  const folder = openTuningFolder(shown);
  const last = keptSteps(folder).at(-1);
  if (last === undefined) {
    return refuse('CHAIN', shown, 'expected a run with a proven step, got none: zkdl prove-tuning');
  }
  return { folder: folder.path, step: last.point.step };
}

/** Where the weights of another run lie that a run starts from, if it does. */
export function startOf(place: TuningPlace): StartPlace | undefined {
  return hasStart(place) ? startPlace(place) : undefined;
}

function startPath({ folder, step }: StartPlace): string {
  return weightsPath({ path: folder }, step);
}

/** The weights of another run, to start from. @throws ProofError `KEY_LAYOUT` for those of another model or plan */
export function openWeights(
  kernels: Kernels,
  home: Home,
  training: GraphTraining,
  place: StartPlace,
): OwnedWeights {
  return closing(openGroup(kernels, home, startPath(place)), (group) => readGraphState(training, group));
}

/** The weights that a run starts from. @throws ProofError `CHAIN` where other weights lie there */
export function openStart(kernels: Kernels, home: Home, { named, ...place }: TuningFolder): GraphRunPoint {
  const { start } = named.run;
  if ('bounds' in start) return drawnPoint(named);
  const other = startOf(place);
  if (other === undefined) {
    return refuse(
      'CHAIN',
      place.shown,
      'expected the place of the weights that the run starts from, got none',
    );
  }
  return closing(openGroup(kernels, home, startPath(other)), (group): OwnedGraphPoint => {
    if (!sameBytes(group.keyBytes, encodeKey(start))) {
      refuse('CHAIN', group.path, 'expected the weights that the run starts from, got others');
    }
    return graphPointFrom(named, 0, group);
  });
}

/** Closes what a point has open. */
export function closeStart({ weights }: GraphRunPoint): void {
  if ('group' in weights) weights.group.close();
}
