import assert from "node:assert/strict";
import { Errno, errno, getInt, libc, memory, Os, setInt } from "../../lib/net/libc.ts";

Deno.test({
  name: "libc: the error of a call that failed can be read, and options are set and read",
  ignore: libc() === undefined,
  fn() {
    const c = libc()!;
    assert.equal(c.close(-1), -1);
    assert.equal(errno(), Errno.EBADF);
    const fd = c.socket(Os.AF_INET, Os.SOCK_STREAM | Os.SOCK_CLOEXEC, 0);
    assert.ok(fd >= 0);
    assert.equal(getInt(c, fd, Os.IPPROTO_TCP, Os.TCP_NODELAY), 0);
    assert.ok(setInt(c, fd, Os.IPPROTO_TCP, Os.TCP_NODELAY, 1));
    assert.equal(getInt(c, fd, Os.IPPROTO_TCP, Os.TCP_NODELAY), 1);
    assert.equal(getInt(c, fd, Os.SOL_SOCKET, Os.SO_DOMAIN), Os.AF_INET);
    assert.ok(!setInt(c, fd, Os.IPPROTO_TCP, 9999, 1));
    c.close(fd);
  },
});

Deno.test({
  name: "libc: lengths reach C whole, also from optimised code",
  ignore: libc() === undefined,
  fn() {
    // The upper half of a register is not told to be empty: a length with rubbish in it would be a huge one.
    const probe = Deno.dlopen("libc.so.6", {
      labs: { parameters: ["u32"], result: "i64" },
    });
    const buffer = new Uint8Array(4096);
    const hot = (n: number) => {
      let wrong = 0;
      for (let i = 0; i < n; i++) {
        const part = buffer.subarray(i % 4000, i % 4000 + i % 96);
        if (probe.symbols.labs(part.length) !== BigInt(i % 96)) wrong++;
        if (probe.symbols.labs((i * 4294967297) % 1000) !== BigInt((i * 4294967297) % 1000)) {
          wrong++;
        }
      }
      return wrong;
    };
    let wrong = 0;
    for (let round = 0; round < 20; round++) wrong += hot(5000);
    probe.close();
    assert.equal(wrong, 0);
  },
});

Deno.test({
  name: "libc: memory for other threads is zeroed and has one address",
  ignore: libc() === undefined,
  fn() {
    const { pointer, bytes } = memory(libc()!, 64);
    assert.deepEqual([...bytes], new Array(64).fill(0));
    bytes[3] = 7;
    assert.equal(new Deno.UnsafePointerView(pointer!).getUint8(3), 7);
  },
});
