/**
 * Run, segment and prediction files, keys and parameters field by field, as spec/training.md section 9 has their bytes: what tests change one at a time. The map is
 * made from the bytes alone, so a field that the format gains moves all behind it, and the map no longer ends where the file does.
 */
import { blake3 } from '../../src/hash/blake3.ts';
import type { Dice } from './graphs.ts';

export interface Field {
  /** `plan/widths/2`, `outputs/0/group/cap`, `proof`: numbers in it are indices. */
  readonly name: string;
  readonly kind: 'number' | 'bytes';
  /** Bytes [start, end) of the file. */
  readonly start: number;
  readonly end: number;
}

/** Notes fields one behind the other. */
export function mapper(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const fields: Field[] = [];
  let at = 0;
  const note = (name: string, kind: Field['kind'], length: number): void => {
    fields.push({ name, kind, start: at, end: (at += length) });
  };
  const own = {
    fields,
    bytes: (name: string, length: number): void => note(name, 'bytes', length),
    u32(name: string): number {
      note(name, 'number', 4);
      return view.getUint32(at - 4, true);
    },
    head(): void {
      own.bytes('magic', 8);
      own.u32('version');
    },
    parameters(name: string): void {
      own.bytes(`${name}/magic`, 8);
      const numbers = ['profile/id', 'profile/lambda', 'profile/field/modulus', 'profile/field/degree', 'profile/powBits', 'code/logData', 'code/padLength', 'code/queries', 'pads/size', 'pads/logCodeword', 'pads/queries', 'logFinal']; // prettier-ignore
      for (const number of numbers) own.u32(`${name}/${number}`);
      const levels = own.u32(`${name}/levels`);
      for (let j = 0; j < levels; j++)
        for (const of of ['logFold', 'logInverseRate', 'queries']) own.u32(`${name}/levels/${j}/${of}`);
    },
    key(name: string): void {
      own.u32(`${name}/length`);
      own.keyBytes(name);
    },
    keyBytes(name: string): void {
      own.bytes(`${name}/magic`, 8);
      own.u32(`${name}/version`);
      own.u32(`${name}/field`);
      own.bytes(`${name}/group/label`, 8);
      own.bytes(`${name}/group/group`, 8);
      own.bytes(`${name}/group/epoch`, 8);
      for (const of of ['group/lifetime', 'group/columns', 'group/uses']) own.u32(`${name}/${of}`);
      const digests = 2 ** own.u32(`${name}/logCap`);
      own.bytes(`${name}/layout`, 32);
      own.bytes(`${name}/group/cap`, 32 * digests);
      own.parameters(`${name}/parameters`);
    },
    end: (): Field[] => {
      if (at !== bytes.length) throw new Error(`map: fields end at ${at}, the file at ${bytes.length}`);
      return fields;
    },
  };
  return own;
}

export function fieldsOfRun(bytes: Uint8Array): Field[] {
  const of = mapper(bytes);
  const list = (name: string, parts: readonly string[]): void => {
    const count = of.u32(`${name}/length`);
    for (let i = 0; i < count; i++) for (const part of parts) of.u32(`${name}/${i}${part}`);
  };
  of.head();
  list('plan/widths', ['']);
  for (const name of ['rows', 'batch', 'steps', 'period']) of.u32(`plan/${name}`);
  for (const name of ['input', 'activation', 'weight', 'gradient'])
    for (const part of ['bits', 'fraction']) of.u32(`plan/formats/${name}/${part}`);
  for (const name of ['low', 'sum']) of.u32(`plan/formats/${name}`);
  of.u32('plan/momentum/shift');
  list('plan/rates', ['/from', '/rate']);
  of.key('data');
  if (of.u32('start/kind') > 0) of.key('start');
  of.bytes('seed', 32);
  return of.end();
}

export function fieldsOfSegment(bytes: Uint8Array): Field[] {
  const of = mapper(bytes);
  of.head();
  of.bytes('run', 32);
  of.u32('first');
  of.u32('count');
  for (let i = 0, count = of.u32('inputs/length'); i < count; i++) of.bytes(`inputs/${i}`, 32);
  for (let i = 0, count = of.u32('outputs/length'); i < count; i++) of.key(`outputs/${i}`);
  of.u32('parameters/length');
  of.parameters('parameters');
  of.bytes('proof', of.u32('proof/length'));
  return of.end();
}

export function fieldsOfPrediction(bytes: Uint8Array): Field[] {
  const of = mapper(bytes);
  const block = (name: string): void => of.bytes(name, of.u32(`${name}/length`));
  of.head();
  of.bytes('run', 32);
  of.key('weights');
  if (of.u32('inputs/kind') > 0) block('inputs');
  block('classes');
  block('context');
  of.u32('parameters/length');
  of.parameters('parameters');
  block('proof');
  return of.end().filter(({ start, end }) => start < end);
}

/** Of a key by itself. */
export function fieldsOfKey(bytes: Uint8Array): Field[] {
  const of = mapper(bytes);
  of.keyBytes('key');
  return of.end();
}

