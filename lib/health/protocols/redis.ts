/** `option redis-check` (manual 4.2): PING is answered by PONG. */
import { bytesOfLatin1 } from "../../http1/bytes.ts";
import type { CheckKind } from "../check.ts";
import { bySequence } from "../sequence/kinds.ts";
import { expect, firstLine, protocolSequence, send } from "./steps.ts";

const sequence = protocolSequence([
  send(1, bytesOfLatin1("*1\r\n$4\r\nPING\r\n")),
  expect({
    step: 2,
    emptyStatus: "L7STS",
    judge(text, last) {
      if (text.includes("+PONG\r\n")) return "good";
      // An error is a line too: it need not be waited out.
      const whole = /^-[^\r\n]*\r\n/.test(text);
      return last || whole ? { status: "L7STS", info: firstLine(text) } : "more";
    },
    success: () => ({ status: "L7OK", info: "Redis server is ok" }),
  }),
]);

export const redisCheck: CheckKind = {
  name: "redis-check",
  section: "4.2 option redis-check",
  doc: "Sends PING to a Redis server and waits for PONG.",
  compile: () => bySequence(sequence),
};
