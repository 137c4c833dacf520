/**
 * Contraction of labelled tensors: the engine of `einsum` and `matmul`. Operands are contracted in the order
 * given, two at a time; each pair becomes one batched matrix product.
 */
import { narrow } from './elements.ts';
import { gemm } from './gemm.ts';
import { commonDtype, widerDtype } from './operands.ts';
import { show, sizeOf, stridesOf } from './shape.ts';
import {
  compact,
  domainOf,
  makeTensor,
  type Dtype,
  type IntegerDtype,
  type Tensor,
  type TensorContext,
} from './tensor.ts';
import { to } from './convert.ts';
import { sum } from './reduce.ts';
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
  const result = sumOut(current, new Set(output), integers);
  const ordered = permute(
    result.tensor,
    output.map((label) => result.labels.indexOf(label)),
  );
  if (!integers) return to(ordered, dtype);
  const nameOf = (i: number): string => resultName(op, output, ordered.shape, i);
  if (ordered.dtype === dtype) return ordered;
  const data = narrow(context, compact(ordered), dtype as IntegerDtype, nameOf);
  return makeTensor(context, dtype, ordered.shape, data);
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
function sumOut({ tensor, labels }: Labelled, keep: ReadonlySet<string>, integers: boolean): Labelled {
  const axes = labels.flatMap((label, axis) => (keep.has(label) ? [] : [axis]));
  if (axes.length === 0) return { tensor, labels };
  const wide = integers ? to(tensor, 'int64') : to(tensor, widerDtype('F', tensor.dtype));
  return { tensor: sum(wide, axes), labels: labels.filter((label) => keep.has(label)) };
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
  let a = sumOut(first, new Set([...keep, ...second.labels]), integers);
  let b = sumOut(second, new Set([...keep, ...first.labels]), integers);
  const batch = a.labels.filter((label) => b.labels.includes(label) && keep.has(label));
  const inner = a.labels.filter((label) => b.labels.includes(label) && !keep.has(label));
  const free = ({ labels }: Labelled): string[] =>
    labels.filter((label) => !batch.includes(label) && !inner.includes(label));
  // Inner loops run over the free axes of the second operand: let it be the one with more of them.
  if (sizeOfLabels(a, free(a)) > sizeOfLabels(b, free(b))) [a, b] = [b, a];
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
  const matrix = (
    x: Labelled,
    order: readonly string[],
  ): { dtype: Dtype; data: ReturnType<typeof compact> } => {
    const promoted = integers || x.tensor.dtype === 'K' ? x.tensor : to(x.tensor, 'F');
    const axes = order.map((label) => x.labels.indexOf(label));
    return { dtype: promoted.dtype, data: compact(permute(promoted, axes)) };
  };
  const data = gemm(
    context,
    pair,
    shape,
    matrix(a, [...batch, ...rows, ...inner]),
    matrix(b, [...batch, ...inner, ...columns]),
    (i) => resultName(op, labels, sizes, i),
  );
  return { tensor: makeTensor(context, pair, sizes, data), labels };
}

function sizeOfLabels({ tensor, labels }: Labelled, of: readonly string[]): number {
  return sizeOf(of.map((label) => tensor.shape[labels.indexOf(label)] as number));
}

/** `op: result[i=1, k=0]`. */
function resultName(op: string, labels: readonly string[], sizes: readonly number[], flat: number): string {
  const index = stridesOf(sizes).map((stride, axis) => Math.floor(flat / stride) % (sizes[axis] as number));
  return `${op}: result[${labels.map((label, axis) => `${label}=${index[axis]}`).join(', ')}]`;
}
