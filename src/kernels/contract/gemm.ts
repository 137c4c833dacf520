/**
 * Integer matrix products, exact and reduced modulo p: the accumulators of a linear layer.
 *
 *     c[i][j] = sum_l a[i][l] * b[j][l],   0 <= i < m, 0 <= j < n, 0 <= l < k
 *
 * `a` is m x k. `b` is n x k (rows are outputs, `layoutB: 'nk'`, the layout of most weight files) or k x n
 * (`'kn'`). `out` holds m * n items, row by row, and must not overlap an operand.
 *
 * The caller declares a bound of each operand: it decides how many products fit a 32-bit lane, so a tighter
 * bound is faster. A bound is checked, never trusted: an entry beyond it is an error, after which the contents
 * of `out` are unspecified.
 */
import { checkInteger, checkLength } from './checks.ts';
import { checkMatrix, type IntMatrix } from './matrix.ts';

export interface GemmOptions {
  /** |a[i][l]| <= boundA, at most 32768; e.g. 2048 for 12-bit activations. */
  readonly boundA: number;
  /** |b[j][l]| <= boundB, at most 32768; e.g. 8191 for 14-bit weights. */
  readonly boundB: number;
  /** Default: `nk`. */
  readonly layoutB?: 'nk' | 'kn';
}

export interface GemmKernels {
  /**
   * out = the residues of c as plain words of F.
   *
   * @throws RangeError for sizes that do not match and for an entry beyond its bound, naming its place
   */
  gemm(out: Uint32Array, a: IntMatrix, b: IntMatrix, options: GemmOptions): void;
  /**
   * out = the residues of c of least absolute value, in [-(p-1)/2, (p-1)/2]: what an executor of the proven
   * program computes with.
   *
   * @throws RangeError as `gemm`
   */
  gemmBalanced(out: Int32Array, a: IntMatrix, b: IntMatrix, options: GemmOptions): void;
  /**
   * out = c itself, for bounds which prove |c| < 2^31.
   *
   * @throws RangeError as `gemm`, and unless k * boundA * boundB < 2^31
   */
  gemmInt32(out: Int32Array, a: IntMatrix, b: IntMatrix, options: GemmOptions): void;
}

/** Checked operands: matrices with their defaults, and the sizes of the product. */
export interface GemmOperands {
  readonly a: Required<IntMatrix>;
  readonly b: Required<IntMatrix>;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly options: Required<GemmOptions>;
  /** Whether the bounds prove |c| < 2^31. */
  readonly fitsInt32: boolean;
}

/** Largest absolute value of an int16. */
const MAX_BOUND = 32768;

/** The checks of sizes and options that every implementation makes. @throws RangeError, TypeError */
export function checkGemm(
  out: Uint32Array | Int32Array,
  aMatrix: IntMatrix,
  bMatrix: IntMatrix,
  { boundA, boundB, layoutB = 'nk' }: GemmOptions,
): GemmOperands {
  const a = checkMatrix('a', aMatrix);
  const b = checkMatrix('b', bMatrix);
  checkInteger('boundA', boundA, 0, MAX_BOUND);
  checkInteger('boundB', boundB, 0, MAX_BOUND);
  if (layoutB !== 'nk' && layoutB !== 'kn') {
    throw new RangeError(`layoutB: expected nk or kn, got ${String(layoutB)}`);
  }
  const [n, k] = layoutB === 'nk' ? [b.rows, b.columns] : [b.columns, b.rows];
  if (k !== a.columns) {
    throw new RangeError(`b: expected ${a.columns} ${layoutB === 'nk' ? 'columns' : 'rows'}, got ${k}`);
  }
  const m = a.rows;
  checkLength('out', out, m * n);
  const fitsInt32 = k * boundA * boundB < 2 ** 31;
  return { a, b, m, n, k, options: { boundA, boundB, layoutB }, fitsInt32 };
}

/** @throws RangeError unless the bounds prove |c| < 2^31 */
export function checkFitsInt32({ k, options, fitsInt32 }: GemmOperands): void {
  if (fitsInt32) return;
  const got = k * options.boundA * options.boundB;
  throw new RangeError(`options: expected k * boundA * boundB below ${2 ** 31}, got ${got}`);
}

/** @throws RangeError naming the first entry of a, else of b, beyond its bound */
export function checkBounds({ a, b, options }: GemmOperands): void {
  checkEntries('a', a, options.boundA);
  checkEntries('b', b, options.boundB);
}

function checkEntries(argument: string, matrix: Required<IntMatrix>, bound: number): void {
  const { data, rows, columns, stride, offset } = matrix;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const entry = data[offset + r * stride + c] as number;
      if (Math.abs(entry) > bound) {
        // The entry itself is not shown: it may be a weight.
        throw new RangeError(
          `${argument}[${r}][${c}]: expected an integer in [${-bound}, ${bound}], got another`,
        );
      }
    }
  }
}
