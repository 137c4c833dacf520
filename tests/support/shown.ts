/** What proofs show: every message as the verifier reads it, by label, with the positions that it asked for. */
import { decodeAnswer } from '../../src/answer/envelope.ts';
import { decodeModelKey } from '../../src/answer/key.ts';
import { answerStatement } from '../../src/answer/verify.ts';
import { programDomain, type ProgramStatement } from '../../src/relation/statement.ts';
import { verifyProgramBody } from '../../src/relation/verify.ts';
import { proofReader } from '../../src/transcript/reader.ts';
import { verifierChannelOn } from '../../src/transcript/verifier.ts';

/** Bytes of one message. */
export interface Message {
  readonly label: string;
  readonly bytes: Uint8Array;
}

export interface Shown {
  readonly messages: readonly Message[];
  /** Stored rows that were opened, as challenged: unsorted, with repetitions; by label. */
  readonly positions: ReadonlyMap<string, readonly number[]>;
}

/** Verifies a proof of a program and keeps what was read. @throws ProofError for a proof that does not convince */
export function shownByProgram(statement: ProgramStatement, proof: Uint8Array): Shown {
  const reader = proofReader(proof);
  const messages: Message[] = [];
  const noted = {
    ...reader,
    get consumedBytes() {
      return reader.consumedBytes;
    },
    take(count: number, label: string) {
      const bytes = reader.take(count, label);
      messages.push({ label, bytes: bytes.slice() });
      return bytes;
    },
  };
  const ch = verifierChannelOn(programDomain(statement), noted);
  const positions = new Map<string, readonly number[]>();
  verifyProgramBody(
    {
      ...ch,
      challengePositions(label, count, logSize) {
        const drawn = ch.challengePositions(label, count, logSize);
        positions.set(label, drawn);
        return drawn;
      },
    },
    statement,
  );
  ch.finish();
  return { messages, positions };
}

/** The same of a proof file of an answer. */
export function shownByAnswer(key: Uint8Array, file: Uint8Array): Shown {
  const { statement, parameters, proof } = decodeAnswer(file);
  return shownByProgram(answerStatement(decodeModelKey(key), statement, parameters), proof);
}

/** The words of all messages of a label, little-endian. */
export function wordsOf({ messages }: Shown, label: string): Uint32Array {
  const bytes = messages.filter((own) => own.label === label).flatMap((own) => [...own.bytes]);
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
