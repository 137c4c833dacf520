/** Data with one value changed: every number, word, list and choice of a program. */

/** Words that stand for a choice, and what they are exchanged for. */
const CHOICES: Record<string, string> = { proven: 'residue', residue: 'proven' };

/** Every value that differs from `value` in one place: `[path, changed]`. */
export function* valueMutants(value: unknown, path: string): Generator<[string, unknown]> {
  if (typeof value === 'number') yield [`${path} + 1`, value + 1];
  else if (typeof value === 'string') {
    if (path.endsWith('.kind')) return; // changed with what belongs to it, below
    yield [path, CHOICES[value] ?? `${value}x`];
  } else if (value instanceof Uint32Array) {
    for (const [changed, list] of valueMutants(Array.from(value), path)) {
      yield [changed, Uint32Array.from(list as number[])];
    }
  } else if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      if (i === 0 || JSON.stringify(item) !== JSON.stringify(value[i - 1])) {
        yield [`${path}[${i}] gone`, value.toSpliced(i, 1)];
        yield [`${path}[${i}] twice`, value.toSpliced(i, 0, item)];
        if (i > 0) yield [`${path}[${i}] exchanged`, value.toSpliced(i - 1, 2, item, value[i - 1])];
      }
      for (const [changed, other] of valueMutants(item, `${path}[${i}]`)) {
        yield [changed, value.toSpliced(i, 1, other)];
      }
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, own] of Object.entries(value)) {
      for (const [changed, other] of valueMutants(own, `${path}.${key}`))
        yield [changed, { ...value, [key]: other }];
      if (key === 'range' || key === 'group' || key === 'mask') {
        if (typeof own !== 'string') yield [`${path}.${key} gone`, { ...value, [key]: undefined }];
      }
    }
  }
}
