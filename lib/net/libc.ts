/**
 * The C library through FFI, where the platform and the permissions give it. Everything built on it has another
 * way, or says plainly what is missing: FFI is never required.
 */

/** Where Linux distributions keep libraries, for `--allow-ffi=<path>`, which wants an absolute path. */
const DIRECTORIES = [
  "/lib/x86_64-linux-gnu",
  "/usr/lib/x86_64-linux-gnu",
  "/lib/aarch64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/lib64",
  "/usr/lib64",
  "/lib",
  "/usr/lib",
];

/**
 * Opens a shared library with these symbols; undefined when FFI is not permitted, on other systems than 64-bit
 * Linux, or when the library or a symbol is missing. Never asks the user for a permission.
 */
export function openLibrary<const S extends Deno.ForeignLibraryInterface>(
  name: string,
  symbols: S,
): Deno.DynamicLibrary<S> | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const granted = (path?: string) =>
    Deno.permissions.querySync({ name: "ffi", path }).state === "granted";
  const paths = DIRECTORIES.map((directory) => `${directory}/${name}`);
  const places = granted() ? [name, ...paths] : paths.filter((path) => granted(path));
  for (const place of places) {
    try {
      return Deno.dlopen(place, symbols);
    } catch {
      // Not here: the next place.
    }
  }
  return undefined;
}

/** libc with these symbols, or undefined: see `openLibrary`. */
export function openLibc<const S extends Deno.ForeignLibraryInterface>(
  symbols: S,
): Deno.DynamicLibrary<S> | undefined {
  return openLibrary("libc.so.6", symbols);
}

/** The error numbers that are told apart (asm-generic/errno.h, the same on x86-64 and aarch64). */
export const Errno = {
  EPERM: 1,
  EINTR: 4,
  EAGAIN: 11,
  ENOMEM: 12,
  EMSGSIZE: 90,
  ENOBUFS: 105,
  ECONNREFUSED: 111,
} as const;
