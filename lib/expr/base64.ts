/** Base64 of latin1 strings (RFC 4648), strict as HAProxy's decoders are. */

/** Padded base64 of RFC 4648 section 4; undefined when `text` is none. */
export function fromBase64(text: string): string | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return text === "" ? "" : atob(text);
}

/** base64url of RFC 4648 section 5, without padding; undefined when `text` is none. */
export function fromBase64Url(text: string): string | undefined {
  if (text.length % 4 === 1 || !/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  return atob(text.replace(/[-_]/g, (c) => c === "-" ? "+" : "/"));
}

/** base64url without padding. */
export function toBase64Url(bytes: string): string {
  return btoa(bytes).replace(/[+/=]/g, (c) => c === "+" ? "-" : c === "/" ? "_" : "");
}
