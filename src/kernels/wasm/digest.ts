/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'b83ee62de6f3f428cc839e0e9427b643bf04cba88ce320d9f439c9c71aa0506b',
  shared: '40e2d6ebede667253941e9e43060d911486f86c90aec7e15cd3a7ad1f8bc4097',
};
