/** The descriptor limit of the process and what follows from it for `maxconn` (manual section 3, `maxconn`). */

/** Descriptors kept for everything that is no client or server connection. */
const RESERVED = 100;
/** used where the limit cannot be read */
const FALLBACK = 2000;

/** Soft limit of open files, or undefined where it cannot be read. */
export function openFilesLimit(): number | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync("/proc/self/limits");
  } catch {
    return undefined;
  }
  const found = /^Max open files\s+(\d+|unlimited)/m.exec(text);
  if (found === null) return undefined;
  return found[1] === "unlimited" ? Infinity : Number(found[1]);
}

/** Client connections that the limit allows when each may need a second descriptor for its server. */
export function defaultMaxconn(limit: number | undefined = openFilesLimit()): number {
  if (limit === undefined) return FALLBACK;
  return Math.max(1, Math.min(1_000_000, Math.floor((limit - RESERVED) / 2)));
}
