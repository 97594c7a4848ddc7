/** `option smtpchk` (manual 4.2): greeting, HELO or EHLO, QUIT, each answered by 2xx (RFC 5321). */
import { bytesOfLatin1, latin1OfText } from "../../http1/bytes.ts";
import type { CheckKind } from "../check.ts";
import { bySequence } from "../sequence/kinds.ts";
import type { ExpectStep, Judgement, Sequence } from "../sequence/steps.ts";
import { expect, firstLine, protocolSequence, send } from "./steps.ts";

interface Reply {
  readonly code: number;
  /** of its first line */
  readonly text: string;
}

/** One whole reply, which may have several lines (RFC 5321 section 4.2.1). */
function readReply(text: string): Reply | "more" | "malformed" {
  for (let from = 0; from < text.length;) {
    const start = text.slice(from, from + 4);
    if (!/^[0-9]{3}[ \r\n-]/.test(start)) {
      return start.length < 4 && /^[0-9]{0,3}$/.test(start) ? "more" : "malformed";
    }
    const end = text.indexOf("\n", from);
    if (end < 0) return "more";
    if (start[3] !== "-") return whole(text);
    from = end + 1;
  }
  return "more";
}

function whole(text: string): Reply {
  return { code: Number(text.slice(0, 3)), text: firstLine(text.slice(4)).trimStart() };
}

function wants2xx(step: number, emptyStatus: "L7RSP" | "L7STS"): ExpectStep {
  const said = (text: string): Judgement => {
    const { code, text: info } = whole(text);
    return { status: "L7OK", info, code };
  };
  return expect({
    step,
    emptyStatus,
    judge(text, last) {
      const reply = readReply(text);
      if (reply === "malformed" || (reply === "more" && last)) {
        return { status: "L7RSP", info: firstLine(text) };
      }
      if (reply === "more") return "more";
      if (reply.code >= 200 && reply.code < 300) return "good";
      return { ...said(text), status: "L7STS" };
    },
    success: said,
  });
}

/** `hello` is HELO or EHLO. */
function sequenceFor(hello: string, domain: string): Sequence {
  return protocolSequence([
    wants2xx(2, "L7RSP"),
    send(4, bytesOfLatin1(`${hello} ${latin1OfText(domain)}\r\n`)),
    wants2xx(5, "L7STS"),
    send(6, bytesOfLatin1("QUIT\r\n")),
    wants2xx(7, "L7STS"),
  ]);
}

export const smtpCheck: CheckKind = {
  name: "smtpchk",
  section: "4.2 option smtpchk",
  doc: "Greets a mail server and leaves it.",
  compile({ checks: { smtp } }) {
    return bySequence(sequenceFor(smtp?.hello ?? "HELO", smtp?.domain ?? "localhost"));
  },
};
