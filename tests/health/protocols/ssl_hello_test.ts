import assert from "node:assert/strict";
import { clientHello } from "../../../lib/health/protocols/ssl_hello.ts";

Deno.test("the lengths in an SSLv3 ClientHello are those of its parts (RFC 6101 section 5.6.1)", () => {
  const hello = clientHello(0x12345678);
  const view = new DataView(hello.buffer);
  assert.deepEqual([...hello.subarray(0, 3)], [0x16, 3, 0], "a handshake record of SSLv3");
  assert.equal(view.getUint16(3), hello.length - 5);
  assert.deepEqual([...hello.subarray(5, 7)], [1, 0], "a ClientHello");
  assert.equal(view.getUint16(7), hello.length - 9);
  assert.equal(view.getUint32(11), 0x12345678, "the time");
  const session = 11 + 32;
  assert.equal(hello[session], 0, "no session to resume");
  const suites = view.getUint16(session + 1);
  assert.equal(suites % 2, 0);
  assert.deepEqual([...hello.subarray(session + 3 + suites)], [1, 0], "no compression");
});
