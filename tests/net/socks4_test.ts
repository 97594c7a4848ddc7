import assert from "node:assert/strict";
import { socks4Refusal, socks4Request } from "../../lib/net/socks4.ts";

Deno.test("a request names the address, or leaves the name to the proxy", () => {
  const user = [...new TextEncoder().encode("sluice\0")];
  assert.deepEqual([...socks4Request("10.1.2.3", 0x1234)!], [
    4,
    1,
    0x12,
    0x34,
    10,
    1,
    2,
    3,
    ...user,
  ]);
  assert.deepEqual([...socks4Request("a.b", 80)!], [
    ...[4, 1, 0, 80, 0, 0, 0, 1],
    ...user,
    ...new TextEncoder().encode("a.b\0"),
  ]);
  assert.equal(socks4Request("::1", 80), undefined);
});

Deno.test("only code 90 of version 0 is a permission", () => {
  assert.equal(socks4Refusal(Uint8Array.of(0, 90, 0, 0, 0, 0, 0, 0)), undefined);
  for (const [version, code] of [[0, 91], [0, 92], [0, 93], [0, 0], [4, 90], [72, 84]]) {
    assert.equal(
      typeof socks4Refusal(Uint8Array.of(version, code)),
      "string",
      `${version} ${code}`,
    );
  }
});
