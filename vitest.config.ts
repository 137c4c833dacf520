import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { defineConfig } from 'vitest/config';

/**
 * Folders whose files share a worker, in which modules are read once: pure tests, for which that was measured to take less. Elsewhere
 * files have a worker of their own: some replace what all share, or look through all that a process holds, and code that has seen
 * several fields is slower than code that has seen one.
 */
const TOGETHER = [
  ...['relation', 'tensor', 'import', 'graph', 'ops', 'lowering', 'quantize'],
  ...['params', 'pcs', 'merkle', 'hash', 'formats'],
].map((name) => `tests/${name}/**/*.test.ts`);

/** The longest ones, so that no core waits for one that began last; vitest knows them only where it ran before. */
const LONGEST = [
  'docs/programs',
  'reference/training',
  'cli/training',
  'cli/interrupted',
  'cli/answers',
  'answer/groups',
  'zero-knowledge/pad-proof',
  'cli/processes',
  'reference/answers',
  'reference/vectors',
].map((name) => `/tests/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    // Worker threads of the kernel pool live beside the test workers: two files at a time on two cores.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    setupFiles: ['tests/support/equal-words.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['src/**/*.test.ts', 'tests/**/*.test.ts', 'reference/**/*.test.ts'],
          exclude: TOGETHER,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'together', include: TOGETHER, isolate: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
