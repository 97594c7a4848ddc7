/** `option ssl-hello-chk` (manual 4.2): a server answers an SSLv3 ClientHello by a hello or an alert (RFC 6101). */
import { bytesOfLatin1 } from "../../http1/bytes.ts";
import type { CheckKind } from "../check.ts";
import { bySequence } from "../sequence/kinds.ts";
import { expect, protocolSequence } from "./steps.ts";

/** Every suite that SSLv3 and TLS 1.0 had: what is answered does not matter, only that something is. */
const SUITES = [
  ...Array.from({ length: 0x1b }, (_, n) => n + 1),
  ...Array.from({ length: 0x0c }, (_, n) => n + 0x2f),
];
/** 28 bytes in the place of random ones: nothing is kept secret here */
const RANDOM = "sluice checks that you live\n";

/** A record with a ClientHello of `seconds` since 1970. */
export function clientHello(seconds: number): Uint8Array {
  const two = (n: number) => String.fromCharCode(n >>> 8 & 255, n & 255);
  const suites = SUITES.map(two).join("");
  const body = "\x03\0" + two(seconds >>> 16) + two(seconds) + RANDOM + "\0" +
    two(suites.length) + suites + "\x01\0";
  const handshake = "\x01\0" + two(body.length) + body;
  return bytesOfLatin1("\x16\x03\0" + two(handshake.length) + handshake);
}

const sequence = protocolSequence([
  {
    type: "send",
    step: 1,
    data: ({ process }) => clientHello(Math.floor(process.wall() / 1000)),
  },
  expect({
    step: 2,
    emptyStatus: "L6RSP",
    timeoutStatus: "L6TOUT",
    judge(text, last) {
      if (text.length < 5 && !last) return "more";
      return text[0] === "\x15" || text[0] === "\x16" ? "good" : { status: "L6RSP" };
    },
    success: () => ({ status: "L6OK" }),
  }),
]);

export const sslHelloCheck: CheckKind = {
  name: "ssl-hello-chk",
  section: "4.2 option ssl-hello-chk",
  doc: "Sends an SSLv3 hello, which every TLS server answers in some way.",
  compile: () => bySequence(sequence),
};
