/**
 * The Content-Security-Policy of the statistics page: its own style and script and nothing else, by their hashes; no
 * frame of another site may show it.
 */
import { createHash } from "node:crypto";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

export const SECURITY_FIELDS: readonly (readonly [name: string, value: string])[] = [
  [
    "content-security-policy",
    `default-src 'none'; style-src ${hash(STYLE)}; style-src-attr 'unsafe-inline'; ` +
    `script-src ${hash(SCRIPT)}; ` +
    "connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; " +
    "frame-ancestors 'none'",
  ],
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "same-origin"],
];