/** Of a set of parameters by itself. */
export function fieldsOfParameters(bytes: Uint8Array): Field[] {
  const of = mapper(bytes);
  of.parameters('parameters');
  return of.end();
}

/** A file with one field changed, in one of the ways that there are: of numbers `NUMBERS`, of bytes `BYTES`. */
export function changedField(file: Uint8Array, { kind, start, end }: Field, way: number): Uint8Array {
  const changed = file.slice();
  if (kind === 'bytes') {
    const at = [start, end - 1, (start + end) >> 1][way % BYTES] as number;
    changed[at] = (changed[at] as number) ^ 1;
    return changed;
  }
  const view = new DataView(changed.buffer);
  const old = view.getUint32(start, true);
  const values = [old + 1, old - 1, 0, 2 ** 32 - 1, 2 * old, old ^ 8].map((x) => x >>> 0);
  view.setUint32(start, values[way % NUMBERS] as number, true);
  return changed;
}

export const NUMBERS = 6;
export const BYTES = 3;

/** A segment that says that it belongs to a run, as one that is not its own would. */
export function posed(run: Uint8Array, segment: Uint8Array): Uint8Array {
  const changed = segment.slice();
  const digest = blake3(run, { context: 'zkdl training run 1' });
  const fields = new Map(fieldsOfSegment(segment).map((field) => [field.name, field]));
  const named = fields.get('run') as Field;
  const old = segment.subarray(named.start, named.end);
  changed.set(digest, named.start);
  // What reads the weights of the seed reads the run itself.
  for (const { name, start, end } of fields.values()) {
    if (name.startsWith('inputs/') && Buffer.from(old).equals(segment.subarray(start, end))) {
      changed.set(digest, start);
    }
  }
  return changed;
}

/** A run and its segments, one of them changed. */
export interface TrainingMutant {
  readonly name: string;
  readonly run: Uint8Array;
  readonly segments: readonly Uint8Array[];
}

/** Mutant `seed`: a field of the run or of a segment, bytes, lengths, the list of segments. @param foreign a segment of another run */
export function trainingMutant(
  run: Uint8Array,
  segments: readonly Uint8Array[],
  foreign: Uint8Array,
  seed: number,
  d: Dice,
): TrainingMutant {
  const which = d.int(0, segments.length - 1);
  const own = segments[which] as Uint8Array;
  const replaced = (name: string, ...by: readonly Uint8Array[]): TrainingMutant => ({
    name,
    run,
    segments: segments.flatMap((segment, i) => (i === which ? by : [segment])),
  });
  const ofRun = (name: string, changed: Uint8Array): TrainingMutant => ({
    name: `run: ${name}, posed`,
    run: changed,
    segments: segments.map((segment) => posed(changed, segment)),
  });
  const short = (file: Uint8Array): Uint8Array =>
    d.int(0, 3) === 0 ? Uint8Array.from([...file, 0]) : file.slice(0, d.int(0, file.length - 1));
  const heads = fieldsOfSegment(own).filter(({ name }) => name !== 'proof');
  const proof = fieldsOfSegment(own).at(-1) as Field;
  const plan = fieldsOfRun(run).filter(({ name }) => name.startsWith('plan') || name === 'seed');
  switch (seed % 9) {
    case 0: {
      const field = d.pick(heads);
      return replaced(`segment ${which}: ${field.name}`, changedField(own, field, d.int(0, 5)));
    }
    case 1:
    case 2: {
      const field = d.pick(plan);
      return ofRun(field.name, changedField(run, field, d.int(0, 5)));
    }
    case 3: {
      const field = d.pick(fieldsOfRun(run));
      return { name: `run: ${field.name}`, run: changedField(run, field, d.int(0, 5)), segments };
    }
    case 4:
      return d.int(0, 1) === 0 ? replaced('length', short(own)) : { name: 'run: length', run: short(run), segments }; // prettier-ignore
    case 5:
      return d.pick<() => TrainingMutant>([
        () => replaced('left out'),
        () => replaced('twice', own, own),
        () => replaced('a foreign one', foreign),
        () => replaced('a foreign one, posed', posed(run, foreign)),
        () => ({ name: 'reversed', run, segments: [...segments].reverse() }),
      ])();
    case 6: {
      const period = plan.find(({ name }) => name === 'plan/period') as Field;
      const changed = run.slice();
      new DataView(changed.buffer).setUint32(
        period.start,
        d.pick([0, 1, 2, 3, 4, 5, 6, 7, 1024, 1025]),
        true,
      );
      return Buffer.from(changed).equals(run) ? replaced('none', own) : ofRun('period', changed);
    }
    case 7: {
      const output = heads.filter(({ name }) => name.startsWith('outputs/'));
      const field = d.pick(output);
      return replaced(`segment ${which}: ${field.name}`, changedField(own, field, d.int(0, 5)));
    }
    default: {
      const changed = own.slice();
      const at = d.int(proof.start, proof.end - 1);
      changed[at] = (changed[at] as number) ^ (1 << d.int(0, 7));
      return replaced(`segment ${which}: proof byte ${at - proof.start}`, changed);
    }
  }
}
