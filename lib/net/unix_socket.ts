import type { ListenOptions } from "./conn.ts";

/** sun_path without its NUL. */
const LONGEST = 107;
let serial = 0;

/**
 * The path to give to the kernel: an abstract name (`@name`, HAProxy's `abns@`) is NUL, then the name padded
 * with NULs to the whole length, as HAProxy binds it. A name that does not fit is answered with undefined.
 */
export function kernelPath(path: string): string | undefined {
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > LONGEST) return undefined;
  if (!path.startsWith("@")) return path;
  return `\0${path.slice(1)}${"\0".repeat(LONGEST + 1 - bytes)}`;
}

/** A name beside `path` to bind to, so that `path` never misses while it is replaced. */
export function temporaryPath(path: string): string {
  return `${path}.${Deno.pid}.${++serial}.tmp`;
}

/** Gives a bound socket's file its owner and mode, then puts it in place of `path` (throws as Deno does). */
export function putInPlace(bound: string, path: string, options: ListenOptions): string {
  if (options.uid !== undefined || options.gid !== undefined) {
    Deno.chownSync(bound, options.uid ?? null, options.gid ?? null);
  }
  if (options.mode !== undefined) Deno.chmodSync(bound, options.mode);
  Deno.renameSync(bound, path);
  return identityOf(path) ?? "";
}

/** Which file a path is at this moment. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = Deno.lstatSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** Removes the socket's file unless another process has put its own there meanwhile. */
export function removeOwn(path: string, identity: string): void {
  if (identityOf(path) !== identity) return;
  try {
    Deno.removeSync(path);
  } catch {
    // It has gone by itself, or the process has given up the right to remove it: both leave nothing to do.
  }
}

/** Whether `path` is free or a socket; a file of another kind must not be replaced. */
export function mayReplace(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSocket === true;
  } catch {
    return true;
  }
}
