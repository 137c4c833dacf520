// Transforms: layers on rows, slices of a larger transform, encoding, evaluation at positions and its transpose.
export * from './slice';
export * from './evaluate';
export * from './transpose';
export * from './powers';
export * from './interleave';
