/** File names that a model may mention, and files that a folder may hold (IMP-3). */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importHuggingFace } from '../../src/import/hugging-face.ts';
import { folderResolver } from '../../src/import/node-resolver.ts';
import { checkFileName, memoryResolver, readBytes } from '../../src/import/resolver.ts';
import { openWeights } from '../../src/import/shards.ts';
import { randomModel, asyncRefusal, utf8, withScratch } from '../support/models.ts';
import { refusal } from '../support/refusal.ts';
import { writeRandomModel } from '../../tools/random-model/write.ts';

const HOSTILE: readonly string[] = [
  '', '.', '..', '...', '../model.safetensors', '..\\model.safetensors', 'a/../../b', 'a/b', 'a\\b', './a',
  '/etc/passwd', '//host/share/a', '\\\\host\\share\\a', '\\\\?\\C:\\a', '\\\\.\\PhysicalDrive0', 'C:\\a', 'c:a',
  'file:///etc/passwd', 'http://host/a', '%2e%2e%2fa', '..%2fa', 'a%5cb', '%00', 'a\0b', 'a\nb', 'a b', ' a', 'a ', 'a.',
  'a:stream', 'a..b', '~', '~root', '-rf', '.hidden', 'CON', 'con.safetensors', 'Nul', 'aux.x.y', 'COM1', 'lpt9.bin', 'PRN',
  'a\u2215b', 'a\uff0fb', '\u2024\u2024', 'ａ', 'é', 'a\u202eb', '$HOME', '`id`', 'a;b', 'a*', 'a?', '"a"', '<a', 'a|b',
  'n'.repeat(201),
]; // prettier-ignore

describe('names', () => {
  test.each(HOSTILE.map((name) => [JSON.stringify(name).slice(0, 40), name] as const))(
    '%s is refused',
    async (_, name) => {
      expect(refusal(() => checkFileName(name, 'index'))).toBe('FILE_NAME');
      // From an index, before the resolver hears of it.
      const asked: string[] = [];
      const files = memoryResolver(
        new Map([['model.safetensors.index.json', utf8(JSON.stringify({ weight_map: { t: name } }))]]),
      );
      const refused = await asyncRefusal(
        openWeights((file) => {
          asked.push(file);
          return files(file);
        }),
      );
      expect(refused.code).toBe('FILE_NAME');
      expect(refused.stage).toBe('model.safetensors.index.json');
      expect(asked).toEqual(['model.safetensors', 'model.safetensors.index.json']);
      // And by a folder, whoever asks.
      expect((await asyncRefusal(folderResolver('.').resolve(name))).code).toBe('FILE_NAME');
    },
  );

  test('ordinary names pass', () => {
    for (const name of [
      'model-00001-of-00002.safetensors',
      'a',
      'A_b-c.1',
      'n'.repeat(200),
      'console.json',
      'com10',
    ]) {
      checkFileName(name, 'index');
    }
  });
});

test('a file is never asked for more than it holds, nor believed when it gives less', async () => {
  const bytes = utf8('hello');
  const asked: number[] = [];
  const file = (short: number) => ({
    size: bytes.length,
    read: (offset: number, length: number) => {
      asked.push(length);
      return Promise.resolve(bytes.subarray(offset, offset + length - short));
    },
  });
  expect(await readBytes(file(0), 'f', 1, 4)).toEqual(utf8('ello'));
  expect(await readBytes(file(0), 'f', 5, 0)).toEqual(utf8(''));
  asked.length = 0;
  for (const [offset, length] of [
    [0, 6],
    [5, 1],
    [0, 2 ** 52],
  ] as const) {
    expect((await asyncRefusal(readBytes(file(0), 'f', offset, length))).code).toBe('FILE_TRUNCATED');
  }
  expect(asked).toEqual([]);
  expect((await asyncRefusal(readBytes(file(1), 'f', 0, 5))).message).toMatch(
    /f: expected 5 bytes at 0, got 4/,
  );
});

describe('folders', () => {
  test('links, pipes and folders are refused; a missing file is missing', () =>
    withScratch(async (scratch) => {
      const folder = join(scratch, 'model');
      mkdirSync(folder);
      writeFileSync(join(scratch, 'secret'), 'secret');
      symlinkSync(join(scratch, 'secret'), join(folder, 'symbolic'));
      symlinkSync(join(scratch, 'nothing'), join(folder, 'dangling'));
      linkSync(join(scratch, 'secret'), join(folder, 'hard'));
      mkdirSync(join(folder, 'folder'));
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      writeFileSync(join(folder, 'plain'), 'hello');
      const { resolve, close } = folderResolver(folder);
      for (const [name, code] of [
        ['symbolic', 'FILE_LINK'],
        ['dangling', 'FILE_LINK'],
        ['hard', 'FILE_LINK'],
        ['folder', 'FILE_KIND'],
        ['pipe', 'FILE_KIND'],
      ] as const) {
        const refused = await asyncRefusal(resolve(name));
        expect([refused.code, refused.stage]).toEqual([code, name]);
      }
      const server = createServer().listen(join(folder, 'socket'));
      await once(server, 'listening');
      expect((await asyncRefusal(resolve('socket'))).code).toBe('FILE_KIND');
      server.close();
      // Where the folder should be there is a file.
      expect((await asyncRefusal(folderResolver(join(folder, 'plain')).resolve('a'))).message).toBe(
        'FILE_UNREADABLE at a: expected a readable file, got ENOTDIR',
      );
      expect(await resolve('missing')).toBeUndefined();
      const plain = await resolve('plain');
      expect(plain?.size).toBe(5);
      expect(await plain?.read(1, 3)).toEqual(utf8('ell'));
      await close();
      const trusted = folderResolver(folder, { links: 'follow' });
      expect((await trusted.resolve('symbolic'))?.size).toBe(6);
      expect((await trusted.resolve('hard'))?.size).toBe(6);
      expect((await asyncRefusal(trusted.resolve('pipe'))).code).toBe('FILE_KIND');
      await trusted.close();
    }));

  test('a model is read from disk, and its files can be closed', () =>
    withScratch(async (scratch) => {
      const path = join(scratch, 'model');
      await writeRandomModel(path, randomModel('tiny-llama', {}, { shardBytes: 20_000 }));
      const folder = folderResolver(path);
      const model = await importHuggingFace(folder.resolve);
      expect((await model.rows('embedding', 0, 2)).length).toBe(64);
      await folder.close();
      await expect(model.rows('embedding', 0, 2)).rejects.toThrow();
    }));
});
