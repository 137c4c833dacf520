/**
 * A file system in memory that remembers what is durable, for tests of crashes: bytes are durable after `sync`, names
 * after `syncDirectory`. A hook runs before every call; it may throw (the disk is full, the process dies) or use the
 * file system itself (another process at that moment).
 */
import type { FileSystem } from '../../src/store/files.ts';

interface FileNode {
  bytes: Uint8Array<ArrayBuffer>;
  durable: Uint8Array<ArrayBuffer>;
}
interface DirectoryNode {
  now: Map<string, Node>;
  durable: Map<string, Node>;
}
type Node = FileNode | DirectoryNode;

export interface MemoryFiles extends FileSystem {
  /** Called before each call; `undefined` for none. */
  hook: ((action: string, path: string) => void) | undefined;
  /** Calls so far. */
  readonly steps: number;
  /** The machine loses power: what is not durable survives or not, as `survives` says each time. */
  losePower(survives: () => boolean): void;
  /** All files, by path. */
  all(): Map<string, Uint8Array>;
  /** Replaces the bytes of a file behind everybody's back. */
  overwrite(path: string, bytes: Uint8Array): void;
  /** Copies a file or a directory with all that is in it, durable at once. */
  copy(from: string, to: string): void;
  remove(path: string): void;
}

export function platformError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

const isDirectory = (node: Node | undefined): node is DirectoryNode => node !== undefined && 'now' in node;

export function memoryFiles(): MemoryFiles {
  const root: DirectoryNode = { now: new Map(), durable: new Map() };
  let steps = 0;
  const split = (path: string): readonly string[] => path.split(/[\\/]/).filter((part) => part !== '');
  const directoryAt = (parts: readonly string[]): DirectoryNode => {
    let node: Node = root;
    for (const part of parts) {
      const next: Node | undefined = isDirectory(node) ? node.now.get(part) : undefined;
      if (!isDirectory(next)) throw platformError('ENOENT');
      node = next;
    }
    return node as DirectoryNode;
  };
  const place = (path: string): readonly [DirectoryNode, string] => {
    const parts = split(path);
    return [directoryAt(parts.slice(0, -1)), parts.at(-1) as string];
  };
  const fileAt = (path: string): FileNode => {
    const [directory, name] = place(path);
    const node = directory.now.get(name);
    if (node === undefined || isDirectory(node)) throw platformError('ENOENT');
    return node;
  };
  const add = (path: string, node: Node): void => {
    const [directory, name] = place(path);
    if (directory.now.has(name)) throw platformError('EEXIST');
    directory.now.set(name, node);
  };
  const step = (action: string, path: string): void => {
    steps++;
    files.hook?.(action, path);
  };
  const files: MemoryFiles = {
    hook: undefined,
    get steps() {
      return steps;
    },
    makeDirectory(path) {
      step('makeDirectory', path);
      add(path, { now: new Map(), durable: new Map() });
    },
    create(path) {
      step('create', path);
      const node: FileNode = { bytes: new Uint8Array(0), durable: new Uint8Array(0) };
      add(path, node);
      return {
        write(bytes) {
          // A write that fails half-way leaves half of its bytes.
          node.bytes = joined(node.bytes, bytes.subarray(0, bytes.length >> 1));
          step('write', path);
          node.bytes = joined(node.bytes, bytes.subarray(bytes.length >> 1));
        },
        sync() {
          step('sync', path);
          node.durable = node.bytes;
        },
        close: () => step('close', path),
      };
    },
    open(path) {
      step('open', path);
      const { bytes } = fileAt(path);
      return {
        size: bytes.length,
        read(into, at) {
          step('read', path);
          if (at + into.length > bytes.length) throw platformError('ZKDL_SHORT');
          into.set(bytes.subarray(at, at + into.length));
        },
        close: () => step('close', path),
      };
    },
    syncDirectory(path) {
      step('syncDirectory', path);
      const directory = directoryAt(split(path));
      directory.durable = new Map(directory.now);
    },
    rename(from, to) {
      step('rename', to);
      const [source, oldName] = place(from);
      const node = source.now.get(oldName);
      if (node === undefined) throw platformError('ENOENT');
      const [target, newName] = place(to);
      const there = target.now.get(newName);
      if (isDirectory(there) && there.now.size > 0) throw platformError('ENOTEMPTY');
      source.now.delete(oldName);
      target.now.set(newName, node);
    },
    link(from, to) {
      step('link', to);
      add(to, fileAt(from));
    },
    unlink(path) {
      step('unlink', path);
      fileAt(path);
      const [directory, name] = place(path);
      directory.now.delete(name);
    },
    removeDirectory(path) {
      step('removeDirectory', path);
      if (directoryAt(split(path)).now.size > 0) throw platformError('ENOTEMPTY');
      const [directory, name] = place(path);
      directory.now.delete(name);
    },
    list(path) {
      step('list', path);
      return [...directoryAt(split(path)).now.keys()];
    },
    losePower(survives) {
      const settle = (directory: DirectoryNode): void => {
        for (const name of new Set([...directory.now.keys(), ...directory.durable.keys()])) {
          const [now, durable] = [directory.now.get(name), directory.durable.get(name)];
          const left = now === durable || survives() ? now : durable;
          if (left === undefined) directory.now.delete(name);
          else directory.now.set(name, left);
        }
        directory.durable = new Map(directory.now);
        for (const node of directory.now.values()) {
          if (isDirectory(node)) settle(node);
          else if (node.bytes !== node.durable) node.bytes = node.durable = survivingBytes(node, survives);
        }
      };
      settle(root);
    },
    all() {
      const found = new Map<string, Uint8Array>();
      const visit = (directory: DirectoryNode, prefix: string): void => {
        for (const [name, node] of directory.now) {
          if (isDirectory(node)) visit(node, `${prefix}/${name}`);
          else found.set(`${prefix}/${name}`, node.bytes);
        }
      };
      visit(root, '');
      return found;
    },
    overwrite(path, bytes) {
      const node = fileAt(path);
      node.bytes = node.durable = bytes.slice();
    },
    copy(from, to) {
      const [directory, name] = place(from);
      const [target, newName] = place(to);
      const copied = deepCopy(directory.now.get(name) as Node);
      target.now.set(newName, copied);
      target.durable.set(newName, copied);
    },
    remove(path) {
      const [directory, name] = place(path);
      directory.now.delete(name);
      directory.durable.delete(name);
    },
  };
  return files;
}

/** Of bytes that are not durable: all, those that were, or a prefix. */
function survivingBytes(node: FileNode, survives: () => boolean): Uint8Array<ArrayBuffer> {
  if (survives()) return node.bytes;
  return survives() ? node.bytes.slice(0, node.bytes.length >> 1) : node.durable;
}

/** Bytes are shared: whatever writes makes new ones. */
function deepCopy(node: Node): Node {
  if (!isDirectory(node)) return { bytes: node.bytes, durable: node.bytes };
  const now = new Map([...node.now].map(([name, child]) => [name, deepCopy(child)]));
  return { now, durable: new Map(now) };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
