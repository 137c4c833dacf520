import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { defineConfig } from 'vitest/config';

/**
 * Files that need a worker of their own: they replace what all share (globals, modules, the environment), look through all that a
 * process holds or sends, or count what it did.
 */
const ALONE = [
  'tests/answer/hedging.test.ts',
  'tests/kernels/select.test.ts',
  'tests/performance/*.test.ts',
  'tests/random/random.test.ts',
  'tests/transcript/cost.test.ts',
  'tests/zero-knowledge/{canary,canary-verbs,wipe}.test.ts',
];

/** The longest ones, so that no core waits for one that began last; vitest knows them only where it ran before. */
const LONGEST = [
  'cli/training',
  'docs/programs',
  'training/budgets',
  'cli/groups',
  'reference/training',
  'cli/answers',
  'cli/interrupted',
  'backward/definition',
  'answer/groups',
  'reference/answers',
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
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        // Modules are read, and compiled to fast code, once for a worker and not once for a file.
        extends: true,
        test: {
          name: 'together',
          include: ['src/**/*.test.ts', 'tests/**/*.test.ts', 'reference/**/*.test.ts'],
          exclude: ALONE,
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: ALONE, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
