/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'e0ce5a7807e754ad238bf7644e8e9ab18d39a635a9f672b358b82b89efdca90e',
  shared: '20255d12b692e15fd40adc1052f92e9f5927e822567d891367852ec2190abe4c',
};
