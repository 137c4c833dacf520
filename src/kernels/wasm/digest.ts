/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '136a7e9ff9e2821de05716bd8af3f0f35f7db79f9dcade010a803cc3a24e2506',
  shared: '6c59fa2660e0b6610b9a2352ac4a62bb592347bf2cdac6cfea2e3a142da37c11',
};
