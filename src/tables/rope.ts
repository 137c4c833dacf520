/**
 * `rope-B-D-T`: rotary position constants for base B, head width D and positions 0..T-1: key t D/2 + i holds
 * round(2^14 cos a) and round(2^14 sin a) for the angle a = t B^(-2i/D) (Su et al., "RoFormer", 2021, section 3.2.2).
 */
import { roundNear } from './doubles.ts';
import { decided } from './rounding.ts';
import { cosSin, expNegative, ln } from './series.ts';
import type { Table } from './table.ts';

/** Fractional bits of the constants. */
export const ROPE_FRACTION = 14;

export interface RopeParameters {
  /** The base theta, an integer in [2, 2^31). */
  readonly base: number;
  /** Even width of a head. */
  readonly headDim: number;
  /** Number of positions. */
  readonly positions: number;
}

/** The id of a table. */
export function ropeId({ base, headDim, positions }: RopeParameters): string {
  return `rope-${base}-${headDim}-${positions}`;
}

/** One frequency at one precision: cos and sin of t w for t = 0, 1, 2, .. by rotating step by step. */
interface Rotation {
  readonly cos: bigint[];
  readonly sin: bigint[];
}

/**
 * Points on the circle: (c, s)_(t+1) = (c, s)_t times (cos w, sin w). The step errs by less than 6 ulps in length (w by 4
 * (see `frequency`), cosSin by 2 a coordinate), each product by 4 more; the true rotation keeps lengths, so after t steps
 * the error is below 16 t ulps (lengths grow by a factor below 1 + 2^-P 16 t, which the slack covers).
 */
function rotation(base: number, headDim: number, i: number, positions: number, P: bigint): Rotation {
  const step = cosSin(frequency(base, headDim, i, P), P);
  const cos = [1n << P];
  const sin = [0n];
  for (let t = 1; t < positions; t++) {
    const [c, s] = [cos[t - 1] as bigint, sin[t - 1] as bigint];
    cos.push((c * step.cos - s * step.sin) >> P);
    sin.push((c * step.sin + s * step.cos) >> P);
  }
  return { cos, sin };
}

/** B^(-2i/D) in fixed point: ln errs by 2 ulps, times 2i/D < 1; cutting by 1, exp by less than 2 (and its slope <= 1). */
function frequency(base: number, headDim: number, i: number, P: bigint): bigint {
  if (i === 0) return 1n << P;
  return expNegative((BigInt(2 * i) * ln(BigInt(base), P)) / BigInt(headDim), P);
}

const FIRST = 96n;
const ONE = 2 ** 96;
const UNIT = 2 ** ROPE_FRACTION;
const ERROR = 2 ** -20;

/** Entries of frequency i, cos and sin at position t, by integers. */
export function ropeEntries(
  { base, headDim, positions }: RopeParameters,
  i: number,
): (t: number) => readonly [number, number] {
  const byPrecision = new Map<bigint, Rotation>();
  const at = (P: bigint): Rotation => {
    const known = byPrecision.get(P) ?? rotation(base, headDim, i, positions, P);
    byPrecision.set(P, known);
    return known;
  };
  return (t) => {
    const entry = (part: 'cos' | 'sin'): number =>
      decided((P) => {
        const value = at(P)[part][t] as bigint;
        const error = 16n * BigInt(t) + 1n;
        return { low: value - error, high: value + error, scale: P - BigInt(ROPE_FRACTION) };
      }, FIRST);
    return [entry('cos'), entry('sin')];
  };
}

/**
 * The table. Doubles decide, where they can: the step is the nearest double, off by 2^-53 a coordinate, and a product by 3 * 2^-53 more; so
 * after t < 2^14 steps the error is below 2^-50 t < 2^-36 (lengths grow by a factor below 1 + 2^-36), and 2^14 times that is less
 * than 2^-21 = ERROR/2.
 *
 * @throws RangeError for parameters outside their ranges
 */
export function ropeTable(parameters: RopeParameters): Table {
  const { base, headDim, positions } = parameters;
  const half = headDim / 2;
  const cos = new Int32Array(positions * half);
  const sin = new Int32Array(positions * half);
  for (let i = 0; i < half; i++) {
    const exact = ropeEntries(parameters, i);
    const step = cosSin(frequency(base, headDim, i, FIRST), FIRST);
    const [stepCos, stepSin] = [Number(step.cos) / ONE, Number(step.sin) / ONE];
    let [c, s] = [1, 0];
    for (let t = 0; t < positions; t++) {
      const at = t * half + i;
      cos[at] = roundNear(UNIT * c, ERROR) ?? exact(t)[0];
      sin[at] = roundNear(UNIT * s, ERROR) ?? exact(t)[1];
      const rotated = c * stepCos - s * stepSin;
      s = c * stepSin + s * stepCos;
      c = rotated;
    }
  }
  const columns = [
    { name: 'cos', data: cos },
    { name: 'sin', data: sin },
  ];
  return { id: ropeId(parameters), firstKey: 0, rows: positions * half, columns };
}
