/** `option pgsql-check` (manual 4.2): a PostgreSQL server answers a StartupMessage by asking for authentication. */
import { bytesOfLatin1, latin1OfText } from "../../http1/bytes.ts";
import type { CheckKind } from "../check.ts";
import { bySequence } from "../sequence/kinds.ts";
import type { Judgement } from "../sequence/steps.ts";
import { bigEndian, expect, protocolSequence, send, untilNul } from "./steps.ts";

/** Protocol 3.0 and the user's name. */
function startup(user: string): Uint8Array {
  const parameters = `user\0${latin1OfText(user)}\0\0`;
  const length = parameters.length + 8;
  const head = String.fromCharCode(length >>> 24, length >>> 16 & 255, length >>> 8 & 255);
  return bytesOfLatin1(`${head}${String.fromCharCode(length & 255)}\0\x03\0\0${parameters}`);
}

/** Ok, Kerberos, clear text, crypt, MD5, SCM, GSS, SSPI and SASL. */
const AUTHENTICATIONS = new Set([0, 2, 3, 4, 5, 6, 7, 9, 10]);

function judge(text: string, last: boolean): Judgement | "more" | "good" {
  if (text[0] === "E" && text.length >= 5) {
    // Type, length, then the first field: its letter and its text.
    return { status: "L7RSP", info: untilNul(text.slice(6)) };
  }
  if (text.length < 9 && !last) return "more";
  const good = text[0] === "R" && text.length >= 9 && bigEndian(text, 1, 4) < 256 &&
    AUTHENTICATIONS.has(bigEndian(text, 5, 4));
  return good ? "good" : { status: "L7STS", info: "PostgreSQL unknown error" };
}

export const pgsqlCheck: CheckKind = {
  name: "pgsql-check",
  section: "4.2 option pgsql-check",
  doc: "Begins a session with a PostgreSQL server.",
  compile({ checks: { pgsqlUser = "" } }) {
    return bySequence(protocolSequence([
      send(2, startup(pgsqlUser)),
      expect({
        step: 3,
        judge,
        success: () => ({ status: "L7OK", info: "PostgreSQL server is ok" }),
      }),
    ]));
  },
};
