/**
 * `option mysql-check` (manual 4.2): the greeting of a MySQL or MariaDB server, and with a user the answer to a
 * login without a password. The session is ended by QUIT, so that the server counts no aborted connection.
 */
import { bytesOfLatin1, latin1OfText } from "../../http1/bytes.ts";
import type { CheckKind } from "../check.ts";
import { bySequence } from "../sequence/kinds.ts";
import type { ExpectStep, Judgement } from "../sequence/steps.ts";
import { expect, protocolSequence, send, untilNul } from "./steps.ts";

/** Length (3 bytes, least first) and number of a packet. */
const HEADER = 4;
const ERROR = "\xff";

function lengthAt(text: string, at: number): number {
  return text.charCodeAt(at) + text.charCodeAt(at + 1) * 256 + text.charCodeAt(at + 2) * 65536;
}

function packet(number: number, body: string): string {
  const { length } = body;
  return String.fromCharCode(length & 255, length >>> 8 & 255, length >>> 16, number) + body;
}

const CLIENT_PROTOCOL_41 = 0x0200;
const CLIENT_SECURE_CONNECTION = 0x8000;
const two = (n: number) => String.fromCharCode(n & 255, n >>> 8);

/** HandshakeResponse41: no database, packets up to 16 MB, character set utf8, no password. */
function login41(user: string): string {
  return packet(
    1,
    two(CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION) + "\0\0" + "\0\x80\0\x01" + "\x21" +
      "\0".repeat(23) + user + "\0\0",
  );
}

/** HandshakeResponse320 */
function login320(user: string): string {
  return packet(1, two(CLIENT_SECURE_CONNECTION) + "\0\0\x01" + user + "\0\0");
}

const QUIT = packet(0, "\x01");

/** Wants a whole packet that is no error; `startOf` tells where it begins. */
function wantsPacket(step: number, startOf: (text: string) => number): ExpectStep {
  return expect({
    step,
    judge(text, last): Judgement | "more" | "good" {
      const at = startOf(text);
      const head = at + HEADER;
      if (text.length < head || text.length < head + lengthAt(text, at)) {
        return last ? { status: "L7RSP" } : "more";
      }
      const body = text.slice(head, head + lengthAt(text, at));
      if (body === "") return { status: "L7RSP" };
      if (body[0] !== ERROR) return "good";
      const code = (body.charCodeAt(1) || 0) + (body.charCodeAt(2) || 0) * 256;
      return { status: "L7STS", code, info: untilNul(body.slice(3)) };
    },
    // The greeting tells the version behind the protocol's number.
    success: (text) => ({ status: "L7OK", info: untilNul(text.slice(HEADER + 1)) }),
  });
}

const first = () => 0;
const second = (text: string) => HEADER + lengthAt(text, 0);

export const mysqlCheck: CheckKind = {
  name: "mysql-check",
  section: "4.2 option mysql-check",
  doc: "Reads the greeting of a MySQL server, or logs in without a password.",
  compile({ checks: { mysql } }) {
    if (mysql === undefined) return bySequence(protocolSequence([wantsPacket(2, first)]));
    const user = latin1OfText(mysql.user);
    const login = mysql.version === "post-41" ? login41(user) : login320(user);
    return bySequence(protocolSequence([
      send(1, bytesOfLatin1(login + QUIT)),
      wantsPacket(3, first),
      wantsPacket(4, second),
    ]));
  },
};
