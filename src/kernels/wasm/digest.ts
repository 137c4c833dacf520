/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '9dcaf3e4badf19280b24947a9fe63d382f59bfedd6ffa9a18ebe27007db2333c',
  shared: 'e8fd8f2cfe0b72b3d98adfb333e97dbe6de0533bc8566cf0187a485033db752f',
};
