/**
 * Masks, pads and salts of one key. Every draw names its stream and its position; the ledger refuses to give a word
 * twice. The words themselves are defined in `src/hash/stream.ts`, for this file and for the kernels alike.
 *
 * Positions are counted in words of the stream for F (`fes`, `stream`), in elements for K (`exts`) and in salts.
 */
import type { Ext, ExtensionField, Fe } from '../field/field.ts';
import { KEY_BYTES } from '../hash/blake3.ts';
import { SALT_BYTES } from '../hash/leaf.ts';
import { saltAt, saltStream, uniformWords, type Stream } from '../hash/stream.ts';
import { mapSecret, maskFrom, type Mask, type Secret } from '../secret/secret.ts';
import { drawLedger, type Interval } from './ledger.ts';

/** Words of a salt, and the stream that salts stand in, whatever the key. */
const SALT_WORDS = SALT_BYTES / 4;
const SALTS = saltStream(new Uint8Array(KEY_BYTES));

/**
 * Where masks come from: `maskSource` in a prover, a source of unit vectors in the tests of zero knowledge.
 * Labels: 1 to 8 printable ASCII letters; ids: integers in [0, 2^53).
 */
export interface MaskSource {
  readonly field: ExtensionField;
  /** Uniform elements of F at words [at, at + count). @throws Error when one of them was drawn before */
  fes(label: string, id: number, at: number, count: number): Secret<readonly Fe[]>;
  /** Uniform elements of K at elements [at, at + count), each for one use. @throws as `fes` */
  exts(label: string, id: number, at: number, count: number): Mask<readonly Ext[]>;
  /** Salts [at, at + count), 16 bytes each. @throws as `fes` */
  salts(at: number, count: number): Secret<readonly Uint8Array[]>;
  /** The stream itself, for a kernel that fills words [at, at + count). @throws as `fes` */
  stream(label: string, id: number, at: number, count: number): Secret<Stream>;
  /** What was drawn before, once more (streaming); never as a mask. @throws Error when it was not drawn before */
  readonly again: {
    fes(label: string, id: number, at: number, count: number): Secret<readonly Fe[]>;
    exts(label: string, id: number, at: number, count: number): Secret<readonly Ext[]>;
    salts(at: number, count: number): Secret<readonly Uint8Array[]>;
    stream(label: string, id: number, at: number, count: number): Secret<Stream>;
  };
  /** Everything drawn so far. */
  drawn(): Interval[];
}

/** Keys that have a source. A second ledger for a key would not know what the first has given away. */
const keysInUse = new WeakSet<Secret<Uint8Array>>();

/**
 * The source of a key.
 *
 * @param key of `freshProofKey` or `freshTreeKey`
 * @throws Error for the second source of one key
 * @example
 * const masks = maskSource(freshProofKey(sources), quintic);
 * const pads = masks.exts('pad', 0, 0, 100);
 */
export function maskSource(key: Secret<Uint8Array>, field: ExtensionField): MaskSource {
  if (keysInUse.has(key)) throw new Error('maskSource: key: expected a key without a source');
  keysInUse.add(key);
  const ledger = drawLedger();
  const { degree, base } = field;

  const streamOf = (label: string, id: number): Secret<Stream> =>
    mapSecret([key], (k) => ({ key: k, label, id }));
  const readFes = (label: string, id: number, at: number, count: number): Secret<readonly Fe[]> =>
    mapSecret([streamOf(label, id)], (stream) => uniformWords(base, stream, at, count));
  const readExts = (label: string, id: number, at: number, count: number): Secret<readonly Ext[]> =>
    mapSecret([readFes(label, id, degree * at, degree * count)], (limbs) => groups(limbs, degree));
  const readSalts = (at: number, count: number): Secret<readonly Uint8Array[]> =>
    mapSecret([key], (k) => Array.from({ length: count }, (_, i) => saltAt(k, at + i)));
  /** The draws, behind a check of the words that they cover. */
  const checked = (check: (interval: Interval) => void) => {
    const words = (label: string, id: number, at: number, count: number): void =>
      check({ label, id, from: at, to: at + count });
    return {
      fes(label: string, id: number, at: number, count: number) {
        words(label, id, at, count);
        return readFes(label, id, at, count);
      },
      exts(label: string, id: number, at: number, count: number) {
        words(label, id, degree * at, degree * count);
        return readExts(label, id, at, count);
      },
      salts(at: number, count: number) {
        words(SALTS.label, SALTS.id, SALT_WORDS * at, SALT_WORDS * count);
        return readSalts(at, count);
      },
      stream(label: string, id: number, at: number, count: number) {
        words(label, id, at, count);
        return streamOf(label, id);
      },
    };
  };
  const first = checked(ledger.claim);
  return {
    field,
    ...first,
    exts: (label, id, at, count) => maskFrom(first.exts(label, id, at, count)),
    again: checked(ledger.requireClaimed),
    drawn: ledger.intervals,
  };
}

function groups(limbs: readonly Fe[], degree: number): Ext[] {
  return Array.from({ length: limbs.length / degree }, (_, i) => limbs.slice(i * degree, (i + 1) * degree));
}
