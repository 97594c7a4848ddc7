import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { systemClock } from "../../lib/net/clock.ts";
import { IoStatus } from "../../lib/net/conn.ts";
import { poller } from "../../lib/net/epoll/poller.ts";
import { Pipes } from "../../lib/net/epoll/pipes.ts";
import { epollTransport } from "../../lib/net/epoll/transport.ts";
import { HandedConn } from "../../lib/net/handed_conn.ts";
import { writeAll } from "../../lib/net/io.ts";
import { bytesOf, pair, pattern, readBytes } from "./conformance.ts";

const transport = epollTransport(systemClock);
const ignore = transport === undefined;

Deno.test({
  name:
    "splice: 8 MiB pass through a pipe as they were sent, at the reader's pace, and the end is seen",
  ignore,
  async fn() {
    const pipes = new Pipes(poller()!, 10, undefined);
    const one = await pair(transport!);
    const two = await pair(transport!);
    const sent = pattern(8 << 20);
    const splice = pipes.between(one.server, new HandedConn(two.client, {}))!;
    assert.equal(pipes.used, 1);
    const writing = Promise.resolve(writeAll(one.client, sent)).then(() => one.client.closeWrite());
    const moving = (async () => {
      let moved = 0;
      for (;;) {
        const n = await splice.fill();
        if (n === IoStatus.Eof) break;
        assert.ok(n > 0);
        moved += n;
        assert.equal(await splice.drain(), 0);
      }
      two.client.closeWrite();
      return moved;
    })();
    const got = await readBytes(two.server, sent.length + 1);
    await writing;
    assert.equal(await moving, sent.length);
    assert.ok(Buffer.compare(got, sent) === 0);
    splice.close();
    assert.deepEqual([pipes.used, pipes.free], [0, 1]);
    one.done();
    two.done();
  },
});

Deno.test({
  name:
    "splice: connections of another kind, bytes that were kept back and a full house are refused",
  ignore,
  async fn() {
    const pipes = new Pipes(poller()!, 1, undefined);
    const { client, server, done } = await pair(transport!);
    const rest = new HandedConn(server, { rest: bytesOf("x") });
    assert.equal(pipes.between(rest, client), undefined);
    const only = pipes.between(client, server)!;
    assert.equal(pipes.between(client, server), undefined);
    only.close();
    done();
  },
});

Deno.test({
  name: "splice: a connection that is closed meanwhile answers Aborted, one whose peer went Reset",
  ignore,
  async fn() {
    const pipes = new Pipes(poller()!, 10, undefined);
    const one = await pair(transport!);
    const two = await pair(transport!);
    const splice = pipes.between(one.server, two.client)!;
    const pending = splice.fill();
    one.server.close();
    assert.equal(await pending, IoStatus.Aborted);
    splice.close();
    const other = pipes.between(two.server, two.server)!;
    await two.client.write(bytesOf("abc"));
    assert.equal(await other.fill(), 3);
    two.client.abort();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(await other.drain(), IoStatus.Reset);
    other.close();
    // What lies in a pipe is nobody else's: that one is not used again.
    assert.deepEqual([pipes.used, pipes.free], [0, 0]);
    one.done();
    two.done();
  },
});
