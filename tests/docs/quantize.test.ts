/** docs/quantize.md is a program: it runs, and the values in its comments are right. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as importers from '../../src/import/index.ts';
import { folderResolver } from '../../src/import/node-resolver.ts';
import * as library from '../../src/quantize/index.ts';
import { loadModel, saveModel } from '../../src/quantize/node.ts';
import { withScratch } from '../support/models.ts';
import { programOf, runExample } from './extract.ts';

const root = join(import.meta.dirname, '../..');

test('docs/quantize.md', { timeout: 1_200_000 }, async () => {
  await withScratch(async (scratch) => {
    const scope = {
      ...importers,
      ...library,
      folderResolver: (folder: string) => folderResolver(join(root, folder)),
      saveModel: (name: string, model: library.QuantizedModel) => saveModel(join(scratch, name), model),
      loadModel: (name: string) => loadModel(join(scratch, name)),
    };
    expect(await runExample(programOf(join(root, 'docs/quantize.md')), scope)).toBe(2);
  });
});
