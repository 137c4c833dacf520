/** Numbers, sizes and names as options give them. */
import { InvalidArgumentError } from 'commander';

/** A parser of positive integers, for commander. */
export function positive(text: string): number {
  if (/^\d{16,}$/.test(text)) {
    throw new InvalidArgumentError(`expected a positive integer of at most 15 digits, got ${text}`);
  }
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new InvalidArgumentError(`expected a positive integer, got ${text}`);
  return Number(text);
}

/** The same with 0. */
export function counting(text: string): number {
  if (!/^(0|[1-9]\d{0,14})$/.test(text)) {
    throw new InvalidArgumentError(`expected an integer from 0 on, got ${text}`);
  }
  return Number(text);
}

/** A parser of decimals such as 0.8. */
export function decimal(text: string): number {
  if (!/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) {
    throw new InvalidArgumentError(`expected a number such as 0.8, got ${text}`);
  }
  return Number(text);
}

/** The name of what is made: an empty one, of a shell variable that is not set, would be the working directory. */
export function newName(text: string): string {
  if (text === '') throw new InvalidArgumentError('expected a name, got none');
  return text;
}

/** "4GB", "512MB": bytes, for commander. */
export function byteCount(text: string): number {
  const match = /^([1-9]\d{0,6})(MB|GB)$/i.exec(text);
  if (match === null) throw new InvalidArgumentError(`expected a size such as 512MB or 4GB, got ${text}`);
  return Number(match[1]) * (/^g/i.test(match[2] as string) ? 1e9 : 1e6);
}

/** "12x256": sequences by tokens. */
export function sampleSize(text: string): { readonly sequences: number; readonly tokens: number } {
  const match = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/.exec(text);
  if (match === null) {
    throw new InvalidArgumentError(`expected SEQUENCESxTOKENS, such as 12x256, got ${text}`);
  }
  return { sequences: Number(match[1]), tokens: Number(match[2]) };
}

/** "0,3-5": numbers of rows from 0, for commander. */
export function rowNumbers(text: string): readonly number[] {
  return text.split(',').flatMap((item) => {
    const match = /^(0|[1-9]\d{0,8})(?:-(0|[1-9]\d{0,8}))?$/.exec(item);
    const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (match === null || last < first || last - first >= 2 ** 20) {
      throw new InvalidArgumentError(`expected rows such as 0,3-5, got ${item}`);
    }
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** Only what was given: absent options are absent, not undefined. */
export function given<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
