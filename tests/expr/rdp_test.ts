import assert from "node:assert/strict";
import { MORE, rdpCookie, rdpToken } from "../../lib/expr/rdp.ts";

const HEADERS = "\x03\0\0\x2b\x26\xe0\0\0\0\0\0";

Deno.test("a cookie of RDP is found by its name in any case, or as the first", () => {
  const text = `${HEADERS}Cookie: mstshash=user\r\n\x01\0`;
  assert.equal(rdpCookie(text), "user");
  assert.equal(rdpCookie(text, "MSTShash"), "user");
  assert.equal(rdpCookie(text, "msts"), undefined);
  assert.equal(rdpCookie(`${HEADERS}cookie:mstshash=\r\n`), "");
});

Deno.test("a cookie of RDP that has not come whole is waited for", () => {
  const text = `${HEADERS}Cookie: mstshash=user\r\n`;
  for (let length = 0; length < text.length; length++) {
    assert.equal(rdpCookie(text.slice(0, length)), MORE, `${length}`);
    assert.equal(rdpCookie(text.slice(0, length), "mstshash"), MORE, `${length}`);
  }
});

Deno.test("what is no RDP has no cookie", () => {
  assert.equal(rdpCookie("GET / HTTP/1.1\r\n"), undefined);
  assert.equal(rdpCookie(`${HEADERS}\x01\0\x08`), undefined);
  assert.equal(rdpCookie(`${HEADERS}Cookie: none\r\n`), undefined);
});

Deno.test("a token of RDP is an address and a port, both little endian", () => {
  assert.deepEqual(rdpToken("3640205228.15629.0000"), { host: "172.31.249.216", port: 3389 });
  assert.equal(rdpToken("user"), undefined);
  assert.equal(rdpToken("99999999999.1.0"), undefined);
});
