/**
 * Which client certificates a listener has verified.
 *
 * Law: `node:tls` in Deno has one ticket key for all listeners of a thread and verifies nothing when a session is
 * resumed. So a resumed session counts only if this listener (its scope: the same authorities) has verified the very
 * same certificate in a full handshake, and only until that certificate expires.
 */
import { createHash } from "node:crypto";
import { certificateTime } from "../certificate.ts";
import { certificateIn } from "../shown.ts";

/** most listeners whose clients are remembered, and most clients of each */
const SCOPES = 256;
const MOST = 10_000;

export class VerifiedPeers {
  readonly #scopes = new Map<string, Map<string, number>>();

  /** A full handshake at `scope` has verified this certificate (DER). */
  add(scope: string, der: Uint8Array<ArrayBuffer>): void {
    let peers = this.#scopes.get(scope);
    if (peers === undefined) {
      if (this.#scopes.size >= SCOPES) this.#scopes.delete(this.#scopes.keys().next().value!);
      this.#scopes.set(scope, peers = new Map());
    }
    const key = digest(der);
    peers.delete(key);
    if (peers.size >= MOST) peers.delete(peers.keys().next().value!);
    peers.set(key, certificateTime(certificateIn(der)?.notAfter ?? ""));
  }

  /** `now`: wall ms */
  has(scope: string, der: Uint8Array<ArrayBuffer>, now: number): boolean {
    const until = this.#scopes.get(scope)?.get(digest(der));
    return until !== undefined && now <= until;
  }
}

function digest(der: Uint8Array): string {
  return createHash("sha256").update(der).digest("base64");
}
