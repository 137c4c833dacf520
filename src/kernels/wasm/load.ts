/**
 * Decodes, checks and compiles the kernel binary that tools/build-kernels.mjs embedded. The binary must be the one whose
 * digest is pinned in the sources: whoever can change what a package manager delivers would otherwise change what provers
 * compute and what becomes of their secrets.
 */
import { blake3 } from '../../hash/blake3.ts';
import { KERNEL_BLAKE3 } from './digest.ts';

/** The two builds of the same sources: with shared memory for threads, without for everything else. */
export type Variant = 'single' | 'shared';

/**
 * @throws Error for a binary with another digest than the pinned one; WebAssembly.CompileError where 128-bit SIMD is
 *   missing
 */
export async function loadModule(variant: Variant): Promise<WebAssembly.Module> {
  const { base64 } =
    variant === 'shared' ? await import('./generated/shared.ts') : await import('./generated/single.ts');
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return compileKernels(bytes, variant);
}

/** Compiles a kernel binary. @throws as `loadModule` */
export function compileKernels(
  bytes: Uint8Array<ArrayBuffer>,
  variant: Variant,
): Promise<WebAssembly.Module> {
  const digest = Array.from(blake3(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (digest !== KERNEL_BLAKE3[variant]) {
    throw new Error(
      `kernels: ${variant}: expected a binary with BLAKE3 ${KERNEL_BLAKE3[variant]}, got ${digest}`,
    );
  }
  return WebAssembly.compile(bytes);
}
