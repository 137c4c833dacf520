/** What tests do that change every field of a file and every message of its proof. */
import { ProofError } from '../../../src/errors/proof-error.ts';
import type { ProgramStatement } from '../../../src/relation/statement.ts';
import { verifyProgram } from '../../../src/relation/verify.ts';
import type { TranscriptEvent } from '../../../src/transcript/transcript.ts';
import { BYTES, changedField, NUMBERS, type Field } from '../training-fields.ts';
import { segmentsOf, type Segment } from './layout.ts';
import { isWords, sizeOf } from './mutations.ts';

const P = 2130706433;

/** Other challenges: rows are read at other positions. */
export const BOUND = ['MERKLE_ROOT', 'NON_CANONICAL'];

/** `accepted`, or the code of a refusal. */
export function codeOf(check: () => unknown): string {
  try {
    check();
    return 'accepted';
  } catch (error) {
    if (error instanceof ProofError) return error.code;
    throw error;
  }
}

/** All changes of a field that change something, so many at most. */
export function changesOf(
  file: Uint8Array,
  field: Field,
  ways: number,
): [way: number, changed: Uint8Array][] {
  const all = Array.from({ length: Math.min(ways, field.kind === 'bytes' ? BYTES : NUMBERS) }, (_, way) => way); // prettier-ignore
  return all
    .map((way): [number, Uint8Array] => [way, changedField(file, field, way)])
    .filter(([, changed]) => !Buffer.from(changed).equals(file));
}

/** Paths of all numbers, texts and lists of integers of a decoded file. */
export function leavesOf(value: unknown, path = ''): string[] {
  if (value === undefined) return [];
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([name, of]) => leavesOf(of, path === '' ? `${name}` : `${path}/${name}`));
}

/** The messages of a proof that is accepted. */
export function messagesOf(statement: ProgramStatement, proof: Uint8Array): Segment[] {
  const events: TranscriptEvent[] = [];
  const verdict = verifyProgram(statement, proof, (event) => events.push(event));
  if (!verdict.ok) throw new Error(`expected a good proof, got ${verdict.code}`);
  return segmentsOf(events);
}

/** A word one greater, a bit of a digest or a salt. */
export function bumped(proof: Uint8Array, segment: Segment, item: number): Uint8Array {
  const changed = proof.slice();
  const at = segment.start + item * sizeOf(segment);
  const view = new DataView(changed.buffer);
  if (isWords(segment)) view.setUint32(at, (view.getUint32(at, true) + 1) % P, true);
  else changed[at] = (changed[at] as number) ^ 1;
  return changed;
}
