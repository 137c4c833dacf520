/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'ee5f16fb9d66d31939aee217694afd669ecfebd4b5eeae2a996b1970d8652f71',
  shared: '385fc8f8fbd69df8ac16d12ed6ba4027f6980ac5187fa7e4d01f6163f702c2d8',
};
