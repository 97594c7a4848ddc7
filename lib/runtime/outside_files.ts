/**
 * Files outside the root directory that `chroot` has locked the process into: a reload must read the configuration
 * where it is. A descriptor of the real root directory is kept from before; the user's rights still apply.
 */
import type { ConfigFiles } from "../config/load.ts";
import { cString, lastErrno, reasonOf, type SystemCalls, systemCalls } from "./system_calls.ts";

const O_RDONLY_CLOEXEC = 0o2000000;
/** The one flag that differs (asm/fcntl.h). */
const O_DIRECTORY = Deno.build.arch === "aarch64" ? 0o40000 : 0o200000;
/** Offsets in glibc's 64-bit struct dirent. */
const D_TYPE = 18;
const D_NAME = 19;
const DT_DIR = 4;
const ENOTDIR = 20;

/** Reading by absolute path as from the real root directory. */
export interface OutsideFiles extends ConfigFiles {
  readSync(path: string): Uint8Array;
  /** Names of what is no directory in one; undefined: it is none, or cannot be read. */
  listSync(path: string): string[] | undefined;
}

/** Takes hold of the root and the working directory; undefined without FFI. Call it before `chroot`. */
export function outsideFiles(cwd: string = Deno.cwd()): OutsideFiles | undefined {
  const libc = systemCalls();
  if (libc === undefined) return undefined;
  const root = libc.open(cString("/"), O_RDONLY_CLOEXEC | O_DIRECTORY);
  return root < 0 ? undefined : new Outside(libc, root, cwd);
}

class Outside implements OutsideFiles {
  readonly #libc: SystemCalls;
  readonly #root: number;
  readonly #cwd: string;

  constructor(libc: SystemCalls, root: number, cwd: string) {
    this.#libc = libc;
    this.#root = root;
    this.#cwd = cwd;
  }

  isDirectory(path: string): Promise<boolean> {
    const fd = this.#openat(path, O_DIRECTORY);
    if (typeof fd === "number") {
      this.#libc.close(fd);
      return Promise.resolve(true);
    }
    return fd.errno === ENOTDIR ? Promise.resolve(false) : Promise.reject(fd);
  }

  listFiles(path: string): Promise<string[]> {
    try {
      return Promise.resolve(this.#list(path));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  listSync(path: string): string[] | undefined {
    try {
      return this.#list(path);
    } catch {
      return undefined;
    }
  }

  #list(path: string): string[] {
    const fd = this.#openat(path, O_DIRECTORY);
    if (typeof fd !== "number") throw fd;
    const dir = this.#libc.fdopendir(fd);
    if (dir === null) {
      this.#libc.close(fd);
      throw new Error("cannot read the directory");
    }
    const names: string[] = [];
    for (let entry = this.#libc.readdir(dir); entry !== null; entry = this.#libc.readdir(dir)) {
      const view = new Deno.UnsafePointerView(entry);
      if (view.getUint8(D_TYPE) !== DT_DIR) names.push(view.getCString(D_NAME));
    }
    this.#libc.closedir(dir);
    return names;
  }

  read(path: string, limit: number): Promise<Uint8Array> {
    try {
      return Promise.resolve(this.#read(path, limit));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  readSync(path: string): Uint8Array {
    return this.#read(path, Infinity);
  }

  #read(path: string, limit: number): Uint8Array {
    const fd = this.#openat(path, 0);
    if (typeof fd !== "number") throw fd;
    const chunks: Uint8Array[] = [];
    let length = 0;
    let failure: OutsideError | undefined;
    while (length < limit) {
      const chunk = new Uint8Array(65_536);
      const count = Number(this.#libc.read(fd, chunk, BigInt(chunk.length)));
      if (count < 0) failure = new OutsideError(lastErrno(this.#libc));
      if (count <= 0) break;
      chunks.push(chunk.subarray(0, count));
      length += count;
    }
    this.#libc.close(fd);
    if (failure !== undefined) throw failure;
    const all = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  #openat(path: string, flags: number): number | OutsideError {
    const absolute = path.startsWith("/") ? path : `${this.#cwd}/${path}`;
    // Relative to the descriptor: an absolute path would be looked up from the new root.
    const relative = absolute.replace(/^\/+/, "") || ".";
    const fd = this.#libc.openat(this.#root, cString(relative), O_RDONLY_CLOEXEC | flags);
    return fd < 0 ? new OutsideError(lastErrno(this.#libc)) : fd;
  }
}

class OutsideError extends Error {
  constructor(readonly errno: number) {
    super(reasonOf(errno));
  }
}
