/** The verb `corpus commit`: the tokens that a graph is trained on are committed once; their key is published. */
import { refuse } from '../../errors/proof-error.ts';
import { sameBytes } from '../../hash/words.ts';
import type { Kernels } from '../../kernels/contract.ts';
import { encodeKey } from '../../pcs/key.ts';
import { openGroup, type Home, type StoredGroup } from '../../store/index.ts';
import { stepsThatFit } from '../../training/graph-run/fit.ts';
import { batchesOf } from '../../training/graph-run/order.ts';
import { chooseStepParameters, commitCorpus, type OwnedCorpus } from '../../training/index.ts';
import { checkCorpusKey } from '../../training/backward/layouts.ts';
import { readTensors } from '../../training/commit.ts';
import { naming } from '../files.ts';
import { epochPath } from '../folder.ts';
import { silent, stopwatch, type OnStep } from '../steps.ts';
import { commitFolder, type CommittedData } from '../training/commit-folder.ts';
import { ATTEMPTS } from '../training/kept-weights.ts';
import { CORPUS_FILE, type CorpusFolder } from './corpus-folder.ts';
import { readModel, vocabularyOf } from './model-file.ts';
import { readTuningPlan } from './plan-file.ts';
import type { TuningFolder } from './run-folder.ts';
import { readTokens } from './tokens.ts';
import { roomFor } from '../training/room-for.ts';

/** Steps of a proof, if nothing else is said. */
export const DEFAULT_STEPS_PER_PROOF = 16;

export interface CommitCorpusOptions {
  /** A `.npy` file of uint8 or uint16, or a JSON list: token ids. */
  readonly tokens: string;
  /** A model file: parameters are chosen for it and for the plan. Others may use the corpus. */
  readonly model: string;
  readonly plan: string;
  /** Directory to be made: private. */
  readonly out: string;
  /** Key file to be made: public. Default: the directory's name with `.key`. */
  readonly key?: string;
  /** Proofs that the key must allow: one for so many steps of every run, and attempts. Default: those of the plan, a quarter and 50 more. */
  readonly proofs?: number;
  /** Steps that proofs shall be quick for. Default: 16, as `prove-tuning`. */
  readonly stepsPerProof?: number;
  readonly onStep?: OnStep;
}

export interface CommittedCorpus extends CommittedData {
  readonly tokens: number;
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Commits a corpus. What a commit that was killed left in that directory is taken away first, or finished where only the key was missing.
 *
 * @throws ProofError `ARRAY`, `CORPUS`, `PLAN`, `GRAPH_*`, `FILE_*` naming the file; nothing is left then
 * @example
 * commitCorpusToFolder(kernels, openHome(), { tokens: 'tokens.npy', model: 'model.json', plan: 'plan.json', out: 'corpus' });
 */
export function commitCorpusToFolder(
  kernels: Kernels,
  home: Home,
  options: CommitCorpusOptions,
): CommittedCorpus {
  const { onStep = silent, out, key } = options;
  const watch = stopwatch();
  let count = 0;
  const place = { out, what: 'corpus', file: CORPUS_FILE, ...(key !== undefined && { key }) };
  const made = commitFolder(kernels, home, place, () => {
    watch.next('reading');
    onStep('reading the corpus');
    const model = readModel(options.model);
    const tokens = readTokens(
      options.tokens,
      naming(options.model, () => vocabularyOf(model.graph)),
    );
    count = tokens.length;
    const { plan, schedule } = readTuningPlan(options.plan, model, count);
    const typical = batchesOf(schedule, new Uint8Array(32))(0);
    const wish = options.stepsPerProof ?? DEFAULT_STEPS_PER_PROOF;
    const training = { graph: model.graph, plan };
    const steps = stepsThatFit({ ...training, ...schedule }, wish);
    const wanted = Math.ceil(schedule.steps / steps);
    const proofs = options.proofs ?? wanted + Math.ceil(wanted / 4) + 50;
    const { parameters } = roomFor(proofs, (own) =>
      chooseStepParameters(training, typical, own, ATTEMPTS, steps),
    );
    watch.next('committing');
    onStep('committing the corpus');
    return {
      ...{ parameters, sizes: { tokens: count } },
      commit: (path) => commitCorpus(kernels, home, path, tokens, parameters).group,
      isSame: (group) => tokensIn(group, count).every((id, i) => id === tokens[i]),
    };
  });
  watch.next();
  return { ...made, tokens: count, seconds: watch.seconds };
}

/** The tokens in a group. @throws ProofError `KEY_LAYOUT` for a commitment to something else */
function tokensIn(group: StoredGroup, count: number): Int16Array {
  checkCorpusKey(count, group.key);
  return readTensors([[count]], group.owned, group.key)[0] as Int16Array;
}

/** A committed corpus, open: its group is the caller's to close. */
export function openCorpus(kernels: Kernels, home: Home, { path, tokens }: CorpusFolder): OwnedCorpus {
  const group = openGroup(kernels, home, epochPath(path, 0));
  try {
    return { tokens: tokensIn(group, tokens), group };
  } catch (error) {
    group.close();
    throw error;
  }
}

/** @throws ProofError `CORPUS` unless a commitment is the one that a run names */
export function checkRunCorpus({ shown, named: { run } }: TuningFolder, { keyBytes }: StoredGroup): void {
  if (sameBytes(keyBytes, encodeKey(run.corpus))) return;
  refuse('CORPUS', shown, 'expected the corpus that the run names, got another');
}
