/** Weights that runs of graphs start from: drawn ones, committed once, or those that another run wrote. */
import { refuse } from '../../errors/proof-error.ts';
import { sameBytes } from '../../hash/words.ts';
import type { Kernels } from '../../kernels/contract.ts';
import { encodeKey } from '../../pcs/key.ts';
import { osBytes } from '../../random/os.ts';
import { openGroup, type Home } from '../../store/index.ts';
import {
  commitGraphState,
  readGraphState,
  STATE_USES,
  type GraphTraining,
  type OwnedCorpus,
  type OwnedWeights,
} from '../../training/index.ts';
import { trainingOf } from '../../training/graph-run/verify.ts';
import { closing, roomOf } from '../training/kept-weights.ts';
import { startPlace, stepsOf, weightsPath, type StartPlace } from '../training/run-folder.ts';
import { drawnState } from './draw.ts';
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

function startPath(place: TuningPlace): string {
  const other = startOf(place);
  return other === undefined ? weightsPath(place, 0) : weightsPath({ path: other.folder }, other.step);
}

/** The weights to start from: those of another run, those that are there, or such as are drawn now. */
export function firstWeights(
  kernels: Kernels,
  home: Home,
  place: TuningPlace,
  training: GraphTraining,
  { group }: Pick<OwnedCorpus, 'group'>,
): OwnedWeights {
  const path = startPath(place);
  if (hasStart(place) || stepsOf(place, 'weights').includes(0)) {
    return closing(openGroup(kernels, home, path), (own) => readGraphState(training, own));
  }
  const bytes = osBytes(32);
  const state = drawnState(training.graph, training.plan, bytes);
  bytes.fill(0); // whoever has them has the weights
  const answers = roomOf(group, STATE_USES).least - STATE_USES;
  return commitGraphState(kernels, home, path, training, state, group.key.parameters, answers);
}

/** The weights that a run starts from. @throws ProofError `CHAIN` where other weights lie there */
export function openStart(kernels: Kernels, home: Home, { named, ...place }: TuningFolder): OwnedWeights {
  return closing(openGroup(kernels, home, startPath(place)), (group) => {
    if (!sameBytes(group.keyBytes, encodeKey(named.run.start))) {
      refuse('CHAIN', group.path, 'expected the weights that the run starts from, got others');
    }
    return readGraphState(trainingOf(named), group);
  });
}
