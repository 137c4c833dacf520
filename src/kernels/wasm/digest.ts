/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'eca60a879f6fc87135f65267b5f306ce6bbe9c172bb91b4fc5deae832704df3b',
  shared: '486ee05a8b2d6960a8442aa23040c1c5a19921c9295278024160fea4a2cc06c0',
};
