/** What the functions of the transform family share. */
import type { BaseField, ExtensionField, Fe } from '../../field/field.ts';
import type { Message, NttKernels } from '../contract/ntt.ts';
import type { Engine } from './engine.ts';
import type { NttTables } from './ntt-tables.ts';

export interface NttContext {
  readonly engine: Engine;
  readonly K: ExtensionField;
  readonly F: BaseField;
  readonly radix: Fe;
  readonly tables: NttTables;
  /** The definition, which serves sizes below the kernels' smallest. */
  readonly definition: NttKernels;
}

/** How kernels name the type of a message. */
export function messageKind(message: Message): number {
  if (message instanceof Uint32Array) return 0;
  if (message instanceof Int32Array) return 1;
  return message instanceof Int16Array ? 2 : 3;
}
