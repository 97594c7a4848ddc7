import { equal } from "node:assert/strict";
import fc from "fast-check";
import { bytesOfLatin1 } from "../../lib/http1/bytes.ts";
import { findHeadEnd, skipEmptyLines } from "../../lib/http1/find_end.ts";
import { findRequestEnd } from "../../lib/http1/parse_request.ts";

/** The law, said simply: after the first empty line. */
function expected(text: string): number {
  const m = /\n\r?\n/.exec(text);
  return m === null ? -1 : m.index + m[0].length;
}

Deno.test("the end of a head is after the first empty line, wherever the pieces end", () => {
  const piece = fc.constantFrom("\r", "\n", "\r\n", "a", "bc");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), fc.nat(20), (pieces, step) => {
      const text = "G" + pieces.join("");
      const bytes = bytesOfLatin1(text + "\n\r\n\n");
      const want = expected(text);
      equal(findHeadEnd(bytes, 0, 0, text.length), want);
      let scanned = 0;
      let end = -1;
      for (let to = 1; to <= text.length && end < 0; to += 1 + step % 3) {
        end = findHeadEnd(bytes, 0, scanned, to);
        scanned = to;
      }
      if (end < 0) end = findHeadEnd(bytes, 0, scanned, text.length);
      equal(end, want);
    }),
    { seed: 7, numRuns: 3000 },
  );
});

Deno.test("what stands before the head's start does not count", () => {
  const bytes = bytesOfLatin1("a\n\r\nb\n\n");
  equal(findHeadEnd(bytes, 2, 2, bytes.length), 7);
});

Deno.test("empty lines before a message are skipped, a half one waits", () => {
  const skip = (text: string) => skipEmptyLines(bytesOfLatin1(text), 0, text.length);
  equal(skip("\r\n\n\r\nGET"), 5);
  equal(skip("\r\n\r"), 2);
  equal(skip("\rG"), 0);
  equal(skip("\n".repeat(500)), 500);
  equal(skip("GET"), 0);
});

Deno.test("a request without a version ends with its line only when invalid requests are accepted", () => {
  const find = (text: string, acceptInvalid: boolean) => {
    return findRequestEnd(bytesOfLatin1(text), 0, 0, text.length, { maxhdr: 101, acceptInvalid });
  };
  equal(find("GET /\r\n", true), 7);
  equal(find("GET /\r\nHost: a\r\n\r\n", true), 7);
  equal(find("GET /\r\n", false), -1);
  equal(find("POST /\r\n", true), -1);
  equal(find("GET / HTTP/1.0\r\n", true), -1);
});
