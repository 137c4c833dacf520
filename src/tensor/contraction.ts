/**
 * Contraction of labelled tensors: the engine of `einsum` and `matmul`. Operands are contracted in the order
 * given, two at a time; each pair becomes one batched matrix product.
 */
import { narrow } from './elements.ts';
import { gemm, type Matrix } from './gemm.ts';
import { commonDtype, widerDtype } from './operands.ts';
import { show, sizeOf, stridesOf } from './shape.ts';
import {
  compact,
  domainOf,
  isContiguous,
  makeTensor,
  type Dtype,
  type IntegerDtype,
  type Tensor,
  type TensorContext,
} from './tensor.ts';
import { to } from './convert.ts';
import { sumOver } from './sums.ts';
import { permute } from './views.ts';

/** A tensor whose axes carry distinct labels. */
export interface Labelled {
  readonly tensor: Tensor;
  readonly labels: readonly string[];
}

/**
 * sum over all labels that `output` lacks of the product of the operands, with axes in the order of `output`.
 *
 * @param op names the operation in errors
 * @throws RangeError naming the operand whose size of a label differs, or the first result out of range
 */
export function contract(
  op: string,
  context: TensorContext,
  operands: readonly Labelled[],
  output: readonly string[],
): Tensor {
  checkSizes(op, operands);
  const dtype = operands.map(({ tensor }) => tensor.dtype).reduce(commonDtype, 'int32');
  const integers = domainOf(dtype) === 'Z';
  if (operands.length === 1) return sumOfOne(op, operands[0] as Labelled, output);
  // Integers: whatever is not the final product of two operands is computed in int64 and narrowed at the end.
  const direct = operands.length === 2 && alone(operands, output).every((labels) => labels.length === 0);
  const work: Dtype = integers && !direct ? 'int64' : dtype;
  let [current, ...rest] = operands as [Labelled, ...Labelled[]];
  while (rest.length > 0) {
    const [next, ...later] = rest as [Labelled, ...Labelled[]];
    const keep = new Set([...output, ...later.flatMap(({ labels }) => labels)]);
    current = contractPair(op, context, work, current, next, keep);
    rest = later;
  }
  const result = sumOut(op, current, new Set(output), integers);
  const ordered = arranged(result, output);
  if (!integers) return to(ordered, dtype);
  const nameOf = (i: number): string => resultName(op, output, ordered.shape, i);
  if (ordered.dtype === dtype) return ordered;
  const data = narrow(context, compact(ordered), dtype as IntegerDtype, nameOf);
  return makeTensor(context, dtype, ordered.shape, data);
}

/** The axes of the output first: then results are in order, and so are the names of those out of range. */
function sumOfOne(op: string, operand: Labelled, output: readonly string[]): Tensor {
  const summed = operand.labels.filter((label) => !output.includes(label));
  const tensor = arranged(operand, [...output, ...summed]);
  const axes = summed.map((_, k) => output.length + k);
  return axes.length === 0 ? to(tensor, commonDtype(tensor.dtype, tensor.dtype)) : sumOver(op, tensor, axes);
}

/** Every label has one size. @throws RangeError naming the first operand that disagrees */
function checkSizes(op: string, operands: readonly Labelled[]): void {
  const sizes = new Map<string, number>();
  operands.forEach(({ tensor, labels }, k) => {
    labels.forEach((label, axis) => {
      const size = tensor.shape[axis] as number;
      const expected = sizes.get(label) ?? size;
      if (size !== expected) {
        throw new RangeError(
          `${op}: operands[${k}]: expected size ${expected} for '${label}', got ${size} in ${show(tensor.shape)}`,
        );
      }
      sizes.set(label, size);
    });
  });
}

/** Per operand: labels that neither another operand nor the output has. */
function alone(operands: readonly Labelled[], output: readonly string[]): string[][] {
  return operands.map(({ labels }, k) =>
    labels.filter(
      (label) =>
        !output.includes(label) && !operands.some((other, i) => i !== k && other.labels.includes(label)),
    ),
  );
}

/** Sums over the labels that are not kept. */
function sumOut(
  op: string,
  { tensor, labels }: Labelled,
  keep: ReadonlySet<string>,
  integers: boolean,
): Labelled {
  const axes = labels.flatMap((label, axis) => (keep.has(label) ? [] : [axis]));
  if (axes.length === 0) return { tensor, labels };
  const wide = integers ? to(tensor, 'int64') : to(tensor, widerDtype('F', tensor.dtype));
  return { tensor: sumOver(op, wide, axes), labels: labels.filter((label) => keep.has(label)) };
}

