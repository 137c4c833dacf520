/**
 * Runs test files on request, in a process that stays: modules that did not change are not read again. One for each copy of the
 * tree, started with that folder as its working directory.
 *
 * Request: { files, changed, env, bail, name }: `name` is one test, where not all are run. Answer: { failed, passed }, names of tests.
 */
import { createVitest } from 'vitest/node';

const PATIENT = 600_000;
const vitest = await createVitest('test', {
  config: false, // every file in a worker of its own: nothing of an earlier change stays
  watch: false,
  maxWorkers: 1,
  reporters: [{}],
  setupFiles: ['tests/support/equal-words.ts'],
  testTimeout: PATIENT,
  hookTimeout: PATIENT,
});
const project = vitest.getRootProject();

/** What vitest matches a test with: its name without the marks between suites. */
function patternOf(name) {
  return new RegExp(`^${name.replaceAll(' > ', ' ').replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
}

async function run({ files, changed, env, bail, name }) {
  for (const path of changed) vitest.invalidateFile(path);
  for (const [name, value] of Object.entries(env)) {
    if (value === null) delete process.env[name];
    else process.env[name] = value;
  }
  project.config.bail = bail;
  vitest.config.bail = bail;
  const specifications = files.map((file) =>
    project.createSpecification(file, name === undefined ? {} : { testNamePattern: patternOf(name) }),
  );
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications, false);
  const [failed, passed] = [[], []];
  // The answer lists all files that were ever run.
  for (const module of testModules.filter(({ moduleId }) => files.includes(moduleId))) {
    if (module.errors().length > 0) failed.push(`${module.moduleId} did not run`);
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'failed') failed.push(test.fullName);
      if (state === 'passed') passed.push(test.fullName);
    }
    for (const suite of module.children.allSuites()) {
      // A suite without lies for this check has no tests, which is no failure.
      const errors = suite.errors().filter(({ message }) => !/^No test found/.test(message));
      if (errors.length > 0) failed.push(`${suite.fullName} did not run`);
    }
  }
  if (unhandledErrors.length > 0) failed.push(`unhandled: ${String(unhandledErrors[0])}`);
  return { failed, passed };
}

process.on('message', async (request) => {
  try {
    process.send(await run(request));
  } catch (error) {
    process.send({ failed: [], passed: [], broken: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit(0));
process.send('ready');
