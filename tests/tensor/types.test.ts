/** The types of methods are those of the functions without their first argument (checked by the compiler). */
import { expectTypeOf, test } from 'vitest';
import type { Nested, Operand, Range, Tensor, Tensors } from '../../src/tensor/index.ts';

type Lost<T> = { [N in keyof T]: [T[N]] extends [never] ? N : never }[keyof T];

test('methods of tensors', () => {
  expectTypeOf<Tensor['add']>().parameters.toEqualTypeOf<[b: Operand]>();
  expectTypeOf<Tensor['add']>().returns.toEqualTypeOf<Tensor>();
  expectTypeOf<Tensor['slice']>().parameters.toEqualTypeOf<(number | Range | null)[]>();
  expectTypeOf<Tensor['toArray']>().returns.toEqualTypeOf<Nested>();
  expectTypeOf<Tensor['matmul']>().parameters.toEqualTypeOf<[b: Tensor]>();
});

test('methods of contexts', () => {
  expectTypeOf<Tensors['einsum']>().parameters.toEqualTypeOf<[subscripts: string, ...operands: Tensor[]]>();
  expectTypeOf<Tensors['arange']>().returns.toEqualTypeOf<Tensor>();
  // No method is lost: a function that did not fit would have become `never`.
  expectTypeOf<Lost<Tensor>>().toBeNever();
  expectTypeOf<Lost<Tensors>>().toBeNever();
  expectTypeOf<Lost<{ a: never; b: 1 }>>().toEqualTypeOf<'a'>();
});
