/**
 * Predictions: which class committed weights of a run name for rows of inputs. What a prediction is about, and its bounds.
 * spec/training.md section 11.
 */
import { refuse } from '../errors/proof-error.ts';
import { checkPlan } from './check-plan.ts';
import { layerCount, type TrainingPlan } from './plan.ts';

/** Rows of one prediction, and inputs of all of them, or logits: a verifier goes through public tensors of as many cells. */
const MAX_ROWS = 2 ** 12;
const MAX_CELLS = 2 ** 22;

/** What is shown: the inputs, unless they stay hidden, and the classes. */
export interface Prediction {
  readonly plan: TrainingPlan;
  /** [rows, inputs]; undefined: hidden, and nothing is shown of them but how many rows there are. */
  readonly inputs: ArrayLike<number> | undefined;
  /** One a row. */
  readonly classes: ArrayLike<number>;
}

/** @throws ProofError `PLAN`; `PREDICTION` for rows, inputs or classes that the plan does not admit */
export function checkPrediction({ plan, inputs, classes }: Prediction): void {
  checkPlan(plan);
  const rows = classes.length;
  checkRows(plan, rows);
  const count = plan.widths[layerCount(plan)] as number;
  for (let row = 0; row < rows; row++) {
    if (!within(classes[row], count)) wrong(`classes: row ${row}: expected a class below ${count}`);
  }
  if (inputs !== undefined) checkInputs(plan, inputs, rows);
}

/** @throws ProofError `PREDICTION` naming the first input that a plan does not admit, without its value */
export function checkInputs(plan: TrainingPlan, inputs: ArrayLike<number>, rows: number): void {
  checkRows(plan, rows);
  const width = plan.widths[0] as number;
  if (inputs.length !== rows * width) wrong(`inputs: expected ${rows * width}, got ${inputs.length}`);
  const limit = 2 ** plan.formats.input.bits;
  for (let at = 0; at < inputs.length; at++) {
    if (within(inputs[at], limit)) continue;
    const place = `row ${Math.floor(at / width)}, column ${at % width}`;
    wrong(`inputs: ${place}: expected an integer in [0, ${limit})`);
  }
}

function checkRows({ widths }: TrainingPlan, rows: number): void {
  const [inputs, classes] = [widths[0], widths[widths.length - 1]] as [number, number];
  const most = Math.min(MAX_ROWS, Math.floor(MAX_CELLS / Math.max(inputs, classes)));
  if (!Number.isInteger(rows) || rows < 1 || rows > most) {
    wrong(`rows: expected 1 to ${most}, got ${rows}`);
  }
}

function within(value: number | undefined, limit: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < limit;
}

function wrong(detail: string): never {
  return refuse('PREDICTION', 'prediction', detail);
}

/** The class of each row of logits: the greatest one's, of equal ones the first. @param logits [rows, classes] */
export function classesOf({ widths }: TrainingPlan, logits: Int32Array): Uint16Array {
  const count = widths[widths.length - 1] as number;
  return Uint16Array.from({ length: logits.length / count }, (_, row) => {
    let best = row * count;
    for (let at = best + 1; at < (row + 1) * count; at++) {
      if ((logits[at] as number) > (logits[best] as number)) best = at;
    }
    return best - row * count;
  });
}
