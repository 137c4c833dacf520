/** A table of wrong calls and what each says. */
import { describe, expect, test } from 'vitest';

export type Case = readonly [run: () => unknown, kind: 'RangeError' | 'TypeError', message: string];

/** Lets a wrong argument past the compiler. */
export const bad = (value: unknown): never => value as never;

/** One test per case: the kind of error, and how its message begins. */
export function expectErrors(groups: Readonly<Record<string, readonly Case[]>>): void {
  describe.each(Object.entries(groups))('%s', (_, cases) => {
    test.each(cases.map(([run, kind, message]) => ({ run, kind, message })))(
      '$message',
      ({ run, kind, message }) => {
        let error: unknown;
        try {
          run();
        } catch (caught) {
          error = caught;
        }
        expect(error).toBeInstanceOf(Error);
        expect((error as Error).name).toBe(kind);
        expect((error as Error).message.slice(0, message.length)).toBe(message);
      },
    );
  });
}
