import type { ListenFailure } from "./conn.ts";

/** Why a listener could not be opened, from what Deno throws. */
export function listenFailureOf(error: unknown): ListenFailure {
  const { name, code, message = String(error) } = error as Record<string, string | undefined>;
  if (code === "EADDRINUSE" || name === "AddrInUse") return { failed: "addrinuse", message };
  if (code === "EADDRNOTAVAIL" || name === "AddrNotAvailable") {
    return { failed: "addrnotavailable", message };
  }
  if (name === "PermissionDenied" || name === "NotCapable") {
    return { failed: "permission", message };
  }
  return { failed: "other", message };
}
