/** Proves predictions: runs the forward pass over committed weights of a run, and proves which class it names. */
import { refuse } from '../errors/proof-error.ts';
import type { Kernels } from '../kernels/contract.ts';
import { noMark, type Mark } from '../pcs/steps-prove.ts';
import { proveStoredProgram } from '../relation/stored-prove.ts';
import type { CheckedProof } from '../store/prove-once.ts';
import type { Home, StoredGroup } from '../store/index.ts';
import { readState } from './commit.ts';
import { checkInputs, classesOf } from './prediction.ts';
import { encodePrediction, predictionContext } from './prediction-file.ts';
import { predictionProgram } from './prediction-program.ts';
import { predictionWitness } from './prediction-witness.ts';
import { kernelProducts } from './products-prove.ts';
import { checkStateKey } from './run.ts';
import { forward } from './step.ts';
import type { NamedRun } from './point.ts';

/** What is asked. */
export interface PredictionRequest {
  /** [rows, inputs] */
  readonly inputs: Uint8Array | Int16Array;
  /** Show nothing of the inputs but how many rows there are. Default: they are public. */
  readonly hideInputs?: boolean;
  /** Anything that the parties agreed on. Default: nothing. */
  readonly context?: Uint8Array;
}

export interface ProvenPrediction extends Pick<CheckedProof, 'reservations'> {
  /** The prediction file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** One a row. */
  readonly classes: Uint16Array;
}

/**
 * Names the classes of rows and proves it. Takes one opening of the weights, which has to be left: `proveSegment` commits for as many as it
 * is told.
 *
 * @param group the weights that a segment of the run wrote
 * @throws ProofError `KEY_LAYOUT` for weights of another plan, `PREDICTION` for inputs that the plan does not admit, `UNPROVABLE` for a sum
 *   beyond its bits: before anything is spent; as `proveStoredProgram`
 * @example
 * const { bytes, classes } = provePrediction(kernels, home, owner.named, point.group, { inputs });
 */
export function provePrediction(
  kernels: Kernels,
  home: Home,
  named: NamedRun,
  group: StoredGroup,
  { inputs, hideInputs = false, context = new Uint8Array(0) }: PredictionRequest,
  mark: Mark = noMark,
): ProvenPrediction {
  const { plan } = named.run;
  checkStateKey(named.run, group.key, group.path);
  const width = plan.widths[0] as number;
  if (inputs.length % width !== 0) {
    refuse('PREDICTION', 'prediction', `inputs: expected rows of ${width}, got ${inputs.length}`);
  }
  checkInputs(plan, inputs, inputs.length / width);
  mark('execution');
  const pass = forward(plan, readState(plan, group), Int32Array.from(inputs), kernelProducts(kernels));
  const classes = classesOf(plan, pass.logits);
  const shown = hideInputs ? undefined : Uint16Array.from(inputs);
  const place = { run: named.digest, weights: group.key, context };
  const { statement, proof, reservations } = proveStoredProgram(kernels, home, {
    program: predictionProgram({ plan, inputs: shown, classes }),
    groups: [group],
    witness: predictionWitness(plan, pass, hideInputs),
    context: predictionContext(place),
    onStep: mark,
  });
  const file = { ...place, inputs: shown, classes, parameters: statement.parameters, proof };
  return { bytes: encodePrediction(file), classes, reservations };
}
