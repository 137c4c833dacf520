/** Brings operands together: one context, one dtype, one shape. */
import { scalarTensor } from './elements.ts';
import { broadcastShapes, describe } from './shape.ts';
import { domainOf, isTensor, type Dtype, type Operand, type Tensor, type TensorContext } from './tensor.ts';
import { broadcastTo } from './views.ts';
import { to } from './convert.ts';

const WIDTH: readonly Dtype[] = ['int8', 'int16', 'int32', 'int64', 'F', 'K'];

/** The smallest dtype that stores the elements of both. */
export function widerDtype(a: Dtype, b: Dtype): Dtype {
  return WIDTH.indexOf(a) >= WIDTH.indexOf(b) ? a : b;
}

/** The dtype in which operands are computed with: at least int32 over the integers. */
export function commonDtype(a: Dtype, b: Dtype): Dtype {
  return widerDtype(widerDtype(a, b), 'int32');
}

/** @throws TypeError unless `a` is a tensor of `context` */
export function checkTensor(argument: string, a: Tensor, context: TensorContext): Tensor {
  if (!isTensor(a)) throw new TypeError(`${argument}: expected a tensor, got ${describe(a)}`);
  if (a.context !== context) {
    throw new TypeError(
      `${argument}: expected a tensor of the same context, got one over ${a.context.K.name} made by another`,
    );
  }
  return a;
}

/** @throws TypeError unless the tensor is over the integers */
export function checkIntegers(argument: string, a: Tensor): void {
  if (domainOf(a.dtype) !== 'Z') {
    throw new TypeError(`${argument}: expected an integer tensor (int8 to int64), got dtype ${a.dtype}`);
  }
}

/** A tensor or scalar operand as a tensor of the same context as `a`. */
export function operand(argument: string, a: Tensor, b: Operand): Tensor {
  return isTensor(b) ? checkTensor(argument, b, a.context) : scalarTensor(a.context, a.dtype, b, argument);
}

/** Two operands in their common dtype, broadcast to one shape (views where possible). */
export interface Pair {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** @throws TypeError for foreign operands, RangeError naming both shapes where they do not broadcast */
export function pairOf(op: string, a: Tensor, b: Operand): Pair {
  const other = operand(`${op}: b`, a, b);
  const shape = broadcastShapes(`${op}: b`, a.shape, other.shape);
  const dtype = commonDtype(a.dtype, other.dtype);
  return { a: broadcastTo(to(a, dtype), shape), b: broadcastTo(to(other, dtype), shape), dtype, shape };
}