/** One batched matrix product: labels of both that are kept are the batch, labels of both that are not sum. */
function contractPair(
  op: string,
  context: TensorContext,
  dtype: Dtype,
  first: Labelled,
  second: Labelled,
  keep: ReadonlySet<string>,
): Labelled {
  const integers = domainOf(dtype) === 'Z';
  let a = sumOut(op, first, new Set([...keep, ...second.labels]), integers);
  let b = sumOut(op, second, new Set([...keep, ...first.labels]), integers);
  const batch = a.labels.filter((label) => b.labels.includes(label) && keep.has(label));
  const inner = a.labels.filter((label) => b.labels.includes(label) && !keep.has(label));
  const free = ({ labels }: Labelled): string[] =>
    labels.filter((label) => !batch.includes(label) && !inner.includes(label));
  const order = (x: Labelled, side: 'left' | 'right'): string[] =>
    side === 'left' ? [...batch, ...free(x), ...inner] : [...batch, ...inner, ...free(x)];
  if (shouldSwap(a, b, free, (x) => order(x, 'left'))) [a, b] = [b, a];
  const [rows, columns] = [free(a), free(b)];
  const pair: Dtype = integers ? dtype : widerDtype('F', widerDtype(a.tensor.dtype, b.tensor.dtype));
  const shape = {
    batch: sizeOfLabels(a, batch),
    m: sizeOfLabels(a, rows),
    k: sizeOfLabels(a, inner),
    n: sizeOfLabels(b, columns),
  };
  const labels = [...batch, ...rows, ...columns];
  const sizes = labels.map((label) => sizeOfLabels(a.labels.includes(label) ? a : b, [label]));
  const data = gemm(
    context,
    pair,
    shape,
    matrixOf(a, order(a, 'left'), pair, b),
    matrixOf(b, order(b, 'right'), pair, a),
    (i) => resultName(op, labels, sizes, i),
  );
  return { tensor: makeTensor(context, pair, sizes, data), labels };
}

/** Weights that the fold kernels take as they are: they are neither copied nor converted. */
function isFold(weights: Labelled, other: Labelled): boolean {
  const { dtype } = weights.tensor;
  return (dtype === 'int8' || dtype === 'int16') && other.tensor.dtype === 'K';
}

/**
 * Whether b should be the left operand. Weights of a fold go where they need no copy. Otherwise inner loops run
 * over the free axes of the right operand: let it be the one with more of them.
 */
function shouldSwap(
  a: Labelled,
  b: Labelled,
  free: (x: Labelled) => readonly string[],
  leftOrder: (x: Labelled) => readonly string[],
): boolean {
  if (isFold(a, b)) return !isContiguous(arranged(a, leftOrder(a)));
  if (isFold(b, a)) return isContiguous(arranged(b, leftOrder(b)));
  return sizeOfLabels(a, free(a)) > sizeOfLabels(b, free(b));
}

function arranged({ tensor, labels }: Labelled, order: readonly string[]): Tensor {
  return permute(
    tensor,
    order.map((label) => labels.indexOf(label)),
  );
}

/** Compact storage of an operand, integers as residues unless integers or folds are computed. */
function matrixOf(x: Labelled, order: readonly string[], dtype: Dtype, other: Labelled): Matrix {
  const keeps = domainOf(dtype) === 'Z' || x.tensor.dtype === 'K' || isFold(x, other);
  const tensor = arranged(keeps ? x : { ...x, tensor: to(x.tensor, 'F') }, order);
  return { dtype: tensor.dtype, data: compact(tensor) };
}

function sizeOfLabels({ tensor, labels }: Labelled, of: readonly string[]): number {
  return sizeOf(of.map((label) => tensor.shape[labels.indexOf(label)] as number));
}

/** `op: result[i=1, k=0]`. */
function resultName(op: string, labels: readonly string[], sizes: readonly number[], flat: number): string {
  const index = stridesOf(sizes).map((stride, axis) => Math.floor(flat / stride) % (sizes[axis] as number));
  return `${op}: result[${labels.map((label, axis) => `${label}=${index[axis]}`).join(', ')}]`;
}
