/**
 * Opened leaves and Merkle siblings are fixed by root and positions, so they are read without being absorbed.
 * What such a read returns is worth nothing until a check has tied it to a root: it comes wrapped, and the
 * check is what unwraps it. Only `src/merkle/` may import `authenticate`; a test holds it to that.
 */
declare const unauthenticated: unique symbol;

/** A value read from a proof that nothing vouches for yet. */
export interface Unauthenticated<T> {
  readonly [unauthenticated]: T;
}

/** A list of opened values; the empty tuple makes TypeScript infer tuples. */
type Wrapped = readonly [] | readonly Unauthenticated<unknown>[];
type Opened<W extends Wrapped> = { [K in keyof W]: W[K] extends Unauthenticated<infer T> ? T : never };

const contents = new WeakMap<object, unknown>();

/** Wraps a value. */
export function unauthenticatedValue<T>(value: T): Unauthenticated<T> {
  const wrapper = Object.freeze({}) as Unauthenticated<T>;
  contents.set(wrapper, value);
  return wrapper;
}

/**
 * Runs a check on opened values and returns them if it passes.
 *
 * @param values what openings returned, checked together
 * @param check recomputes the root and refuses (throws) when it differs
 * @throws TypeError for something that no opening returned; whatever `check` throws
 */
export function authenticate<W extends Wrapped>(values: W, check: (...values: Opened<W>) => void): Opened<W> {
  const opened = values.map((wrapper) => {
    if (!contents.has(wrapper)) throw new TypeError('authenticate: values: expected opened values');
    return contents.get(wrapper);
  }) as Opened<W>;
  check(...opened);
  return opened;
}
