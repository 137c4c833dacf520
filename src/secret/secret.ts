/**
 * Values that must not leave the prover. A `Secret` is an empty frozen object; what it stands for lives in a table
 * that only this module sees. So it cannot be printed, inspected, turned into JSON, compared, cloned or
 * sent to another thread by accident: it throws, or shows nothing. Computing goes on inside
 * (`mapSecret`); the one way out is `expose` in `expose.ts`, which adds a mask.
 *
 * This guards against mistakes, not against a debugger: JavaScript cannot wipe memory, and `mapSecret` hands the
 * bare value to a function of the prover.
 */
declare const secret: unique symbol;

/** A value of type T that must not leave the prover. */
export interface Secret<T> {
  readonly [secret]: T;
}

/** A secret drawn from a mask stream that may hide one other secret, once. */
export interface Mask<T> extends Secret<T> {
  readonly [mask]: true;
}
declare const mask: unique symbol;

const contents = new WeakMap<object, unknown>();
/** Masks that have not hidden anything yet. */
const unusedMasks = new WeakSet<object>();

/** Wraps a value. @example secretOf(weights) */
export function secretOf<T>(value: T): Secret<T> {
  return wrap<T>(value);
}

/** A secret freshly drawn from a mask stream, as a mask; called by `src/random/` only. */
export function maskFrom<T>(drawn: Secret<T>): Mask<T> {
  const wrapper = wrap<T>(unwrap(drawn)) as Mask<T>;
  unusedMasks.add(wrapper);
  return wrapper;
}

/**
 * A function of secrets is a secret.
 *
 * @throws TypeError unless every item of `secrets` is a secret; whatever `f` throws
 * @example
 * const sum = mapSecret([a, b], (x, y) => field.add(x, y));
 */
export function mapSecret<S extends Secrets, U>(secrets: S, f: (...values: SecretValues<S>) => U): Secret<U> {
  return wrap<U>(f(...(secrets.map((item) => unwrap(item)) as SecretValues<S>)));
}

/** A list of secrets; the empty tuple makes TypeScript infer tuples. */
type Secrets = readonly [] | readonly Secret<unknown>[];
type SecretValues<S extends Secrets> = { [K in keyof S]: S[K] extends Secret<infer T> ? T : never };

/** The bare value: for `expose.ts` only. @throws TypeError for anything but a secret */
export function unwrap<T>(wrapper: Secret<T>): T {
  if (!contents.has(wrapper)) throw new TypeError('secret: expected a Secret, got another value');
  return contents.get(wrapper) as T;
}

/** Marks a mask as used and returns its value: for `expose.ts` only. @throws Error the second time */
export function spendMask<T>(wrapper: Mask<T>): T {
  const value = unwrap(wrapper);
  if (!unusedMasks.delete(wrapper)) throw new Error('expose: mask: expected an unused mask');
  return value;
}

function wrap<T>(value: T): Secret<T> {
  const refuseToPrint = (): never => {
    throw new TypeError('secret: expected no conversion of a Secret to text, number or JSON');
  };
  // Enumerable functions of its own: structured clone and postMessage throw as well.
  const wrapper = Object.freeze({
    toString: refuseToPrint,
    valueOf: refuseToPrint,
    toJSON: refuseToPrint,
    [Symbol.for('nodejs.util.inspect.custom')]: () => 'Secret',
  }) as unknown as Secret<T>;
  contents.set(wrapper, value);
  return wrapper;
}
