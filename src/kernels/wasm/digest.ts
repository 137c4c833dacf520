/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'a9f2cfb9783d30e6615a0764e6200d1b377144549a54ed8aa7317b9cef7f84df',
  shared: 'af9ddb18d0f8dcd28cd74cba5af6ab2056b4212e724e04a56dd917a809b02077',
};
