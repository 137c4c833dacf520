/** The base-field kernels in WebAssembly. */
import type { BaseField, Fe } from '../../field/field.ts';
import type { BaseKernels } from '../contract/base.ts';
import { checkLength } from '../contract/checks.ts';
import type { Task } from '../pool/pool.ts';
import { elementwise, TASK_ITEMS, type Engine, type Operand, type TypedArray } from './engine.ts';

const input = (array: TypedArray): Operand => ({ array, itemWords: 1, role: 'in' });
const output = (array: TypedArray): Operand => ({ array, itemWords: 1, role: 'out' });

export function wasmBase(engine: Engine, F: BaseField, radix: Fe): BaseKernels {
  /** The Montgomery word of a plain scalar: a kernel's a * w / R is then a times the scalar. */
  const montgomery = (c: Fe): number => F.mul(c, radix);
  const binary = (kernel: string, out: Uint32Array, a: Uint32Array, b: Uint32Array): void => {
    checkLength('b', b, a.length);
    checkLength('out', out, a.length);
    elementwise(engine, a.length, [output(out), input(a), input(b)], ([o, x, y], n) => [
      kernel,
      o as number,
      x as number,
      y as number,
      n,
    ]);
  };
  const scaled = (out: Uint32Array, a: Uint32Array, word: number): void => {
    checkLength('out', out, a.length);
    elementwise(engine, a.length, [output(out), input(a)], ([o, x], n) => [
      'fScale',
      o as number,
      x as number,
      word,
      n,
    ]);
  };
  /** Runs a kernel whose every task stores a word in a slot of its own, and hands over the words. */
  const perTask = <R>(
    items: number,
    operands: readonly Operand[],
    task: (slot: number, addresses: readonly number[], count: number) => Task,
    result: (slots: Uint32Array) => R,
  ): R =>
    engine.arena.scope(() => {
      const slots = engine.arena.u32(Math.ceil(items / TASK_ITEMS));
      let next = slots.byteOffset;
      elementwise(engine, items, operands, (addresses, count) => {
        const slot = next;
        next += 4;
        return task(slot, addresses, count);
      });
      return result(slots);
    });
  return {
    add: (out, a, b) => binary('fAdd', out, a, b),
    sub: (out, a, b) => binary('fSub', out, a, b),
    mul: (out, a, b) => binary('fMul', out, a, b),
    scale: (out, a, c) => scaled(out, a, montgomery(F.fe(c))),
    toMontgomery: (out, a) => scaled(out, a, montgomery(radix)),
    fromMontgomery: (out, a) => scaled(out, a, 1),
    addScaled(out, a, c, b) {
      checkLength('b', b, a.length);
      checkLength('out', out, a.length);
      const word = montgomery(F.fe(c));
      elementwise(engine, a.length, [output(out), input(a), input(b)], ([o, x, y], n) => [
        'fAddScaled',
        o as number,
        x as number,
        y as number,
        word,
        n,
      ]);
    },
    fromIntegers(out, a, c = F.zero) {
      checkLength('out', out, a.length);
      const word = F.fe(c);
      const kernel = a instanceof Int8Array ? 'fFromI8' : a instanceof Int16Array ? 'fFromI16' : 'fFromI32';
      elementwise(engine, a.length, [output(out), input(a)], ([o, x], n) => [
        kernel,
        o as number,
        x as number,
        word,
        n,
      ]);
    },
    toHalves(low, high, a) {
      checkLength('low', low, a.length);
      checkLength('high', high, a.length);
      return perTask(
        a.length,
        [output(low), output(high), input(a)],
        (slot, [l, h, x], n) => ['fHalves', l as number, h as number, slot, x as number, n],
        (slots) => slots.some((any) => any !== 0),
      );
    },
    sum: (a) =>
      // Partial sums are added in order: the same for any number of threads (and sums commute anyway).
      perTask(
        a.length,
        [input(a)],
        (slot, [x], n) => ['fSum', slot, x as number, n],
        (slots) => slots.reduce((total: Fe, partial) => F.add(total, partial as Fe), F.zero),
      ),
  };
}
