/**
 * Formal randomness: a source whose every word is named, so that a test can set one word of one stream to one and all
 * others to zero, repeat a stream, or blank it. The prover draws from it as from any other source.
 */
import { extensionField } from '../../src/field/extension-field.ts';
import type { BaseField, Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { drawLedger, type Interval } from '../../src/random/ledger.ts';
import type { MaskSource } from '../../src/random/masks.ts';
import { mapSecret, maskFrom, secretOf, type Secret } from '../../src/secret/secret.ts';

/** A word of a stream of a key. */
export interface Coordinate {
  /** Stands for the key. */
  readonly source: string;
  readonly label: string;
  readonly id: number;
  readonly word: number;
}

/** What every word is. */
export type Words = (at: Coordinate) => number;

export function coordinateName({ source, label, id, word }: Coordinate): string {
  return `${source}/${label}/${id}/${word}`;
}

export interface Tape {
  /** Kernels that expand streams from the tape. */
  readonly kernels: Kernels;
  /** A key's source. A second source of one name draws the same words: a repeated key. */
  source(name: string): MaskSource;
}

/** @param words plain words below p */
export function createTape(kernels: Kernels, words: Words): Tape {
  const names: string[] = [];
  const { ext } = kernels;
  const read = (source: string, label: string, id: number, at: number, count: number): Fe[] =>
    Array.from({ length: count }, (_, i) => ext.base.fe(words({ source, label, id, word: at + i })));
  return {
    kernels: {
      ...kernels,
      expandUniform(out, stream, at) {
        const source = names[stream.key[0] as number] as string;
        out.set(read(source, stream.label, stream.id, at, out.length));
      },
    },
    source(name) {
      if (!names.includes(name)) names.push(name);
      return tapeSource(ext, name, names.indexOf(name), (...where) => read(name, ...where));
    },
  };
}

/** Kernels that leave digests and salts zero: for runs whose digests nobody looks at, many times as fast. */
export function withoutHashing(kernels: Kernels): Kernels {
  const nothing = (): void => {};
  return {
    ...kernels,
    hashLeaves: nothing,
    absorbLeaves: nothing,
    finishLeaves: nothing,
    hashParents: nothing,
    hashTree: nothing,
    expandWords: nothing,
  };
}

/** A field with tables for powers of roots: `pow` on bigints is most of the time of a run on a few cells. */
export function tabulated(field: ExtensionField): ExtensionField {
  const { base, modulusLow } = field;
  const roots = Array.from({ length: base.twoAdicity + 1 }, (_, log) => base.rootOfUnity(log));
  const known = new Map<number, Fe>();
  const quick: BaseField = {
    ...base,
    rootOfUnity: (log) => roots[log] ?? base.rootOfUnity(log),
    pow(a, exponent) {
      const key = a * 2 ** 20 + Number(exponent);
      if (base.modulus > 2 ** 16 || exponent >= 2 ** 20) return base.pow(a, exponent);
      let value = known.get(key);
      if (value === undefined) known.set(key, (value = base.pow(a, exponent)));
      return value;
    },
  };
  return extensionField(quick, modulusLow);
}

/** A source in the manner of `maskSource`, with its ledger, over given words. Salts are those of the key's number. */
function tapeSource(
  field: ExtensionField,
  name: string,
  index: number,
  read: (label: string, id: number, at: number, count: number) => Fe[],
): MaskSource {
  const ledger = drawLedger();
  const key = new Uint8Array(32).fill(index, 0, 1);
  const { degree } = field;
  const checked = (check: (interval: Interval) => void) => {
    const claim = (label: string, id: number, at: number, count: number): void =>
      check({ label, id, from: at, to: at + count });
    return {
      fes(label: string, id: number, at: number, count: number): Secret<readonly Fe[]> {
        claim(label, id, at, count);
        return secretOf<readonly Fe[]>(read(label, id, at, count));
      },
      exts(label: string, id: number, at: number, count: number): Secret<readonly Ext[]> {
        claim(label, id, degree * at, degree * count);
        const limbs = read(label, id, degree * at, degree * count);
        return secretOf<readonly Ext[]>(
          Array.from({ length: count }, (_, i) => limbs.slice(degree * i, degree * (i + 1))),
        );
      },
      salts(at: number, count: number): Secret<readonly Uint8Array[]> {
        claim('salt', 0, 4 * at, 4 * count);
        return secretOf<readonly Uint8Array[]>(Array.from({ length: count }, (_, i) => saltOf(name, at + i)));
      },
      stream(label: string, id: number, at: number, count: number) {
        claim(label, id, at, count);
        return mapSecret([], () => ({ key, label, id }));
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

/** Some salt: digests are no part of a view. */
function saltOf(name: string, index: number): Uint8Array {
  const salt = new Uint8Array(16);
  new DataView(salt.buffer).setUint32(0, index, true);
  salt[4] = name.length;
  return salt;
}
