/** Which part of which stored tensor each weight is: the record of a family applied to an architecture. */
import type { FamilyRecord, Place } from './families.ts';
import {
  type Architecture,
  type GlobalWeight,
  type LayerWeight,
  rowsAndColumns,
  type WeightName,
  weightShapes,
} from './model.ts';

/** The stored name of a head; it takes no prefix. A tied model may store it too. */
export const HEAD_TENSOR = 'lm_head.weight';

/** A weight and its place. Several weights can share a tensor. */
export interface Placement {
  readonly name: WeightName;
  readonly tensor: string;
  /** Shape of the stored tensor. */
  readonly shape: readonly number[];
  /** Rows of the weight are columns of the tensor. */
  readonly transposed: boolean;
  /** First row (or column, if transposed) of the tensor that belongs to the weight. */
  readonly first: number;
}

/**
 * Every weight of the architecture with its place.
 * @param prefix one of `record.prefixes`
 * @throws TypeError for a record without a place for some weight
 */
export function placements(record: FamilyRecord, architecture: Architecture, prefix: string): Placement[] {
  return [...weightShapes(architecture)].map(([name, shape]) => {
    const { place, layer } = placeOf(record, name);
    const [rows, columns] = rowsAndColumns(shape);
    const bare = place.from.replace('{}', layer);
    const transposed = place.transposed === true && shape.length === 2;
    const storedRows = place.part === undefined ? rows + (place.skip ?? 0) : rows * place.part[1];
    const matrix = transposed ? [columns, storedRows] : [storedRows, columns];
    return {
      name,
      tensor: name === 'head' ? bare : prefix + bare,
      shape: shape.length === 1 ? [storedRows] : matrix,
      transposed,
      first: place.part === undefined ? (place.skip ?? 0) : rows * place.part[0],
    };
  });
}

function placeOf(record: FamilyRecord, name: WeightName): { place: Place; layer: string } {
  const inLayer = /^layers\.(\d+)\.(.*)$/.exec(name);
  const place =
    inLayer === null ? record.globals[name as GlobalWeight] : record.layer[inLayer[2] as LayerWeight];
  if (place === undefined) throw new TypeError(`record: expected a place for ${name} in ${record.family}`);
  return { place, layer: inLayer?.[1] ?? '' };
}
