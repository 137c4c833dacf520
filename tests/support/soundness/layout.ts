/** Where the messages of a proof stand: taken from the verifier's own log, so that no message can be forgotten. */
import type { ExtensionField } from '../../../src/field/field.ts';
import { encodeExts, encodeFes } from '../../../src/field/encoding.ts';
import { levelGeometry } from '../../../src/params/parameters.ts';
import type { Domain } from '../../../src/transcript/statement.ts';
import type { TranscriptEvent } from '../../../src/transcript/transcript.ts';
import { authenticate } from '../../../src/transcript/unauthenticated.ts';
import { verifierChannel } from '../../../src/transcript/verifier.ts';
import { domainOf, verifyStatement, type AnyStatement } from './statements.ts';

/** A message or an opening of a proof. */
export interface Segment {
  readonly label: string;
  readonly kind: 'message' | 'opening';
  readonly type: TranscriptEvent['type'];
  readonly count: number;
  /** Bytes [start, end) of the proof. */
  readonly start: number;
  readonly end: number;
  /** Bytes of an item: the word of an element, a digest, a salt's byte. */
  readonly itemBytes: number;
}

/** The log of a verification; whatever the verdict. */
export function verifierLog(
  field: ExtensionField,
  statement: AnyStatement,
  proof: Uint8Array,
): TranscriptEvent[] {
  const events: TranscriptEvent[] = [];
  verifyStatement(field, statement, proof, (event) => events.push(event));
  return events;
}

/** All messages and openings with at least one byte, in their order. */
export function segmentsOf(events: readonly TranscriptEvent[]): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  for (const { kind, type, label, count, bytes } of events) {
    if (kind !== 'message' && kind !== 'opening') continue;
    const start = at;
    at += bytes;
    if (bytes === 0) continue;
    segments.push({ label, kind, type, count, start, end: at, itemBytes: bytes / count });
  }
  return segments;
}

/** Ranges of positions by the label of their challenge, in order. */
export function positionRanges({ parameters }: Pick<AnyStatement, 'parameters'>): Map<string, number[]> {
  return new Map([
    ['open/positions', [parameters.code.logData + 2]],
    ['whir/positions', levelGeometry(parameters).map(({ logCodeword }) => logCodeword)],
    ['pads/positions', [parameters.pads.logCodeword]],
  ]);
}

/**
 * Reads a proof as an honest log says, without any check: what the transcript alone makes of the bytes.
 *
 * @returns states behind all events, and the values read, encoded again
 */
export function replay(
  field: ExtensionField,
  statement: Pick<AnyStatement, 'parameters'>,
  log: readonly TranscriptEvent[],
  proof: Uint8Array,
  domain: Domain = domainOf(field, statement as AnyStatement),
): { states: string[]; encoded: Uint8Array } {
  const states: string[] = [];
  const parts: Uint8Array[] = [];
  const ranges = positionRanges(statement);
  const ch = verifierChannel(domain, proof, ({ state }) => states.push(Buffer.from(state).toString('hex')));
  for (const { kind, type, label, count } of log) {
    if (kind === 'challenge') {
      if (type === 'positions') ch.challengePositions(label, count, ranges.get(label)?.shift() as number);
      else ch.challengeExts(label, count);
    } else if (kind === 'message') {
      if (type === 'exts') parts.push(encodeExts(ch.readExts(label, count)));
      else parts.push(...ch.readDigests(label, count));
    } else if (kind === 'opening') {
      const pass = (): void => {};
      if (type === 'fes') parts.push(encodeFes(authenticate([ch.readOpeningFes(label, count)], pass)[0]));
      else if (type === 'bytes') parts.push(authenticate([ch.readOpeningBytes(label, count)], pass)[0]);
      else parts.push(authenticate([ch.readOpeningDigests(label, count)], pass)[0]);
    }
  }
  ch.finish();
  return { states, encoded: new Uint8Array(Buffer.concat(parts)) };
}
