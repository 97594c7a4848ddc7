/** PEM (RFC 7468): the armored blocks of a file. No I/O. */

export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, … */
  readonly label: string;
  /** the block as it is written, without what stands around it */
  readonly text: string;
  readonly der: Uint8Array<ArrayBuffer>;
  /** it has a passphrase (RFC 1421 headers, or PKCS #8) */
  readonly encrypted: boolean;
}

/** Labels of private keys. */
export const KEY_LABELS: ReadonlySet<string> = new Set([
  "PRIVATE KEY",
  "RSA PRIVATE KEY",
  "EC PRIVATE KEY",
  "ENCRYPTED PRIVATE KEY",
]);

export const CERTIFICATE_LABELS: ReadonlySet<string> = new Set([
  "CERTIFICATE",
  "X509 CERTIFICATE",
  "TRUSTED CERTIFICATE",
]);

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,64})-----([^-]*)-----END \1-----/g;

/** All blocks in their order; text around them is skipped, as RFC 7468 5.2 allows. Never throws. */
export function parsePem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  // Headers of encrypted keys have colons, and "-" in names of ciphers: they are taken out before the body is read.
  for (
    const match of text.replace(/^(Proc-Type|DEK-Info):.*$/gm, encryptedHeader).matchAll(BLOCK)
  ) {
    const [, label, body] = match;
    const encrypted = body.includes(ENCRYPTED) || label === "ENCRYPTED PRIVATE KEY";
    const der = fromBase64(body.replaceAll(ENCRYPTED, ""));
    if (der === undefined) continue;
    blocks.push({ label, text: armor(label, der), der, encrypted });
  }
  return blocks;
}

const ENCRYPTED = "\u0001";

function encryptedHeader(line: string): string {
  return line.includes("ENCRYPTED") ? ENCRYPTED : "";
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text.replace(/\s+/g, "")), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** A block of `der`, in lines of 64 characters. */
export function armor(label: string, der: Uint8Array): string {
  let binary = "";
  for (const byte of der) binary += String.fromCharCode(byte);
  const lines = btoa(binary).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
