/** `stats auth`: names and passwords as the configuration has them, in clear (RFC 7617). */
import { createHash, timingSafeEqual } from "node:crypto";
import type { StatsUser } from "../../lib/config/model_stats.ts";
import type { Head } from "../../lib/http1/head.ts";

/** Digests of `user:password`; undefined: there are no users. */
export function passwordsOf(users: readonly StatsUser[]): readonly Uint8Array[] | undefined {
  if (users.length === 0) return undefined;
  return users.map(({ name, password }) => digest(new TextEncoder().encode(`${name}:${password}`)));
}

/** True when the request names one of them. The time that it takes tells nothing about a password. */
export function isUser(
  request: Head,
  passwords: readonly Uint8Array[],
  field = "authorization",
): boolean {
  const given = /^basic +([A-Za-z0-9+/=]+) *$/i.exec(request.get(field) ?? "")?.[1];
  if (given === undefined) return false;
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.from(atob(given), (c) => c.charCodeAt(0));
  } catch {
    return false;
  }
  const one = digest(bytes);
  let found = false;
  for (const each of passwords) found = timingSafeEqual(each, one) || found;
  return found;
}

function digest(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}
