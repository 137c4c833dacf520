/**
 * What a serialiser accepts. `Exposed`: a secret under a mask that was never used before. `PublicRandom`: a value
 * that says nothing about the witness for a reason that its call site states (the root of a salted tree, a
 * combination with a uniform column, rows within the budget of a tree). A plain value is neither.
 */
declare const exposed: unique symbol;
declare const publicRandomBrand: unique symbol;

/** A secret plus a fresh mask: uniform whatever the secret was. */
export interface Exposed<T> {
  readonly [exposed]: T;
}
/** A value whose distribution does not depend on the witness. */
export interface PublicRandom<T> {
  readonly [publicRandomBrand]: T;
}
/** What may be written into a proof. */
export type Released<T> = Exposed<T> | PublicRandom<T>;

const contents = new WeakMap<object, unknown>();

/**
 * Releases a value that says nothing about the witness. Each file that calls this is listed, with its reason, in
 * the test of the serialiser's door.
 *
 * @param reason why the value is independent of the witness, for the reader
 * @throws TypeError for an empty reason
 * @example
 * ch.writeDigests('root', publicRandom([root], 'root of a tree of salted leaves'));
 */
export function publicRandom<T>(value: T, reason: string): PublicRandom<T> {
  if (reason === '') throw new TypeError('publicRandom: reason: expected a sentence, got an empty string');
  return release(value) as unknown as PublicRandom<T>;
}

/** For `expose.ts` only. */
export function exposedValue<T>(value: T): Exposed<T> {
  return release(value) as unknown as Exposed<T>;
}

/** The value: what was released is public. @throws TypeError for a value that was not released */
export function releasedValue<T>(released: Released<T>): T {
  if (typeof released !== 'object' || released === null || !contents.has(released)) {
    throw new TypeError('released: expected an Exposed or PublicRandom value, got another value');
  }
  return contents.get(released) as T;
}

/** Released lists, one behind the other. @throws TypeError as `releasedValue` */
export function joinReleased<T>(parts: readonly Released<readonly T[]>[]): Released<readonly T[]> {
  return release(parts.flatMap((part) => releasedValue(part))) as unknown as Released<readonly T[]>;
}

function release(value: unknown): object {
  const wrapper = Object.freeze({});
  contents.set(wrapper, value);
  return wrapper;
}
