import assert from "node:assert/strict";
import { decodeAddress, encodeIp, encodeUnix } from "../../lib/net/sockaddr.ts";

Deno.test("sockaddr: addresses come back as they were, in the canonical form", () => {
  for (
    const [host, shown] of [
      ["127.0.0.1", "127.0.0.1"],
      ["::1", "::1"],
      ["2001:DB8:0::5", "2001:db8::5"],
      ["::ffff:10.0.0.1", "::ffff:10.0.0.1"],
    ]
  ) {
    const bytes = encodeIp(host, 65535)!;
    const address = decodeAddress(bytes, bytes.length);
    assert.deepEqual([address.host, address.port], [shown, 65535]);
  }
});

Deno.test("sockaddr: a name is no address", () => {
  assert.equal(encodeIp("localhost", 80), undefined);
});

Deno.test("sockaddr: paths and abstract names come back; nameless peers have an empty host", () => {
  for (const path of ["/run/a.sock", "@abstract"]) {
    const bytes = encodeUnix(path)!;
    assert.deepEqual(decodeAddress(bytes, bytes.length), { family: "unix", host: path, port: 0 });
  }
  assert.equal(encodeUnix("@abstract")!.length, 110, "padded to the whole length");
  assert.equal(encodeUnix(`/${"x".repeat(107)}`), undefined);
  assert.equal(decodeAddress(new Uint8Array([1, 0]), 2).host, "");
});
