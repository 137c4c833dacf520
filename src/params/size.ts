/**
 * Expected and largest size of a proof in bytes. For choosing and display: no verifier imports this file.
 *
 * Expected values are over uniform positions, computed in fixed point with integers so that every engine
 * chooses the same schedule.
 */
import { DIGEST_BYTES, PUBLISHED_CAP_LOG, SALT_BYTES } from './constants.ts';
import { levelGeometry, LOG_CODE_EXPANSION, type Parameters } from './parameters.ts';
import { maskedElements, type Instance } from './instance.ts';

/** Bytes of one part of a proof. */
export interface Part {
  readonly name: string;
  /** Rounded up. */
  readonly expected: number;
  /** All positions distinct and spread so that as many siblings as possible are needed. */
  readonly maximum: number;
}

export interface ProofSize {
  readonly parts: readonly Part[];
  readonly expected: number;
  readonly maximum: number;
}

const FE = 4;
const SCALE_BITS = 64n;
const ONE = 1n << SCALE_BITS;

/** (1 - a/c)^q in units of 2^-64, within q * 2^-63. */
function powerOfComplement(a: bigint, c: bigint, q: number): bigint {
  let result = ONE;
  let square = a >= c ? 0n : ONE - (a << SCALE_BITS) / c;
  for (let e = q; e > 0; e >>= 1) {
    if (e & 1) result = (result * square) >> SCALE_BITS;
    square = (square * square) >> SCALE_BITS;
  }
  return result;
}

const openings = new Map<string, { readonly leaves: bigint; readonly siblings: bigint }>();

/** Expected distinct leaves and sibling digests of q positions in a tree, in units of 2^-64. */
function expectedOpening(logLeaves: number, cap: number, q: number) {
  const key = `${logLeaves} ${cap} ${q}`;
  const known = openings.get(key);
  if (known !== undefined) return known;
  const n = 1n << BigInt(logLeaves);
  const leaves = n * (ONE - powerOfComplement(1n, n, q));
  let siblings = 0n;
  for (let log = logLeaves; log > cap; log--) {
    const c = 1n << BigInt(log);
    // A node is sent if its sibling lies on a path and it does not itself.
    siblings += c * (powerOfComplement(1n, c, q) - powerOfComplement(2n, c, q));
  }
  const opening = { leaves, siblings };
  openings.set(key, opening);
  return opening;
}

/**
 * Bytes of q opened leaves with their Merkle paths.
 *
 * @param logLeaves log2 of the leaves of the tree
 * @param leafBytes bytes of one leaf, salt included
 * @param q positions, drawn with replacement and deduplicated
 * @param cap log2 of the published nodes; 0 for a root alone
 */
export function openingSize(
  name: string,
  logLeaves: number,
  leafBytes: number,
  q: number,
  cap: number = 0,
): Part {
  const { leaves, siblings } = expectedOpening(logLeaves, cap, q);
  const exact = leaves * BigInt(leafBytes) + siblings * BigInt(DIGEST_BYTES);
  const expected = Number((exact + ONE - 1n) >> SCALE_BITS);
  // With u_l = min(q, n/2^l) nodes on paths at height l, siblings number sum (2u_(l+1) - u_l) at most.
  const onPath = (height: number) => Math.min(q, 2 ** (logLeaves - height));
  let largest = 0;
  for (let height = 0; height < logLeaves - cap; height++) largest += 2 * onPath(height + 1) - onPath(height);
  return { name, expected, maximum: onPath(0) * leafBytes + largest * DIGEST_BYTES };
}

function fixed(name: string, bytes: number): Part {
  return { name, expected: bytes, maximum: bytes };
}

/** Sizes of one level of the inner WHIR: root, two elements per round, opened leaves. */
export function levelSize(
  level: { readonly logFold: number; readonly logCodeword: number; readonly queries: number },
  columns: number,
  extBytes: number,
  name: string,
): Part {
  const opening = openingSize(name, level.logCodeword, columns * extBytes, level.queries);
  const rest = DIGEST_BYTES + 2 * level.logFold * extBytes;
  return { name, expected: opening.expected + rest, maximum: opening.maximum + rest };
}

/** Sizes of the proof about s pads: roots, x', beta, U, V and the opened rows. */
export function padSizeInProof(pads: Parameters['pads'], extBytes: number): Part {
  const opening = openingSize('pads', pads.logCodeword, 2 * extBytes + SALT_BYTES, pads.queries);
  const rest = DIGEST_BYTES + (pads.size + pads.queries + 3) * extBytes;
  return { name: 'pads', expected: opening.expected + rest, maximum: opening.maximum + rest };
}

/**
 * Expected and largest bytes of a proof, by part. Display only.
 *
 * @example
 * proofSize(parameters, instance).expected / 1024; // KB
 */
export function proofSize(parameters: Parameters, instance: Instance): ProofSize {
  const { profile, code, pads } = parameters;
  const extBytes = FE * profile.field.degree;
  const parts = instance.groups.map((group) => {
    const mask = group.lifetime === 'proof' ? extBytes : 0;
    const cap = group.lifetime === 'static' ? PUBLISHED_CAP_LOG : 0;
    const leafBytes = FE * group.columns + mask + SALT_BYTES;
    return openingSize(group.name, code.logData + LOG_CODE_EXPANSION, leafBytes, code.queries, cap);
  });
  levelGeometry(parameters).forEach((level, j) =>
    parts.push(levelSize(level, level.columns, extBytes, `G${j + 1}`)),
  );
  parts.push(fixed('final vector', extBytes * 2 ** parameters.logFinal));
  parts.push(padSizeInProof(pads, extBytes));
  // Masked elements, the evaluation a of g', and the root of the proof's own tree.
  parts.push(fixed('transcript', (maskedElements(instance, code.logData) + 1) * extBytes + DIGEST_BYTES));
  const total = (pick: (part: Part) => number) => parts.reduce((sum, part) => sum + pick(part), 0);
  return { parts, expected: total((part) => part.expected), maximum: total((part) => part.maximum) };
}
