/**
 * The rotation of the residual stream (step C3): an orthogonal matrix that spreads every channel over all, so that no
 * channel needs bits that the others waste. Q = (H ⊗ O) D with H the Hadamard matrix of the power of two in the width, O a
 * random orthogonal matrix of the odd rest, D random signs. QuaRot (Ashkboos et al., 2024, section 3).
 */
import { dice, type Dice } from './dice.ts';
import { type FloatMatrix, rowOf, transpose, zeros } from './matrix.ts';

/** An orthogonal map of rows. */
export interface Rotation {
  readonly size: number;
  /** Replaces every row r by Q r. */
  rows(matrix: FloatMatrix): void;
}

/** The odd part of a width and its power of two. */
function oddPart(size: number): { readonly odd: number; readonly power: number } {
  let [odd, power] = [size, 1];
  for (; odd % 2 === 0; odd /= 2) power *= 2;
  return { odd, power };
}

/** A uniformly random orthogonal matrix: Gram and Schmidt, twice, on normal rows. */
function orthogonal(n: number, draws: Dice): FloatMatrix {
  const m = zeros(n, n);
  for (let i = 0; i < n; i++) {
    const row = rowOf(m, i);
    for (let j = 0; j < n; j++) row[j] = draws.normal();
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < i; k++) {
        const other = rowOf(m, k);
        const dot = row.reduce((sum, v, j) => sum + v * (other[j] as number), 0);
        for (let j = 0; j < n; j++) row[j] = (row[j] as number) - dot * (other[j] as number);
      }
      const length = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
      for (let j = 0; j < n; j++) row[j] = (row[j] as number) / length;
    }
  }
  return m;
}

/** Walsh and Hadamard over the blocks of `stride` entries, not normalised. */
function hadamard(row: Float64Array, stride: number): void {
  for (let half = stride; half < row.length; half *= 2) {
    for (let start = 0; start < row.length; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const [a, b] = [row[i] as number, row[i + half] as number];
        row[i] = a + b;
        row[i + half] = a - b;
      }
    }
  }
}

/** The seeded rotation of rows of a width. */
export function rotationOf(size: number, seed: number): Rotation {
  const { odd, power } = oddPart(size);
  const draws = dice(seed, 'rotation');
  const signs = Float64Array.from({ length: size }, () => (draws.uniform() < 0.5 ? -1 : 1));
  const O = odd === 1 ? undefined : orthogonal(odd, draws);
  const normal = 1 / Math.sqrt(power);
  const block = new Float64Array(odd);
  const turn = (row: Float64Array): void => {
    for (let i = 0; i < size; i++) row[i] = (row[i] as number) * (signs[i] as number) * normal;
    for (let at = 0; O !== undefined && at < size; at += odd) {
      for (let i = 0; i < odd; i++) {
        let sum = 0;
        for (let j = 0; j < odd; j++) sum += (O.data[i * odd + j] as number) * (row[at + j] as number);
        block[i] = sum;
      }
      row.set(block, at);
    }
    hadamard(row, odd);
  };
  return {
    size,
    rows(matrix) {
      for (let i = 0; i < matrix.rows; i++) turn(rowOf(matrix, i));
    },
  };
}

/** The map that leaves everything as it is. */
export function noRotation(size: number): Rotation {
  return { size, rows: () => {} };
}

/** Q M for a matrix of `size` rows. */
export function rotateColumns(rotation: Rotation, matrix: FloatMatrix): FloatMatrix {
  const turned = transpose(matrix);
  rotation.rows(turned);
  return transpose(turned);
}
