/**
 * Number-theoretic transforms and Reed-Solomon encoding over the base field F.
 *
 * A message is a coefficient vector: f(x) = sum_j f[j] x^j. Position i of a code of length n = 2^logN is the
 * point x_i = w^i with w = rootOfUnity(logN). Several columns are transformed at once: an array of `rows` rows
 * and `columns` columns is row-major, [rows][columns], so that a row is a Merkle leaf. Coefficients are in
 * natural order; **evaluations are stored in bit-reversed order**: row q holds position bitReverse(q, logN)
 * (`field/domain.ts`). A column over the extension K is `degree` columns over F.
 *
 * The transform splits rings, x^(2h) - z^2 = (x^h - z)(x^h + z), from the top: after l layers block b of 2^l
 * holds f mod x^(n/2^l) - g_b with g_b = rootOfUnity(l)^bitReverse(b, l). Hence *coset* b of 2^l is the block
 * of rows [b n/2^l, (b+1) n/2^l): the points w^c <w^(2^l)>, c = bitReverse(b, l). One coset can be computed
 * without the others, from f mod x^(n/2^l) - g_b, and the zero padding of a message costs nothing.
 *
 * Transforms are linear: plain words and Montgomery words are kept as given. Integer messages become plain
 * words. Operands may lie inside or outside kernel memory; those outside move through it in batches of
 * columns, so only one column has to fit. Results never depend on the number of threads.
 */
import type { Ext, Fe } from '../../field/field.ts';

/** Coefficients: integers, taken modulo p, or words of F. */
export type Message = Int8Array | Int16Array | Int32Array | Uint32Array;

/**
 * A message in two parts, [r][columns] integers or words and then [t][columns] words: small integers followed by
 * a random pad need not be widened to words. r is a power of two and t <= r.
 */
export interface PaddedMessage {
  readonly data: Message;
  readonly pad: Uint32Array;
}

/** A Reed-Solomon code of length 2^logN, `columns` words of it side by side. */
export interface CodeShape {
  readonly logN: number;
  readonly columns: number;
}

export interface NttKernels {
  /**
   * In place: coefficients [2^logN][columns], natural order, to evaluations in bit-reversed order.
   * @throws RangeError unless data holds 2^logN whole rows, logN within the two-adicity
   */
  ntt(data: Uint32Array, columns: number): void;
  /** The inverse of `ntt`, in place: evaluations in bit-reversed order to coefficients in natural order. */
  intt(data: Uint32Array, columns: number): void;
  /**
   * One coset of the codewords of `message`, which is [k][columns] with 1 <= k <= 2^logN. `out` is
   * [2^m][columns] for any m <= logN and receives rows [coset * 2^m, (coset + 1) * 2^m) of the codeword; the
   * choice m = floor(log2 k) is the cheapest. Streams a codeword that does not fit memory. A padded message takes
   * cosets of at most r rows.
   * @throws RangeError naming out, message, pad, logN, columns or coset
   */
  encodeCoset(out: Uint32Array, message: Message | PaddedMessage, code: CodeShape, coset: number): void;
  /** The whole codewords, [2^logN][columns]: all cosets, one after the other. */
  encode(out: Uint32Array, message: Message | PaddedMessage, code: CodeShape): void;
  /**
   * Rows of the codewords without the codewords: out[p][c] = f_c(x_i), i = positions[p], [positions][columns].
   * Positions are exponents i (not stored rows), in any order, repetitions allowed.
   * @throws RangeError naming out, message, pad, logN, columns or positions[p]
   */
  evaluateAt(
    out: Uint32Array,
    message: Message | PaddedMessage,
    code: CodeShape,
    positions: ArrayLike<number>,
  ): void;
  /**
   * The transpose of evaluation over K: out[j] = sum_p eta[p] * x_i^j, i = positions[p], for j < k, so that
   * <f, out> = sum_p eta[p] f(x_i). `eta` holds positions.length elements and `out` k elements in the layout
   * of `layout.ts`, in the same form (plain or Montgomery).
   * @throws RangeError naming out, eta, logN, k or positions[p]
   */
  evaluateAtTransposed(
    out: Uint32Array,
    eta: Uint32Array,
    logN: number,
    positions: ArrayLike<number>,
    k: number,
  ): void;
  /**
   * Columns, one after the other, to rows: out[r * columns + c] = a[c * rows + r]. Both arrays have one type.
   * @throws TypeError for two types; RangeError naming columns, a or out
   */
  interleave<T extends Message>(out: T, a: T, columns: number): void;
  /** out[i] = scale * base^i, plain words (Montgomery words for scale = c * R). */
  powers(out: Uint32Array, scale: Fe, base: Fe): void;
  /** out[i] = scale * base^i over K for i < n, plain words in the layout of `layout.ts`. */
  kPowers(out: Uint32Array, n: number, scale: Ext, base: Ext): void;
}
