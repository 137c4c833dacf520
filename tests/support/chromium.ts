/** Headless Chromium: found, or said to be absent, and made to run one page. */
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize, resolve } from 'node:path';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';

/** What a reader is told where there is none. */
export const HOW_TO_INSTALL = 'no Chromium: set CHROMIUM to its path, or `apt-get install chromium`';

/** The program named by CHROMIUM, or found on PATH. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM'];
  if (named !== undefined) {
    if (!existsSync(named)) throw new Error(`CHROMIUM: expected a program, got ${named}`);
    return named;
  }
  return ['chromium', 'chromium-browser', 'google-chrome'].find(
    (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
  );
}

const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.html': 'text/html',
};

/**
 * Serves a folder and some pages of its own on this machine alone, opens one page, and returns the text that the page
 * leaves in its element `verdict`.
 *
 * @param pages path to contents, before the folder is looked at
 */
export async function runPage(
  program: string,
  folder: string,
  pages: Readonly<Record<string, string>>,
  path: string,
): Promise<string> {
  const root = resolve(folder);
  const server = createServer((request, response) => {
    const name = normalize((request.url ?? '/').split('?')[0] as string);
    const file = join(root, name);
    const body = pages[name] ?? (file.startsWith(root) && existsSync(file) ? readFileSync(file) : undefined);
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
    });
    response.end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const profile = mkdtempSync(join(tmpdir(), 'zkdl-chromium-'));
  try {
    const { stdout } = await promisify(execFile)(
      program,
      [
        '--headless=new',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        `--user-data-dir=${profile}`,
        '--virtual-time-budget=60000',
        '--dump-dom',
        `http://127.0.0.1:${port}${path}`,
      ],
      { maxBuffer: 2 ** 24, timeout: 120_000 },
    );
    const found = /<pre id="verdict">([^<]*)<\/pre>/.exec(stdout);
    if (found === null)
      throw new Error(`chromium: expected a verdict in the page, got ${stdout.slice(0, 500)}`);
    return (found[1] as string).replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  } finally {
    server.close();
    rmSync(profile, { recursive: true, force: true });
  }
}
