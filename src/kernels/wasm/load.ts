/** Decodes and compiles the kernel binary that tools/build-kernels.mjs embedded. */

/** The two builds of the same sources: with shared memory for threads, without for everything else. */
export type Variant = 'single' | 'shared';

/** @throws WebAssembly.CompileError where 128-bit SIMD is missing */
export async function loadModule(variant: Variant): Promise<WebAssembly.Module> {
  const { base64 } =
    variant === 'shared' ? await import('./generated/shared.ts') : await import('./generated/single.ts');
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return WebAssembly.compile(bytes);
}
