/** Transcripts for tests: domains, and scripts of steps that both channels run. */
import fc from 'fast-check';
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import { publicRandom } from '../../src/secret/released.ts';
import { proverChannel, type ProverChannel } from '../../src/transcript/prover.ts';
import type { Domain } from '../../src/transcript/statement.ts';
import type { Challenger, TranscriptEvent } from '../../src/transcript/transcript.ts';
import { authenticate } from '../../src/transcript/unauthenticated.ts';
import { verifierChannel, type VerifierChannel } from '../../src/transcript/verifier.ts';

const REASON = 'a test writes public data';

export function testDomain(field: ExtensionField, change: Partial<Domain> = {}): Domain {
  return {
    protocol: 'zkdl',
    kind: 'test',
    formatVersion: 1,
    field,
    parametersDigest: new Uint8Array(32).fill(1),
    statementDigest: new Uint8Array(32).fill(2),
    ...change,
  };
}

/** A step with its payload as plain integers: bytes, elements of F, limbs of elements of K, bytes of digests. */
export type ScriptStep =
  | {
      readonly do: 'bytes' | 'fes' | 'exts' | 'digests';
      readonly label: string;
      readonly data: readonly number[];
    }
  | {
      readonly do: 'open';
      readonly of: 'bytes' | 'fes' | 'exts' | 'digests';
      readonly label: string;
      readonly data: readonly number[];
    }
  | {
      readonly do: 'publicBytes' | 'publicFes' | 'publicDigest';
      readonly label: string;
      readonly data: readonly number[];
    }
  | { readonly do: 'challengeFes' | 'challengeExts'; readonly label: string; readonly count: number }
  | {
      readonly do: 'challengePositions';
      readonly label: string;
      readonly count: number;
      readonly logSize: number;
    };

/** What a side saw: the values of each challenge and its events. */
export interface Run {
  readonly challenges: readonly (readonly number[])[];
  readonly events: readonly TranscriptEvent[];
}

const bytesOf = (data: readonly number[]): Uint8Array => Uint8Array.from(data);
const digestsOf = (data: readonly number[]): Uint8Array[] =>
  Array.from({ length: data.length / 32 }, (_, i) => bytesOf(data.slice(32 * i, 32 * i + 32)));
const extsOf = (data: readonly number[], d: number): Ext[] =>
  Array.from({ length: data.length / d }, (_, i) => data.slice(d * i, d * i + d) as Fe[]);

/** Steps that both sides do in the same way; undefined for the others. */
function shared(ch: Challenger, step: ScriptStep): readonly number[] | 'done' | undefined {
  switch (step.do) {
    case 'challengeFes':
      return ch.challengeFes(step.label, step.count);
    case 'challengeExts':
      return ch.challengeExts(step.label, step.count).flat();
    case 'challengePositions':
      return ch.challengePositions(step.label, step.count, step.logSize);
    case 'publicBytes':
      ch.absorbPublicBytes(step.label, bytesOf(step.data));
      return 'done';
    case 'publicFes':
      ch.absorbPublicFes(step.label, step.data as Fe[]);
      return 'done';
    case 'publicDigest':
      ch.absorbPublicDigest(step.label, bytesOf(step.data));
      return 'done';
    default:
      return undefined;
  }
}

function write(ch: ProverChannel, step: ScriptStep): void {
  if (!('data' in step)) return;
  const { label, data } = step;
  const d = ch.field.degree;
  const fes = publicRandom(data as Fe[], REASON);
  const open = step.do === 'open';
  const kind = step.do === 'open' ? step.of : step.do;
  if (kind === 'bytes') {
    (open ? ch.writeOpeningBytes : ch.writeBytes)(label, publicRandom(bytesOf(data), REASON));
  } else if (kind === 'fes') (open ? ch.writeOpeningFes : ch.writeFes)(label, fes);
  else if (kind === 'exts') {
    (open ? ch.writeOpeningExts : ch.writeExts)(label, publicRandom(extsOf(data, d), REASON));
  } else (open ? ch.writeOpeningDigests : ch.writeDigests)(label, publicRandom(digestsOf(data), REASON));
}

