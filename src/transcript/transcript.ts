/**
 * What prover and verifier share: the chain, the challenges, the byte counters and the event log. A channel
 * (`prover.ts`, `verifier.ts`) moves bytes and calls `message` or `opening` here for every one of them.
 */
import type { Ext, ExtensionField, Fe } from '../field/field.ts';
import { TAG, type EntryHeader, type WordSource } from './chain.ts';
import { sampleExt, sampleFe, samplePosition } from './sample.ts';
import { absorbBytes, absorbDigest, absorbFes, domainChain, type Domain } from './statement.ts';

/** `public`: known to both; `message`: in the proof, absorbed; `opening`: in the proof, authenticated by a root. */
export type EventKind = 'public' | 'message' | 'opening' | 'challenge';
export type EventType = 'bytes' | 'fes' | 'exts' | 'digests' | 'digest' | 'positions';

/** One entry of the log. Two sides of a proof write equal logs. */
export interface TranscriptEvent {
  readonly kind: EventKind;
  readonly type: EventType;
  readonly label: string;
  readonly count: number;
  /** Bytes absorbed or opened; 0 for a challenge. */
  readonly bytes: number;
  /** 32-bit words that a challenge drew, refused ones included; 0 otherwise. */
  readonly words: number;
  /** The state behind the event, 32 bytes. */
  readonly state: Uint8Array;
}

/** Sees every event of a channel; for tests and traces. */
export type Observer = (event: TranscriptEvent) => void;

/** The part of a channel that is the same for both sides. */
export interface Challenger {
  readonly field: ExtensionField;
  /** Binds bytes that both sides know. */
  absorbPublicBytes(label: string, bytes: Uint8Array): void;
  /** Binds elements of F that both sides know. */
  absorbPublicFes(label: string, values: readonly Fe[]): void;
  /** Binds a digest that both sides know. @throws RangeError unless it has 32 bytes */
  absorbPublicDigest(label: string, digest: Uint8Array): void;
  /** `count` independent uniform elements of F. */
  challengeFes(label: string, count: number): Fe[];
  /** A uniform element of K. */
  challengeExt(label: string): Ext;
  /** `count` independent uniform elements of K. */
  challengeExts(label: string, count: number): Ext[];
  /**
   * `count` independent uniform positions in [0, 2^logSize), repetitions included: the caller removes them.
   * @throws RangeError unless 0 <= logSize <= 31
   */
  challengePositions(label: string, count: number, logSize: number): number[];
}

export interface Transcript extends Challenger {
  /** Absorbs a message of the prover. */
  message(type: EventType, header: EntryHeader, payload: Uint8Array): void;
  /** Notes bytes that a root authenticates; absorbs nothing. */
  opening(type: EventType, label: string, count: number, byteCount: number): void;
  /** @throws Error unless as many bytes went through the proof as were absorbed or opened (a bug, not a bad proof) */
  checkCounters(stage: string): void;
}

/**
 * A transcript that has absorbed the domain.
 *
 * @param proofBytes how many bytes of proof have been read or written so far, by the channel's own count
 */
export function createTranscript(
  domain: Domain,
  proofBytes: () => number,
  observer: Observer | undefined,
): Transcript {
  const { field } = domain;
  const chain = domainChain(domain);
  let absorbedBytes = 0;
  let openedBytes = 0;

  const log = (kind: EventKind, type: EventType, label: string, count: number, bytes: number, words = 0) => {
    observer?.({ kind, type, label, count, bytes, words, state: chain.state() });
  };
  const logPublic = (type: EventType, { label, count, itemBytes }: EntryHeader): void =>
    log('public', type, label, count, count * itemBytes);
  const checkCounters = (stage: string): void => {
    if (proofBytes() !== absorbedBytes + openedBytes) {
      throw new Error(
        `transcript: ${stage}: expected ${absorbedBytes + openedBytes} bytes of proof, got ${proofBytes()}`,
      );
    }
  };
  /** A challenge: checks that nothing was read behind the transcript's back, squeezes, samples, logs. */
  const challenge = <T>(type: EventType, header: EntryHeader, sample: (words: WordSource) => T): T[] => {
    checkCounters(header.label);
    const next = chain.squeeze(header);
    let words = 0;
    const counted: WordSource = () => {
      words++;
      return next();
    };
    const values: T[] = [];
    for (let i = 0; i < header.count; i++) values.push(sample(counted));
    log('challenge', type, header.label, header.count, 0, words);
    return values;
  };
  const challengeExts = (label: string, count: number): Ext[] =>
    challenge('exts', { tag: TAG.challengeExts, label, itemBytes: 4 * field.degree, count }, (words) =>
      sampleExt(words, field),
    );

  return {
    field,
    checkCounters,
    message(type, header, payload) {
      chain.absorb(header, payload);
      absorbedBytes += payload.length;
      log('message', type, header.label, header.count, payload.length);
    },
    opening(type, label, count, byteCount) {
      openedBytes += byteCount;
      log('opening', type, label, count, byteCount);
    },
    absorbPublicBytes: (label, bytes) => logPublic('bytes', absorbBytes(chain, label, bytes)),
    absorbPublicFes: (label, values) => logPublic('fes', absorbFes(chain, label, values)),
    absorbPublicDigest: (label, digest) => logPublic('digest', absorbDigest(chain, label, digest)),
    challengeFes: (label, count) =>
      challenge('fes', { tag: TAG.challengeFes, label, itemBytes: 4, count }, (words) =>
        sampleFe(words, field.base),
      ),
    challengeExt: (label) => challengeExts(label, 1)[0] as Ext,
    challengeExts,
    challengePositions(label, count, logSize) {
      if (!Number.isInteger(logSize) || logSize < 0 || logSize > 31) {
        throw new RangeError(`${label}: logSize: expected an integer in [0, 31], got ${logSize}`);
      }
      return challenge(
        'positions',
        { tag: TAG.challengePositions, label, itemBytes: logSize, count },
        (words) => samplePosition(words, logSize),
      );
    },
  };
}

/** The challenges and public absorbs of a transcript, without the doors that only channels use. */
export function challengerOf(transcript: Transcript): Challenger {
  const { message, opening, checkCounters, ...challenger } = transcript;
  return challenger;
}
