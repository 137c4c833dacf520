/**
 * The two channels: TRS-3 (bytes consumed are absorbed or opened, at every challenge), TRS-4 (equal logs), what the
 * verifier refuses, and the door for opened values.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProofError } from '../../src/errors/proof-error.ts';
import { quintic } from '../../src/field/quintic.ts';
import { publicRandom } from '../../src/secret/released.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { proofReader } from '../../src/transcript/reader.ts';
import type { TranscriptEvent } from '../../src/transcript/transcript.ts';
import { authenticate, type Unauthenticated } from '../../src/transcript/unauthenticated.ts';
import { verifierChannel, verifierChannelOn, type VerifierChannel } from '../../src/transcript/verifier.ts';
import { allFields } from '../support/fields.ts';
import { anyScript, prove, testDomain, verify, type ScriptStep } from '../support/transcript.ts';

const domain = testDomain(quintic);

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ProofError) return `${error.code} ${error.stage} ${error.detail}`;
    throw error;
  }
  return 'accepted';
}

describe.each(allFields.map(({ name, field }) => [name, field] as const))('%s', (_, field) => {
  test('TRS-4: both sides see the same values, challenges and events', () => {
    fc.assert(
      fc.property(anyScript(field), (script) => {
        const proved = prove(testDomain(field), script);
        const verified = verify(testDomain(field), script, proved.proof);
        expect(verified.challenges).toEqual(proved.challenges);
        expect(verified.events).toEqual(proved.events);
        const sent = script.filter((step) => 'data' in step && !step.do.startsWith('public'));
        expect(verified.read).toEqual(sent.map((step) => ('data' in step ? step.data : [])));
        const bytes = proved.events.filter(({ kind }) => kind === 'message' || kind === 'opening');
        expect(bytes.reduce((sum, event) => sum + event.bytes, 0)).toBe(proved.proof.length);
      }),
      { numRuns: 300 },
    );
  });

  test('a proof cut short or with bytes behind it', () => {
    fc.assert(
      fc.property(anyScript(field, 5), fc.nat(), (script, cut) => {
        const { proof } = prove(testDomain(field), script);
        const longer = new Uint8Array(proof.length + 1);
        longer.set(proof);
        expect(refusal(() => verify(testDomain(field), script, longer))).toMatch(/^TRAILING_BYTES end/);
        if (proof.length === 0) return;
        const shorter = proof.subarray(0, cut % proof.length);
        expect(refusal(() => verify(testDomain(field), script, shorter))).toMatch(
          /^TRUNCATED|^NON_CANONICAL/,
        );
      }),
      { numRuns: 100 },
    );
  });

  test('an unreduced value in each coordinate of each message and opening', () => {
    const d = field.degree;
    const data = Array.from({ length: 2 * d }, () => 1);
    const script: ScriptStep[] = [
      { do: 'fes', label: 'fes', data },
      { do: 'exts', label: 'exts', data },
      { do: 'open', of: 'fes', label: 'open/fes', data },
      { do: 'open', of: 'exts', label: 'open/exts', data },
    ];
    const { proof } = prove(testDomain(field), script);
    for (let i = 0; i < proof.length / 4; i++) {
      for (const word of [field.base.modulus, field.base.modulus + 1, 2 ** 32 - 1]) {
        const bad = proof.slice();
        new DataView(bad.buffer).setUint32(4 * i, word, true);
        const label = ['fes', 'exts', 'open/fes', 'open/exts'][Math.floor(i / data.length)];
        expect(refusal(() => verify(testDomain(field), script, bad))).toBe(
          `NON_CANONICAL ${label} element ${i % data.length}: expected a value below ${field.base.modulus}, got ${word}`,
        );
      }
    }
  });
});

describe('TRS-3', () => {
  const proof = Uint8Array.from({ length: 64 }, (_, i) => i);

  test('a byte taken behind the channel stops the next challenge, and the end', () => {
    for (const end of [
      (ch: VerifierChannel) => ch.challengeExt('c'),
      (ch: VerifierChannel) => ch.challengePositions('c', 0, 4),
      (ch: VerifierChannel) => ch.finish(),
    ]) {
      const reader = proofReader(proof);
      const ch = verifierChannelOn(domain, reader);
      ch.readBytes('m', 63);
      reader.take(1, 'behind');
      expect(() => end(ch)).toThrow(/expected 63 bytes of proof, got 64/);
    }
  });

  test('the same read through the channel passes', () => {
    const ch = verifierChannelOn(domain, proofReader(proof));
    ch.readBytes('m', 63);
    ch.readOpeningBytes('o', 1);
    ch.challengeExt('c');
    ch.finish();
  });
});

describe('the verifier', () => {
  test('refuses a count beyond the proof before it allocates', () => {
    const reads: ((ch: VerifierChannel) => unknown)[] = [
      (ch) => ch.readBytes('m', 2 ** 32 - 1),
      (ch) => ch.readFes('m', 2 ** 32 - 1),
      (ch) => ch.readExts('m', 2 ** 32 - 1),
      (ch) => ch.readDigests('m', 2 ** 32 - 1),
      (ch) => ch.readOpeningFes('m', 2 ** 32 - 1),
      (ch) => ch.readOpeningDigests('m', 2 ** 31),
    ];
    const before = process.memoryUsage().arrayBuffers;
    for (const read of reads) {
      const ch = verifierChannel(domain, new Uint8Array(100));
      expect(refusal(() => read(ch))).toMatch(/^TRUNCATED m expected \d+ more bytes, got 100$/);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
    expect(() => verifierChannel(domain, new Uint8Array(9)).readBytes('m', -1)).toThrow(RangeError);
    expect(() => verifierChannel(domain, new Uint8Array(9)).readBytes('m', 1.5)).toThrow(RangeError);
    expect(() => verifierChannel(domain, new Uint8Array(9)).readBytes('m', 2 ** 32)).toThrow(RangeError);
  });

  test('copies the proof: bytes changed while it reads change nothing', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(7);
    const ch = verifierChannel(domain, shared);
    shared.fill(9);
    const read = ch.readBytes('m', 4);
    expect([...read]).toEqual([7, 7, 7, 7]);
    expect(read.buffer.byteLength).toBe(4); // and what it returns is the caller's own
    expect([...ch.readBytes('m', 4)]).toEqual([7, 7, 7, 7]);
  });

  test('takes bytes only', () => {
    for (const proof of [2 ** 31, '00', [1, 2], null, undefined, new Uint32Array(2), new ArrayBuffer(8)]) {
      expect(() => verifierChannel(domain, proof as unknown as Uint8Array)).toThrow(
        /proof: expected a Uint8Array/,
      );
    }
    verifierChannel(domain, Buffer.alloc(4)).readBytes('m', 4);
  });

  test('ends once', () => {
    const ch = verifierChannel(domain, new Uint8Array(0));
    ch.finish();
    expect(() => ch.finish()).toThrow(/expected one call of finish/);
    expect(() => ch.readBytes('m', 0)).toThrow(/expected no read behind finish/);
  });

  test('draws positions in range, none missing, none removed', () => {
    const ch = verifierChannel(domain, new Uint8Array(0));
    const positions = ch.challengePositions('Q0', 500, 4);
    expect(positions.length).toBe(500);
    expect([...new Set(positions)].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i));
    expect(ch.challengePositions('one', 3, 0)).toEqual([0, 0, 0]);
    expect(Math.max(...ch.challengePositions('wide', 200, 31))).toBeGreaterThan(2 ** 30);
    for (const logSize of [-1, 32, 1.5]) {
      expect(() => ch.challengePositions('q', 1, logSize)).toThrow(/q: logSize: expected an integer in/);
    }
  });
});

describe('the prover', () => {
  const reason = 'a test';

  test('refuses values that its verifier would refuse, without printing them', () => {
    const ch = proverChannel(domain);
    const bad = 2_130_706_433;
    expect(() => ch.writeFes('m', publicRandom([bad] as never, reason))).toThrow(
      /^m\[0\]: expected integers in/,
    );
    expect(() => ch.writeExts('m', publicRandom([[0, 0, 0, 0, bad]] as never, reason))).toThrow(RangeError);
    expect(() => ch.writeExts('m', publicRandom([[0, 0, 0, 0]] as never, reason))).toThrow(
      /expected 5 limbs, got 4/,
    );
    expect(() => ch.writeDigests('m', publicRandom([new Uint8Array(31)], reason))).toThrow(
      /32 bytes, got 31/,
    );
    expect(ch.finish().length).toBe(0);
  });

  test('ends once', () => {
    const ch = proverChannel(domain);
    ch.finish();
    expect(() => ch.finish()).toThrow(/expected one call of finish/);
    expect(() => ch.writeBytes('m', publicRandom(new Uint8Array(1), reason))).toThrow(/behind finish/);
  });

  test('keeps its own copy of what is written', () => {
    const ch = proverChannel(domain);
    const bytes = Uint8Array.of(1);
    ch.writeBytes('m', publicRandom(bytes, reason));
    bytes[0] = 2;
    expect([...ch.finish()]).toEqual([1]);
  });
});

describe('opened values', () => {
  const channel = (): VerifierChannel => verifierChannel(domain, new Uint8Array(64).fill(1));

  test('come out of the check and not before', () => {
    const ch = channel();
    const leaf = ch.readOpeningBytes('leaf', 4);
    const siblings = ch.readOpeningDigests('siblings', 1);
    expect(Object.keys(leaf)).toEqual([]);
    expect(JSON.stringify([leaf, siblings])).toBe('[{},{}]');
    const [bytes, digests] = authenticate([leaf, siblings], (b, s) => {
      expect(b.length).toBe(4);
      expect(s.length).toBe(32);
    });
    expect([...bytes, digests.length]).toEqual([1, 1, 1, 1, 32]);
  });

  test('stay inside when the check refuses', () => {
    const leaf = channel().readOpeningFes('leaf', 4);
    let seen: unknown;
    expect(() => {
      seen = authenticate([leaf], () => {
        throw new ProofError('MERKLE_ROOT', 'leaf', 'expected another root');
      });
    }).toThrow(/MERKLE_ROOT/);
    expect(seen).toBeUndefined();
  });

  test('cannot be made by hand', () => {
    const forged = Object.freeze({}) as Unauthenticated<number>;
    expect(() => authenticate([forged], () => {})).toThrow(/expected opened values/);
    // @ts-expect-error an opened value is not the value
    const value: Uint8Array = channel().readOpeningBytes('leaf', 4);
    expect(value).not.toBeInstanceOf(Uint8Array);
  });

  test('are logged and not absorbed', () => {
    const log = (read: (ch: VerifierChannel) => unknown): TranscriptEvent[] => {
      const events: TranscriptEvent[] = [];
      const ch = verifierChannel(domain, new Uint8Array(64).fill(1), (event) => events.push(event));
      read(ch);
      ch.challengeExt('c');
      return events;
    };
    const [opening, after] = log((ch) => ch.readOpeningBytes('o', 4));
    expect(opening).toMatchObject({
      kind: 'opening',
      type: 'bytes',
      label: 'o',
      count: 4,
      bytes: 4,
      words: 0,
    });
    expect(after!.state).toEqual(log(() => {})[0]!.state);
    expect(log((ch) => ch.readBytes('o', 4))[1]!.state).not.toEqual(after!.state);
  });
});
