/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '9d9e28ae0f6eeca6ff4b7574d973be88607883759ec2f1c0baed21bca17a2f76',
  shared: '77abd94ac696f3c3e7b9b1882c88ae53dbe20e2791c5e458ebf757d412330a37',
};
