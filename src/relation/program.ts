/**
 * Programs: tensors, and relations between them. A program says what is proven and nothing about how: no layout, no padding,
 * no challenge. spec/programs.md section 1.
 *
 * An *index* runs over 0 .. size - 1. A relation states something for every combination of its indices. A *view* names a
 * cell of a tensor by the indices of the relation that reads it; every view is public.
 */
import type { TableColumn } from '../tlookup/shape.ts';

/** A named index and how far it runs. */
export interface Index {
  readonly name: string;
  readonly size: number;
}

/** Least and greatest value, both possible. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** A tensor that a relation can read. */
export type Tensor =
  /** Committed once, hidden. Its cells are any elements of F. */
  | {
      readonly kind: 'static';
      readonly name: string;
      readonly shape: readonly number[];
      /** Index of the committed group that holds it. Default 0. */
      readonly group?: number;
    }
  /** Committed by the proof, hidden. `range` is claimed here and proven by a lookup on every cell. */
  | {
      readonly kind: 'witness';
      readonly name: string;
      readonly shape: readonly number[];
      readonly range?: Range;
    }
  /**
   * Known to the verifier: integers below p in absolute value, row-major. `source` are 32 bytes that determine them for whoever states the
   * program, and are digested in their place: numbers that are drawn from a seed are named by it.
   */
  | {
      readonly kind: 'public';
      readonly name: string;
      readonly shape: readonly number[];
      readonly values: ArrayLike<number>;
      readonly source?: Uint8Array;
    };

/** One coordinate of a view. */
export type Coordinate =
  /** offset + sum of stride * index. No parts: a fixed coordinate. Strides are positive. */
  | {
      readonly kind: 'affine';
      readonly parts: readonly { readonly index: string; readonly stride: number }[];
      readonly offset: number;
    }
  /** positions[index]: a public choice of rows. */
  | { readonly kind: 'gather'; readonly index: string; readonly positions: readonly number[] };

/** A tensor, or a virtual tensor, read at coordinates. */
export interface View {
  readonly tensor: string;
  readonly coordinates: readonly Coordinate[];
}

/** 1 where from[row] <= column < to[row], else 0: causal, windowed and segmented attention. */
export interface Mask {
  readonly row: string;
  readonly column: string;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** coefficient * sum over `sums` of mask * product of views; without views a constant. */
export interface Term {
  /** An integer; counts modulo p. */
  readonly coefficient: number;
  /** None, one or two. A view of a virtual tensor stands alone, in a term without sums and mask. */
  readonly views: readonly View[];
  readonly sums: readonly Index[];
  readonly mask?: Mask;
}

/** A tensor defined by a sum of terms, never committed. */
export interface Virtual {
  readonly name: string;
  readonly indices: readonly Index[];
  readonly terms: readonly Term[];
  /**
   * `proven`: its integer value fits in (-p/2, p/2) for all inputs. `residue`: its value is by definition the residue of least
   * absolute value; allowed only where it is cut into digits in one way.
   */
  readonly range: 'proven' | 'residue';
}

/** A public table, named. Tables get the tags 1, 2, .. in their order. */
export interface Table {
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly TableColumn[];
}

export type Relation =
  /** For all indices the entries are a row of the table. */
  | {
      readonly kind: 'lookup';
      readonly name: string;
      readonly indices: readonly Index[];
      readonly table: string;
      /** One sum of terms for every column of the table. */
      readonly entries: readonly (readonly Term[])[];
    }
  /** For all indices the terms add up to zero. */
  | {
      readonly kind: 'zero';
      readonly name: string;
      readonly indices: readonly Index[];
      readonly terms: readonly Term[];
    };

export interface Program {
  readonly tensors: readonly Tensor[];
  readonly tables: readonly Table[];
  readonly virtuals: readonly Virtual[];
  readonly relations: readonly Relation[];
}
