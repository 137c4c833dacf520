/**
 * Chooses kernels once: WebAssembly where it works and is what it should be, the definition otherwise, with a sentence that
 * says so. Nothing is printed; what to do with the notice is the caller's business.
 */
import type { ExtensionField } from '../field/field.ts';
import { quintic } from '../field/quintic.ts';
import type { Kernels } from './contract.ts';
import { referenceKernels } from './reference/index.ts';
import { wasmKernels, type WasmOptions } from './wasm/index.ts';

export interface ChosenKernels {
  readonly kernels: Kernels;
  /** Why the slow definition was chosen; undefined when WebAssembly runs. */
  readonly notice: string | undefined;
}

/**
 * WebAssembly kernels, or the definition with the reason.
 *
 * @param field any field but the production one has the definition only
 * @param start for tests: starts the WebAssembly kernels
 * @throws RangeError for options out of range
 * @example
 * const { kernels, notice } = await chooseKernels();
 * if (notice !== undefined) console.warn(notice);
 */
export async function chooseKernels(
  options: WasmOptions = {},
  field: ExtensionField = quintic,
  start: (options: WasmOptions) => Promise<Kernels> = wasmKernels,
): Promise<ChosenKernels> {
  if (field.name !== quintic.name) return { kernels: referenceKernels(field), notice: undefined };
  try {
    return { kernels: await start(options), notice: undefined };
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw error; // the caller's mistake
    const reason = error instanceof Error ? error.message : String(error);
    return {
      kernels: referenceKernels(field),
      notice: `kernels: the slow TypeScript definition is used, about a hundred times slower: ${reason}`,
    };
  }
}
