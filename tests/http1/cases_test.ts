import { equal, notEqual, ok } from "node:assert/strict";
import { bytesOfLatin1 } from "../../lib/http1/bytes.ts";
import { CASES } from "./cases.ts";
import { readMessage, type ReadOptions } from "./support.ts";

for (const c of CASES) {
  const what = c.ours === "accept" ? "is accepted" : `causes ${c.ours}`;
  Deno.test(`a ${c.kind} with ${c.name} ${what}`, () => {
    const bytes = bytesOfLatin1(c.bytes);
    const options: ReadOptions = {
      kind: c.kind,
      method: c.method ?? "GET",
      maxhdr: 101,
      acceptInvalid: c.acceptInvalid ?? false,
    };
    const { head, error, content } = readMessage(bytes, 0, bytes.length, [], options);
    if (c.ours !== "accept") {
      ok(error !== undefined, "it was accepted");
      equal(error.status, c.ours);
      return;
    }
    if (error?.code !== "truncated") equal(error, undefined);
    ok(head !== undefined);
    const headText = /^[\r\n]*([^]*?\n\r?\n)/.exec(c.bytes)?.[1] ?? "";
    equal(head.toString(), c.forwarded ?? headText);
    if (c.framing !== undefined) equal(head.framing, c.framing);
    if (c.body !== undefined) equal(content, c.body);
    if (c.closeAfter !== undefined) equal(head.closeAfter, c.closeAfter);
  });
}

Deno.test("where a case differs from HAProxy the table says why", () => {
  for (const c of CASES) {
    if (c.ours !== c.haproxy) notEqual(c.why, undefined, `${c.kind} with ${c.name}`);
  }
});

Deno.test("sluice accepts nothing that HAProxy refuses", () => {
  for (const c of CASES) {
    if (c.haproxy !== "accept") notEqual(c.ours, "accept", `${c.kind} with ${c.name}`);
  }
});
