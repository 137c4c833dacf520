/** Changed predictions: fields, bytes, lengths, parts of another prediction, other custody. */
import type { Custody } from '../../src/training/verify-prediction.ts';
import { decodePrediction, encodePrediction, type PredictionFile } from '../../src/training/prediction-file.ts'; // prettier-ignore
import type { Dice } from './graphs.ts';
import { changedField, fieldsOfPrediction, fieldsOfRun } from './training-fields.ts';

export interface PredictionMutant {
  readonly name: string;
  readonly run: Uint8Array;
  readonly custody: Custody;
  readonly prediction: Uint8Array;
}

/** What is changed: a file under a run, over weights that the caller knows. */
export interface Honest {
  readonly run: Uint8Array;
  readonly weights: Uint8Array;
  readonly prediction: Uint8Array;
}

/** Fields whose change leaves a good file of another statement: its proof is looked at. */
const BOUND = /^(classes|inputs|context|parameters\/pads\/size|proof)$/;

/** Mutant `seed`. @param other another prediction over the same weights */
export function predictionMutant(
  { run, weights, prediction }: Honest,
  other: Uint8Array,
  seed: number,
  d: Dice,
): PredictionMutant {
  const fields = fieldsOfPrediction(prediction);
  const under = (name: string, changed: Partial<PredictionMutant>): PredictionMutant => ({ name, run, custody: { weights }, prediction, ...changed }); // prettier-ignore
  const as = (name: string, bytes: Uint8Array): PredictionMutant => under(name, { prediction: bytes });
  const file = decodePrediction(prediction);
  const said = (name: string, change: Partial<PredictionFile>): PredictionMutant => as(name, encodePrediction({ ...file, ...change })); // prettier-ignore
  switch (seed % 20) {
    case 0:
    case 1:
    case 2:
    case 10:
    case 11:
    case 18: {
      const field = d.pick(fields.filter(({ name }) => !BOUND.test(name)));
      return as(field.name, changedField(prediction, field, d.int(0, 5)));
    }
    case 3:
    case 13: {
      const field = d.pick(fieldsOfRun(run));
      return under(`run: ${field.name}`, { run: changedField(run, field, d.int(0, 5)) });
    }
    case 4:
    case 14: {
      const longer = Uint8Array.from([...prediction, 0]);
      const end = d.pick([fields.at(-1)!.start, prediction.length]);
      return as('length', d.int(0, 3) === 0 ? longer : prediction.slice(0, d.int(0, end - 1)));
    }
    case 5:
    case 15:
      return d.pick<() => PredictionMutant>([
        () => under('no segments', { custody: [] }),
        () => under('other weights', { custody: { weights: weights.map((x, i) => (i === 3 ? x ^ 1 : x)) } }),
        () => under('a segment that is none', { custody: [prediction] }),
      ])();
    case 6:
    case 7:
    case 12:
    case 16:
    case 17:
      return admitted(said, file, d);
    case 8: {
      const field = d.pick(fields.filter(({ name }) => BOUND.test(name)));
      return as(field.name, changedField(prediction, field, d.int(0, 5)));
    }
    default: {
      const foreign = decodePrediction(other);
      return d.pick<() => PredictionMutant>([
        () => said('proof of another', { proof: foreign.proof }),
        () => said('without a proof', { proof: new Uint8Array(0) }),
        () => said('proof cut short', { proof: file.proof.slice(0, d.int(0, 400)) }),
        () => said('proof of all ones', { proof: file.proof.map(() => 255) }),
      ])();
    }
  }
}

/** Rows, classes and inputs that a plan does not admit, and a few that it does. */
function admitted(
  said: (name: string, change: Partial<PredictionFile>) => PredictionMutant,
  { classes, inputs }: PredictionFile,
  d: Dice,
): PredictionMutant {
  const row = d.int(0, classes.length - 1);
  const changed = (list: Uint16Array, at: number, x: number): Uint16Array => list.map((own, i) => (i === at ? x : own)); // prettier-ignore
  const strange = d.int(4, 65535);
  const ways: (() => PredictionMutant)[] = [
    () => said('no row', { classes: new Uint16Array(0) }),
    () => said('a class that the plan does not have', { classes: changed(classes, row, strange) }),
    () => said('more rows than there may be', { classes: new Uint16Array(4097) }),
    () => said('a row more', { classes: Uint16Array.of(...classes, 0) }),
  ];
  if (inputs !== undefined) {
    ways.push(() => said('an input beyond its bits', { inputs: changed(inputs, row, d.int(16, 65535)) }));
    ways.push(() => said('an input more', { inputs: Uint16Array.of(...inputs, 1) }));
    ways.push(() => said('no inputs', { inputs: new Uint16Array(0) }));
    if (d.int(0, 3) === 0) ways.push(() => said('hidden now', { inputs: undefined }));
  } else if (d.int(0, 3) === 0) {
    ways.push(() => said('shown now', { inputs: new Uint16Array(6 * classes.length) }));
  }
  return d.pick(ways)();
}
