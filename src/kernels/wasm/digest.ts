/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'f12493ab8f1ef3ac1f101dbfe714864abe76333ffaca397f561226db9df0bacb',
  shared: '98ccbc932a3d1f514dba6ab717b56501d044717b5066405b34751d326b292741',
};
