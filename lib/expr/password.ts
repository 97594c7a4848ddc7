/** Passwords against what a `userlist` keeps of them (manual 3.4; crypt(5)). */
import { timingSafeEqual } from "node:crypto";
import bcrypt from "bcryptjs";
import { encrypt } from "unixcrypt";
import type { UserPassword } from "../config/model_userlist.ts";
import { bytesOfLatin1, latin1OfText } from "../http1/bytes.ts";
import { md5Crypt } from "./md5_crypt.ts";

/** Longer ones are none, as in crypt(3): hashing takes longer the longer they are. */
const LONGEST = 512;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Whether `password` (latin1: one character for each byte) is the one that is kept. A hash takes as long as it was
 * made to take, 10 ms and more; the answer takes no less time when it is no.
 */
export function isPassword(password: string, kept: UserPassword): boolean {
  if (password.length > LONGEST) return false;
  const bytes = bytesOfLatin1(password);
  if (kept.kind === "plain") return same(bytes, bytesOfLatin1(latin1OfText(kept.text)));
  const hash = kept.text;
  if (hash.startsWith("$1$")) return sameText(md5Crypt(bytes, hash.split("$")[2]), hash);
  let text: string;
  try {
    // The libraries take text and hash its UTF-8: bytes that are none cannot be given to them.
    text = utf8.decode(bytes);
  } catch {
    return false;
  }
  if (hash.startsWith("$2")) return bcrypt.compareSync(text, hash);
  return sameText(encrypt(text, hash.slice(0, hash.lastIndexOf("$"))), hash);
}

function sameText(a: string, b: string): boolean {
  return same(bytesOfLatin1(a), bytesOfLatin1(b));
}

/** In a time that does not tell where they differ. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
