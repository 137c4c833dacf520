/** Run and step files of graphs field by field, as spec/graph-runs.md has their bytes; beside `training-fields.ts`. */
import { blake3 } from '../../src/hash/blake3.ts';
import { mapper, type Field } from './training-fields.ts';

export function fieldsOfGraphRun(bytes: Uint8Array): Field[] {
  const of = mapper(bytes);
  of.head();
  const length = of.u32('graph/length');
  of.bytes('graph', length);
  const graph = JSON.parse(Buffer.from(bytes.subarray(16, 16 + length)).toString()) as {
    readonly weights: readonly { readonly name: string }[];
  };
  for (const name of ['norms', 'gradient/bits', 'gradient/fraction', 'gradient/guard', 'low', 'rate', 'ratePlaces']) of.u32(`plan/${name}`); // prettier-ignore
  if (of.u32('plan/momentum/shift') > 0) for (const part of ['high', 'low']) of.u32(`plan/momentum/${part}`);
  for (const { name } of graph.weights) of.u32(`plan/weights/${name}`);
  for (const name of ['tokens', 'length', 'batch', 'steps']) of.u32(name);
  for (let i = 0, count = of.u32('rates/length'); i < count; i++) {
    for (const part of ['from', 'rate']) of.u32(`rates/${i}/${part}`);
  }
  of.key('corpus');
  if (of.u32('start/kind') === 1) of.key('start');
  else graph.weights.forEach((_, i) => of.u32(`start/bounds/${i}`));
  of.bytes('seed', 32);
  return of.end();
}

export function fieldsOfGraphStep(bytes: Uint8Array): Field[] {
  const of = mapper(bytes);
  of.head();
  of.bytes('run', 32);
  of.u32('step');
  of.u32('count');
  of.bytes('input', 32);
  of.key('output');
  of.u32('parameters/length');
  of.parameters('parameters');
  of.bytes('proof', of.u32('proof/length'));
  return of.end();
}

/** A step that says that it belongs to a run, as one that is not its own would. */
export function posedStep(run: Uint8Array, step: Uint8Array): Uint8Array {
  const changed = step.slice();
  changed.set(blake3(run, { context: 'zkdl graph run 1' }), 12);
  return changed;
}
