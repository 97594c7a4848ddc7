/**
 * The fields that concern one connection only (RFC 9110 section 7.6.1): they are taken off on both ways, and
 * the proxy says for each side what holds there.
 */
import type { Head } from "../http1/head.ts";

/** Never taken off because a peer names them in `Connection`: framing and routing hang on them. */
const KEPT = new Set(["host", "content-length", "transfer-encoding", "connection", "upgrade"]);

/** Takes off `Connection` and what it names, `Keep-Alive`, `Proxy-Connection`. `Upgrade` stays. */
export function removeConnectionFields(head: Head): void {
  for (let i = head.find("connection"); i >= 0; i = head.find("connection", i + 1)) {
    removeNamed(head, head.value(i));
    head.remove(i);
  }
  for (let i = head.find("keep-alive"); i >= 0; i = head.find("keep-alive", i + 1)) head.remove(i);
  for (let i = head.find("proxy-connection"); i >= 0; i = head.find("proxy-connection", i + 1)) {
    head.remove(i);
  }
}

function removeNamed(head: Head, value: string): void {
  // The two common values name no field.
  if (value === "keep-alive" || value === "close") return;
  for (const option of value.split(",")) {
    const name = option.trim().toLowerCase();
    if (name !== "" && name !== "close" && name !== "keep-alive" && !KEPT.has(name)) {
      head.removeAll(name);
    }
  }
}