function read(ch: VerifierChannel, step: ScriptStep): readonly number[] {
  if (!('data' in step)) return [];
  const { label, data } = step;
  const d = ch.field.degree;
  if (step.do === 'open') {
    const opened = {
      bytes: () => authenticate([ch.readOpeningBytes(label, data.length)], () => {}),
      fes: () => authenticate([ch.readOpeningFes(label, data.length)], () => {}),
      exts: () => authenticate([ch.readOpeningExts(label, data.length / d)], () => {}),
      digests: () => authenticate([ch.readOpeningDigests(label, data.length / 32)], () => {}),
    }[step.of]()[0];
    return [...opened].flatMap((value) => (typeof value === 'number' ? [value] : [...value]));
  }
  if (step.do === 'bytes') return [...ch.readBytes(label, data.length)];
  if (step.do === 'fes') return ch.readFes(label, data.length);
  if (step.do === 'exts') return ch.readExts(label, data.length / d).flat();
  return ch.readDigests(label, data.length / 32).flatMap((digest) => [...digest]);
}

/** Runs a script on the prover's side. */
export function prove(domain: Domain, script: readonly ScriptStep[]): Run & { readonly proof: Uint8Array } {
  const events: TranscriptEvent[] = [];
  const challenges: (readonly number[])[] = [];
  const ch = proverChannel(domain, (event) => events.push(event));
  for (const step of script) {
    const drawn = shared(ch, step);
    if (drawn === undefined) write(ch, step);
    else if (drawn !== 'done') challenges.push(drawn);
  }
  return { proof: ch.finish(), challenges, events };
}

/** Runs a script on the verifier's side; `read` collects what was read. */
export function verify(
  domain: Domain,
  script: readonly ScriptStep[],
  proof: Uint8Array,
): Run & { readonly read: readonly (readonly number[])[] } {
  const events: TranscriptEvent[] = [];
  const challenges: (readonly number[])[] = [];
  const values: (readonly number[])[] = [];
  const ch = verifierChannel(domain, proof, (event) => events.push(event));
  for (const step of script) {
    const drawn = shared(ch, step);
    if (drawn === undefined) values.push(read(ch, step));
    else if (drawn !== 'done') challenges.push(drawn);
  }
  ch.finish();
  return { read: values, challenges, events };
}

/** Any script over a field, short payloads and small labels so that near collisions are common. */
export function anyScript(field: ExtensionField, maxLength = 8): fc.Arbitrary<ScriptStep[]> {
  const label = fc.constantFrom('a', 'b', 'ab', 'a/b', 'round');
  const fe = fc.oneof(fc.nat({ max: 1 }), fc.nat({ max: field.base.modulus - 1 }));
  const byte = fc.nat({ max: 255 });
  const data = (item: fc.Arbitrary<number>, size: number): fc.Arbitrary<number[]> =>
    fc.nat({ max: 3 }).chain((n) => fc.array(item, { minLength: n * size, maxLength: n * size }));
  const payload = {
    bytes: data(byte, 1),
    fes: data(fe, 1),
    exts: data(fe, field.degree),
    digests: data(byte, 32),
  };
  const kinds = ['bytes', 'fes', 'exts', 'digests'] as const;
  const step: fc.Arbitrary<ScriptStep> = fc.oneof(
    ...kinds.map((kind) => fc.record({ do: fc.constant(kind), label, data: payload[kind] })),
    ...kinds.map((of) =>
      fc.record({ do: fc.constant('open' as const), of: fc.constant(of), label, data: payload[of] }),
    ),
    fc.record({ do: fc.constant('publicBytes' as const), label, data: payload.bytes }),
    fc.record({ do: fc.constant('publicFes' as const), label, data: payload.fes }),
    fc.record({
      do: fc.constant('publicDigest' as const),
      label,
      data: fc.array(byte, { minLength: 32, maxLength: 32 }),
    }),
    fc.record({
      do: fc.constantFrom('challengeFes' as const, 'challengeExts' as const),
      label,
      count: fc.nat({ max: 3 }),
    }),
    fc.record({
      do: fc.constant('challengePositions' as const),
      label,
      count: fc.nat({ max: 3 }),
      logSize: fc.nat({ max: 31 }),
    }),
  );
  return fc.array(step, { maxLength });
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
