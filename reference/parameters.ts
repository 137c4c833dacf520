/**
 * A second calculator for the ledger, written apart from `src/params` and importing nothing: plain numbers in,
 * base-2 logarithms in floating point out. The tests require every row of the product's ledger, which is exact,
 * to lie within half a bit of it, and sizes and query counts to agree.
 */

export interface ReferenceInput {
  readonly p: number;
  readonly d: number;
  readonly lambda: number;
  readonly m: number;
  readonly t: number;
  readonly q0: number;
  /** k folds, rate 2^-r, q positions. */
  readonly levels: readonly { readonly k: number; readonly r: number; readonly q: number }[];
  readonly s: number;
  readonly logNH: number;
  readonly qH: number;
  readonly balances: readonly number[];
  readonly claims: number;
  readonly constraints: number;
  readonly products: number;
  readonly terms: readonly { readonly name: string; readonly kind: string; readonly size: number }[];
  /** Columns and lifetime of each opened tree, without the mask. */
  readonly trees: readonly { readonly columns: number; readonly lifetime: string }[];
  readonly transcript: number;
  readonly kind: string;
}

const { log2, ceil, pow } = Math;

/** Bits of one query in unique decoding at rate rho: 1 - delta = (1 + rho)/2. */
function bitsPerQuery(rho: number): number {
  return 1 - log2(1 + rho);
}

/** ceil(lambda / bits per query). */
export function referenceQueries(lambda: number, rho: number): number {
  return ceil(lambda / bitsPerQuery(rho));
}

/** The smallest q_H whose rows, q_H longer than the pads, reach lambda; found by counting up. */
export function referencePadQueries(lambda: number, s: number, n: number): number {
  for (let q = 1; s + q < n; q++) if (q * bitsPerQuery((s + q) / n) >= lambda) return q;
  return Number.NaN;
}

/** Bits of every row, by the product's row names. */
export function referenceLedger(input: ReferenceInput): Map<string, number> {
  const K = input.d * log2(input.p);
  const over = (x: number) => (x <= 0 ? Number.POSITIVE_INFINITY : K - log2(x));
  const rows = new Map<string, number>();
  if (input.balances.length > 0) {
    rows.set('lookup: fingerprint', over(2 * input.balances.reduce((a, b) => (a > b ? a : b))));
    rows.set('lookup: forest start', over(ceil(log2(input.balances.length))));
    rows.set('lookup: layer batching', K);
    rows.set('lookup: layer round', over(3));
    rows.set('lookup: layer line', K);
  }
  for (const { name, kind, size } of input.terms) {
    rows.set(`program: ${name}`, over(kind === 'batch' ? size - 1 : size));
  }
  if (input.kind === 'link') rows.set('link: random point', over(input.m));
  else rows.set('merge: claim batching', over(input.claims - 1)).set('merge: round', over(2));
  rows.set('combination: proximity', K - input.m - 2);
  rows.set('combination: evaluations', K);
  const rho0 = (1 + input.t / pow(2, input.m)) / 4;
  rows.set('Q0: queries', input.q0 * bitsPerQuery(rho0));
  rows.set('Q0: batching', over(input.q0 + 1));
  let message = input.m + 1;
  input.levels.forEach(({ k, r, q }, i) => {
    // 2^(k-1) columns of n = 2^(message - k + r) points meet in the first fold.
    rows.set(`G${i + 1}: fold`, over(pow(2, message + r - 1) + 3));
    rows.set(`G${i + 1}: queries`, q * bitsPerQuery(pow(2, -r)));
    if (i + 1 < input.levels.length) rows.set(`G${i + 1}: batching`, over(q + 1));
    message -= k;
  });
  const nH = pow(2, input.logNH);
  rows.set('pads: linear batching', over(input.constraints));
  rows.set('pads: products', input.products > 0 ? K : Number.POSITIVE_INFINITY);
  rows.set('pads: line proximity', K - input.logNH);
  rows.set('pads: degree in Delta', over(2));
  rows.set('pads: queries', input.qH * bitsPerQuery((input.s + input.qH) / nH));
  return rows;
}

/** Expected bytes of q opened leaves of a tree of 2^log leaves below a cap of 2^cap nodes. */
function opened(log: number, leaf: number, q: number, cap: number): number {
  const n = pow(2, log);
  let bytes = n * (1 - pow(1 - 1 / n, q)) * leaf;
  for (let level = log; level > cap; level--) {
    const c = pow(2, level);
    bytes += 32 * c * (pow(1 - 1 / c, q) - pow(1 - 2 / c, q));
  }
  return bytes;
}

/** Expected bytes of a proof. */
export function referenceSize(input: ReferenceInput): number {
  const element = 4 * input.d;
  let bytes = 0;
  for (const { columns, lifetime } of input.trees) {
    const mask = lifetime === 'proof' ? element : 0;
    bytes += opened(input.m + 2, 4 * columns + mask + 16, input.q0, lifetime === 'static' ? 12 : 0);
  }
  let message = input.m + 1;
  input.levels.forEach(({ k, r, q }, i) => {
    const all = pow(2, k);
    const columns = i > 0 ? all : all / 2 + input.t / pow(2, message - k);
    message -= k;
    bytes += 32 + 2 * k * element + opened(message + r, columns * element, q, 0);
  });
  bytes += element * pow(2, message);
  bytes += 32 + element * (input.s + input.qH + 3) + opened(input.logNH, 2 * element + 16, input.qH, 0);
  return bytes + element * (input.transcript + 1) + 32;
}
