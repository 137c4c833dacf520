/**
 * Operations are functions whose first argument is the tensor (or the context); here they become methods of
 * it. `a.add(b)` and `add(a, b)` are the same call with the same documentation.
 */
import * as convert from './convert.ts';
import * as create from './create.ts';
import * as einsum from './einsum.ts';
import * as elementwise from './elementwise.ts';
import * as integers from './integers.ts';
import * as eq from './eq.ts';
import * as join from './join.ts';
import * as matmul from './matmul.ts';
import * as multilinear from './multilinear.ts';
import * as reduce from './reduce.ts';
import * as select from './select.ts';
import type { Tensor, TensorContext } from './tensor.ts';
import * as views from './views.ts';

/** The functions of a module without their first argument. */
type Bound<Module, First> = {
  readonly [Name in keyof Module]: Module[Name] extends (first: First, ...rest: infer Rest) => infer Result
    ? (...rest: Rest) => Result
    : never;
};

type OfTensor<Module> = Bound<Module, Tensor>;
type OfContext<Module> = Bound<Module, TensorContext>;

/** Methods of every tensor. */
export interface TensorMethods
  extends
    OfTensor<typeof convert>,
    OfTensor<typeof elementwise>,
    OfTensor<typeof integers>,
    OfTensor<typeof matmul>,
    OfTensor<typeof multilinear>,
    OfTensor<typeof reduce>,
    OfTensor<typeof select>,
    OfTensor<typeof views> {}

/** Methods of the object that `createTensors` returns. */
export interface ContextMethods
  extends OfContext<typeof create>, OfContext<typeof einsum>, OfContext<typeof eq>, OfContext<typeof join> {}

type Operation = (first: unknown, ...rest: unknown[]) => unknown;

function bind(modules: readonly object[]): Record<string | symbol, unknown> {
  const methods: Record<string | symbol, unknown> = {};
  for (const module of modules) {
    for (const [name, operation] of Object.entries(module) as [string, Operation][]) {
      methods[name] = function (this: unknown, ...rest: unknown[]): unknown {
        return operation(this, ...rest);
      };
    }
  }
  return methods;
}

/** The prototype of tensors; Node prints them by `toString`. */
export function tensorPrototype(): object {
  const methods = bind([convert, elementwise, integers, matmul, multilinear, reduce, select, views]);
  methods[Symbol.for('nodejs.util.inspect.custom')] = methods['toString'];
  return methods;
}

/** The methods of a context. */
export function contextMethods(): ContextMethods {
  return bind([create, einsum, eq, join]) as unknown as ContextMethods;
}
