/** Random chains of views, applied to a tensor and to its oracle alike. */
import type { Range, Tensor } from '../../src/tensor/index.ts';
import { shuffled, valuesOf, type Element, type Naive } from './oracle.ts';

interface Both {
  readonly tensor: Tensor;
  readonly naive: Naive;
}

type Step = (both: Both, next: () => number) => Both;

const permute: Step = ({ tensor, naive }, next) => {
  const order = shuffled(naive.shape.length, next);
  return {
    tensor: tensor.permute(order),
    naive: {
      shape: order.map((axis) => naive.shape[axis] as number),
      at: (index) => naive.at(order.map((_, axis) => index[order.indexOf(axis)] as number)),
    },
  };
};

/** What Python's `range(n)[start:stop:step]` yields, by walking. */
export function pythonRange(n: number, [start, stop, step]: Range): number[] {
  const by = step ?? 1;
  const all = Array.from({ length: n }, (_, i) => i);
  const from = start === null || start === undefined ? (by > 0 ? 0 : n - 1) : start < 0 ? start + n : start;
  const to =
    stop === null || stop === undefined ? (by > 0 ? n : -1) : stop < 0 ? Math.max(stop + n, -1) : stop;
  const picked: number[] = [];
  // Positions outside are walked over; what lies inside is kept, from the cut start.
  const first = by > 0 ? Math.max(from, 0) : Math.min(from, n - 1);
  for (let i = first; by > 0 ? i < to : i > to; i += by) if (all[i] !== undefined) picked.push(i);
  return picked;
}

const slice: Step = ({ tensor, naive }, next) => {
  const bound = (n: number): number | null => (next() % 3 === 0 ? null : (next() % (2 * n + 5)) - n - 2);
  const ranges = naive.shape.map((n): number | Range | null => {
    const kind = next() % 6;
    if (kind === 0 && n > 0) return (next() % (2 * n)) - n;
    if (kind === 1) return null;
    return [bound(n), bound(n), [1, 1, 2, 3, -1, -2, null][next() % 7] as number | null];
  });
  const picks = ranges.map((range, axis) => {
    const n = naive.shape[axis] as number;
    if (typeof range === 'number') return range < 0 ? range + n : range;
    return pythonRange(n, range ?? []);
  });
  const lists = picks.filter((pick) => typeof pick !== 'number');
  return {
    tensor: tensor.slice(...ranges),
    naive: {
      shape: lists.map((list) => list.length),
      at: (index) => {
        const rest = [...index];
        return naive.at(
          picks.map((pick) => (typeof pick === 'number' ? pick : (pick[rest.shift() as number] as number))),
        );
      },
    },
  };
};

/** The elements in row-major order under another shape. */
function reshaped(naive: Naive, shape: readonly number[]): Naive {
  const values: readonly Element[] = valuesOf(naive);
  const at = (index: readonly number[]): Element =>
    values[index.reduce((position, i, axis) => position * (shape[axis] as number) + i, 0)] as Element;
  return { shape, at };
}

const reshape: Step = ({ tensor, naive }, next) => {
  const size = naive.shape.reduce((product, dim) => product * dim, 1);
  const shape: number[] = [];
  let rest = size;
  for (let k = next() % 3; k >= 0; k--) {
    const divisors = [1, 2, 3, 4, 5].filter((d) => rest % d === 0);
    const divisor = size === 0 ? next() % 3 : (divisors[next() % divisors.length] as number);
    shape.push(divisor);
    rest /= divisor === 0 ? 1 : divisor;
  }
  shape.push(size === 0 ? 0 : rest);
  const open = next() % 2 === 0 && size > 0 ? shape.with(next() % shape.length, -1) : shape;
  return { tensor: tensor.reshape(open), naive: reshaped(naive, shape) };
};

const broadcast: Step = ({ tensor, naive }, next) => {
  if (naive.shape.length > 4) return { tensor, naive };
  const added = next() % 2;
  const stretched = naive.shape.map((n) => (n === 1 ? next() % 4 : n));
  const shape = [...(added ? [next() % 3] : []), ...stretched];
  return {
    tensor: tensor.broadcastTo(shape),
    naive: {
      shape,
      at: (index) => naive.at(index.slice(added).map((i, axis) => (naive.shape[axis] === 1 ? 0 : i))),
    },
  };
};

const flip: Step = ({ tensor, naive }, next) => {
  const axes = naive.shape.map((_, axis) => axis).filter(() => next() & 1);
  const at: Naive['at'] = (index) =>
    naive.at(index.map((i, axis) => (axes.includes(axis) ? (naive.shape[axis] as number) - 1 - i : i)));
  return { tensor: tensor.flip(axes), naive: { shape: naive.shape, at } };
};

const unsqueeze: Step = ({ tensor, naive }, next) => {
  if (naive.shape.length > 4) return { tensor: tensor.squeeze(), naive: squeezed(naive) };
  const at = next() % (naive.shape.length + 1);
  return {
    tensor: tensor.unsqueeze(next() & 1 ? at : at - naive.shape.length - 1),
    naive: { shape: naive.shape.toSpliced(at, 0, 1), at: (index) => naive.at(index.toSpliced(at, 1)) },
  };
};

function squeezed(naive: Naive): Naive {
  return {
    shape: naive.shape.filter((n) => n !== 1),
    at: (index) => {
      const rest = [...index];
      return naive.at(naive.shape.map((n) => (n === 1 ? 0 : (rest.shift() as number))));
    },
  };
}

const diagonal: Step = ({ tensor, naive }, next) => {
  const { shape } = naive;
  const pairs = shape.flatMap((n, x) =>
    shape.flatMap((m, y) => (x !== y && n === m ? [[x, y] as const] : [])),
  );
  const pair = pairs[next() % Math.max(1, pairs.length)];
  if (pair === undefined) return { tensor, naive };
  const [x, y] = pair;
  return {
    tensor: tensor.diagonal(x, y),
    naive: {
      shape: [...shape.filter((_, axis) => axis !== x && axis !== y), shape[x] as number],
      at: (index) => {
        const rest = [...index];
        const last = rest.pop() as number;
        return naive.at(shape.map((_, axis) => (axis === x || axis === y ? last : (rest.shift() as number))));
      },
    },
  };
};

const contiguous: Step = ({ tensor, naive }) => ({ tensor: tensor.contiguous(), naive });

const STEPS: readonly Step[] = [permute, slice, reshape, broadcast, flip, unsqueeze, diagonal, contiguous];

/** `steps` random views on top of each other. */
export function chain(both: Both, steps: number, next: () => number): Both {
  let current = both;
  for (let k = 0; k < steps; k++) current = (STEPS[next() % STEPS.length] as Step)(current, next);
  return current;
}
