/** Mutations of bytes and of values, by number: one seed gives one mutant. */
import { generator } from '../words.ts';

/** Draws of one mutant. */
export interface Dice {
  below(n: number): number;
  pick<T>(list: readonly T[]): T;
}

export function diceOf(seed: number): Dice {
  const next = generator(Math.imul(seed + 1, 0x9e3779b1));
  for (let i = 0; i < 6; i++) next(); // close seeds have close first values
  const below = (n: number): number => (n <= 1 ? 0 : next() % n);
  return { below, pick: (list) => list[below(list.length)]! };
}

const WORDS = [0, 1, 2, 3, 4, 255, 256, 65535, 65536, 2 ** 20, 2 ** 24, 2 ** 25, 2 ** 26, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 0x7f000001, 0x7f000000]; // prettier-ignore
const TOKENS = ['"', '{', '}', '[', ']', ',', ':', '-', '0', '00', '-0', '1e3', '1.5', '9007199254740993', '1e308', '1e999', 'null', 'true', '"__proto__"', '"constructor":{}', '"F16"', '\\u0000', '\\ud800', '[[[[', ' ', '\n', '\u00ff', '\ufeff']; // prettier-ignore
const NUMBERS = [0, -0, 1, -1, 2, 3, 7, 8, 16, 17, 31, 32, 255, 256, 2 ** 14, 2 ** 16, 2 ** 17, 2 ** 20, 2 ** 24, 2 ** 30, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 53, 1e308, 0.5, NaN]; // prettier-ignore

function splice(bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]));
}

function random(dice: Dice, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => dice.below(256));
}

/**
 * Bytes changed in one to three places.
 *
 * @param other bytes of the same format, to take pieces from
 * @param dense where structure is: half of the places lie below
 */
export function mutateBytes(
  dice: Dice,
  of: Uint8Array,
  other: Uint8Array,
  dense = of.length,
): Uint8Array<ArrayBuffer> {
  let bytes = of.slice() as Uint8Array<ArrayBuffer>;
  for (let rounds = 1 + (dice.below(3) === 0 ? dice.below(3) : 0); rounds > 0; rounds--) {
    const length = dice.below(2) === 0 ? Math.min(dense, bytes.length) : bytes.length;
    bytes = mutateOnce(dice, bytes, other, dice.below(length + 1));
  }
  return bytes;
}

function mutateOnce(
  dice: Dice,
  bytes: Uint8Array<ArrayBuffer>,
  other: Uint8Array,
  at: number,
): Uint8Array<ArrayBuffer> {
  const near = 1 + dice.below(40);
  const word = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
  const old = at + 4 <= bytes.length ? new DataView(bytes.buffer).getUint32(at, true) : 0;
  switch (dice.below(12)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return splice(bytes, at, 1, Uint8Array.of((bytes[at] ?? 0) ^ (1 << dice.below(8))));
    case 2:
      return splice(bytes, at, 1, random(dice, 1));
    case 3:
      return splice(bytes, at & ~3, 4, word(dice.pick(WORDS)));
    case 4:
      return splice(bytes, at, 4, word(old + dice.pick([1, -1, 4, -4, 0x7f000001])));
    case 5:
      return splice(bytes, at, dice.below(9), new TextEncoder().encode(dice.pick(TOKENS)));
    case 6:
      return splice(bytes, at, 0, bytes.slice(at, at + near));
    case 7:
      return splice(bytes, at, near, new Uint8Array(0));
    case 8: {
      const from = dice.below(other.length + 1);
      return splice(bytes, at, dice.below(2) * near, other.slice(from, from + near));
    }
    case 9:
      return splice(bytes, at, bytes.length, other.slice(Math.min(at, other.length)));
    case 10:
      return splice(bytes, bytes.length, 0, random(dice, near));
    default:
      return splice(bytes, at, near, new Uint8Array(near).fill(dice.pick([0, 255, 127])));
  }
}

/** A value like those of JSON with one place changed; the argument is left as it is. */
export function mutateValue(dice: Dice, value: unknown): unknown {
  const copy: unknown = structuredClone(value);
  const places: { readonly holder: Record<string, unknown>; readonly key: string }[] = [];
  const visit = (holder: unknown): void => {
    if (typeof holder !== 'object' || holder === null || ArrayBuffer.isView(holder)) return;
    for (const key of Object.keys(holder)) {
      places.push({ holder: holder as Record<string, unknown>, key });
      visit((holder as Record<string, unknown>)[key]);
    }
  };
  visit(copy);
  for (let rounds = 1 + (dice.below(4) === 0 ? 1 : 0); rounds > 0; rounds--) {
    const { holder, key } = dice.pick(places);
    changePlace(dice, holder, key, dice.pick(places));
  }
  return copy;
}

function changePlace(
  dice: Dice,
  holder: Record<string, unknown>,
  key: string,
  other: { readonly holder: Record<string, unknown>; readonly key: string },
): void {
  const old = holder[key];
  const list = Array.isArray(holder) ? (holder as unknown[]) : undefined;
  const from = structuredClone(other.holder[other.key]);
  const kind = dice.below(10);
  if (kind < 4 && typeof old === 'number') {
    holder[key] = kind < 2 ? old + dice.pick([1, -1, 2, old, -2 * old]) : dice.pick(NUMBERS);
  } else if (kind < 4 && typeof old === 'string') {
    holder[key] =
      typeof from === 'string' ? from : dice.pick(['', 'x', old + old, '__proto__', old.slice(1)]);
  } else if (kind === 4 && list !== undefined) list.splice(Number(key), 1);
  else if (kind === 5 && list !== undefined) list.splice(Number(key), 0, structuredClone(old));
  else if (kind === 6 && list !== undefined) list.reverse();
  else if (kind === 7) delete holder[key];
  else if (kind === 8) holder[key] = dice.pick<unknown>([null, [], {}, '', 0, true]);
  else holder[key] = from;
}
