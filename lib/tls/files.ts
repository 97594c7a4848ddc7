/** The files that TLS is made of: certificates, keys, authorities. */

export interface TlsFiles {
  /** Throws as Deno does. */
  read(path: string): Uint8Array;
  /** The names in a directory; undefined: it is no directory, or cannot be read. */
  list(path: string): string[] | undefined;
}

/** Text of a file, one unit for each byte; undefined: it cannot be read. */
export function readText(files: TlsFiles, path: string): string | undefined {
  try {
    return new TextDecoder("latin1").decode(files.read(path));
  } catch {
    return undefined;
  }
}

/** Why a file could not be read, as the end of a sentence. */
export function whyUnread(files: TlsFiles, path: string): string {
  try {
    files.read(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no such file";
    if (error instanceof Deno.errors.PermissionDenied) return "it may not be read";
    if (error instanceof Deno.errors.NotCapable) return "it may not be read";
    return (error as Error).message;
  }
  return "it cannot be read";
}

/** `path` below `base`, when it is not absolute and there is one. */
export function below(base: string | undefined, path: string): string {
  return base === undefined || path.startsWith("/") || path.startsWith("@")
    ? path
    : `${base.replace(/\/+$/, "")}/${path}`;
}
