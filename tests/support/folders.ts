/** Folders of a model that differ from a good one in one thing. */
import { importHuggingFace, type ImportOptions } from '../../src/import/hugging-face.ts';
import type { Json } from '../../src/import/json.ts';
import { checkWeights, type FloatModel } from '../../src/import/model.ts';
import { memoryResolver } from '../../src/import/resolver.ts';
import { type Folder, safetensorsOf, utf8 } from './models.ts';

/** Imports the folder and reads every weight. */
export const load = async (folder: Folder, options?: ImportOptions): Promise<FloatModel> => {
  const model = await importHuggingFace(memoryResolver(folder), options);
  await checkWeights(model);
  return model;
};
/** A JSON file of the folder. */
export const jsonOf = (folder: Folder, name: string): Record<string, Json> =>
  JSON.parse(new TextDecoder().decode(folder.get(name))) as Record<string, Json>;
/** The folder with keys of its configuration replaced (`undefined` removes). */
export function withConfig(folder: Folder, change: Record<string, Json | undefined>): Folder {
  const config = { ...jsonOf(folder, 'config.json'), ...change };
  return new Map(folder).set('config.json', utf8(JSON.stringify(config)));
}

/** A stored tensor. */
export interface Entry {
  dtype: string;
  shape: number[];
  data: Uint8Array;
}
/** Unpacks the tensors, lets them be changed, and packs them again. */
export function withTensors(folder: Folder, change: (tensors: Map<string, Entry>) => void): Folder {
  const bytes = folder.get('model.safetensors') as Uint8Array;
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, never>;
  const tensors = new Map<string, Entry>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header) as [
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] },
  ][]) {
    if (name === '__metadata__') continue;
    const data = bytes.slice(8 + length + data_offsets[0], 8 + length + data_offsets[1]);
    tensors.set(name, { dtype, shape, data });
  }
  change(tensors);
  let at = 0;
  const entries = [...tensors].map(([name, { dtype, shape, data }]) => {
    at += data.length;
    return [name, { dtype, shape, data_offsets: [at - data.length, at] }];
  });
  const all = Buffer.concat([...tensors.values()].map(({ data }) => data));
  return new Map(folder).set(
    'model.safetensors',
    safetensorsOf(JSON.stringify(Object.fromEntries(entries)), all),
  );
}
