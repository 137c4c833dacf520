/** Where tensors come from: the choice of field and of kernels, once per program. */
import type { ExtensionField } from '../field/field.ts';
import { quintic } from '../field/quintic.ts';
import { referenceKernels, wasmKernels, type Kernels, type WasmOptions } from '../kernels/index.ts';
import { contextMethods, tensorPrototype, type ContextMethods } from './methods.ts';
import { describe } from './shape.ts';
import type { TensorContext } from './tensor.ts';

export interface TensorOptions {
  /**
   * K over F. Default: KoalaBear and its extension of degree 5. Any other field (`extensionField`,
   * `primeField`) runs on reference kernels.
   */
  readonly field?: ExtensionField;
  /**
   * `wasm`: WebAssembly SIMD, the default for the default field; `reference`: plain TypeScript, the same results
   * bit for bit, slower; or kernels that were made already, which stay the caller's to close.
   */
  readonly kernels?: 'wasm' | 'reference' | Kernels;
  /** Threads and memory of the WebAssembly kernels. */
  readonly wasm?: WasmOptions;
}

/** Makes tensors: creation, `einsum`, `concat` and the like. Tensors of different contexts do not mix. */
export interface Tensors extends TensorContext, ContextMethods {
  /**
   * Ends the threads of kernels that this context started. Existing tensors can still be viewed and read;
   * operations that need kernels throw an Error. Optional in Node: sleeping threads keep no program alive.
   */
  close(): Promise<void>;
}

/**
 * Starts a tensor library.
 *
 * @throws TypeError or RangeError for options that contradict each other; Error where WebAssembly SIMD is
 *   missing (use `kernels: 'reference'` there)
 * @example
 * const tensors = await createTensors({ kernels: 'reference' });
 * tensors.arange(3).sum().item(); // 3
 * await tensors.close();
 */
export async function createTensors(options: TensorOptions = {}): Promise<Tensors> {
  const { kernels, owned } = await chooseKernels(options);
  let closed = false;
  const context = Object.assign(Object.create(contextMethods() as object) as ContextMethods, {
    F: kernels.ext.base,
    K: kernels.ext,
    methods: tensorPrototype(),
    async close() {
      closed = true;
      if (owned) await kernels.close();
    },
  });
  Object.defineProperty(context, 'kernels', {
    enumerable: true,
    get() {
      if (closed) throw new Error('tensors: expected an open context, got one after close()');
      return kernels;
    },
  });
  return context as unknown as Tensors;
}

async function chooseKernels(options: TensorOptions): Promise<{ kernels: Kernels; owned: boolean }> {
  const field = options.field ?? quintic;
  const choice = options.kernels ?? (field === quintic ? 'wasm' : 'reference');
  if (typeof choice === 'object') {
    if (options.field !== undefined && options.field !== choice.ext) {
      throw new TypeError(
        `createTensors: field: expected that of the kernels, ${choice.ext.name}, got ${field.name}`,
      );
    }
    return { kernels: choice as Kernels, owned: false };
  }
  if (choice === 'reference') return { kernels: referenceKernels(field) as Kernels, owned: true };
  if (choice !== 'wasm') {
    throw new TypeError(
      `createTensors: kernels: expected 'wasm', 'reference' or kernels, got ${describe(choice)}`,
    );
  }
  if (field !== quintic) {
    throw new TypeError(
      `createTensors: kernels: expected 'reference' for ${field.name}, got 'wasm' (which has ${quintic.name} only)`,
    );
  }
  return { kernels: (await wasmKernels(options.wasm)) as Kernels, owned: true };
}
