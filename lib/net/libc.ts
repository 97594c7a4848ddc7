/**
 * The C library through FFI, where the platform and the permissions give it. Everything built on it has another
 * way, or says plainly what is missing: FFI is never required.
 */

/** Where Linux distributions keep it, for `--allow-ffi=<path>`, which wants an absolute path. */
const PLACES = [
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/usr/lib/x86_64-linux-gnu/libc.so.6",
  "/lib/aarch64-linux-gnu/libc.so.6",
  "/usr/lib/aarch64-linux-gnu/libc.so.6",
  "/lib64/libc.so.6",
  "/usr/lib64/libc.so.6",
  "/lib/libc.so.6",
  "/usr/lib/libc.so.6",
];

/**
 * Opens libc with these symbols; undefined when FFI is not permitted, on other systems than 64-bit Linux, or when
 * a symbol is missing. Never asks the user for a permission.
 */
export function openLibc<const S extends Deno.ForeignLibraryInterface>(
  symbols: S,
): Deno.DynamicLibrary<S> | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const granted = (path?: string) =>
    Deno.permissions.querySync({ name: "ffi", path }).state === "granted";
  const places = granted() ? ["libc.so.6", ...PLACES] : PLACES.filter((path) => granted(path));
  for (const place of places) {
    try {
      return Deno.dlopen(place, symbols);
    } catch {
      // Not here: the next place.
    }
  }
  return undefined;
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
