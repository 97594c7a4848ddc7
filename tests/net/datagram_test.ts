/** What must hold of UDP sockets, over Deno and over libc. */
import assert from "node:assert/strict";
import {
  type Datagram,
  datagramAddress,
  type DatagramOptions,
  openDenoDatagram,
  type Peer,
} from "../../lib/net/datagram.ts";
import { libcDatagrams } from "../../lib/net/epoll/datagram.ts";
import { poller } from "../../lib/net/epoll/poller.ts";
import { waitFor } from "../support/poll.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (each: Uint8Array) => new TextDecoder().decode(each);

for (const [name, open] of [["deno", openDenoDatagram], ["libc", libcDatagrams()]] as const) {
  const test = (what: string, run: (made: Made) => Promise<void>) =>
    Deno.test({
      name: `${name}: ${what}`,
      ignore: open === undefined,
      async fn() {
        const sockets: Datagram[] = [];
        const made: Made = (host, options) => {
          const socket = open!(host, 0, options);
          if ("failed" in socket) throw new Error(socket.message);
          sockets.push(socket);
          return socket;
        };
        try {
          await run(made);
        } finally {
          for (const socket of sockets) socket.close();
          await poller()?.ended();
          // A receive that was under way ends a moment after its socket.
          await new Promise((resolve) => setTimeout(resolve, 0));
        }
      },
    });

  for (const host of ["127.0.0.1", "::1"]) {
    test(`datagrams come in order, and answers go back to whoever asked (${host})`, async (made) => {
      const server = made(host);
      const client = made(host);
      const got: string[] = [];
      server.start(1000, (each, from) => server.send(bytes(`re ${text(each)}`), from));
      client.start(1000, (each) => void got.push(text(each)));
      const to = datagramAddress(host, server.address.port)!;
      for (let n = 0; n < 40; n++) await client.send(bytes(`${n}`), to);
      await waitFor("all answers", () => got.length === 40);
      assert.deepEqual(got, Array.from({ length: 40 }, (_, n) => `re ${n}`));
    });
  }

  test("whoever sends twice has the same key, another one has another", async (made) => {
    const server = made("127.0.0.1");
    const [a, b] = [made("127.0.0.1"), made("127.0.0.1")];
    const peers: Peer[] = [];
    server.start(1000, (_, from) => void peers.push(from));
    const to = datagramAddress("127.0.0.1", server.address.port)!;
    for (const [n, client] of [a, b, a].entries()) {
      await client.send(bytes("x"), to);
      await waitFor("it", () => peers.length === n + 1);
    }
    assert.equal(peers[0].key, peers[2].key);
    assert.notEqual(peers[0].key, peers[1].key);
    assert.equal(peers[0].hostname, "127.0.0.1");
    assert.equal(peers[0].port, a.address.port);
  });

  test("a datagram that fills the buffer is told as cut, the next one comes", async (made) => {
    const server = made("127.0.0.1");
    const client = made("127.0.0.1");
    const got: number[] = [];
    let cut = 0;
    server.start(100, (each) => void got.push(each.length), () => cut++);
    const to = datagramAddress("127.0.0.1", server.address.port)!;
    for (const size of [99, 100, 5000, 1]) await client.send(new Uint8Array(size), to);
    await waitFor("all", () => got.length + cut === 4);
    assert.deepEqual(got, [99, 1]);
  });

  test("a socket whose peer is not there goes on", async (made) => {
    const gone = made("127.0.0.1");
    const port = gone.address.port;
    gone.close();
    const client = made("127.0.0.1", { peer: datagramAddress("127.0.0.1", port) });
    const got: string[] = [];
    client.start(1000, (each) => void got.push(text(each)));
    const to = datagramAddress("127.0.0.1", port)!;
    for (let n = 0; n < 3; n++) {
      await client.send(bytes("x"), to);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    client.close();
    client.close();
    await client.send(bytes("x"), to);
  });
}

type Made = (host: string, options?: DatagramOptions) => Datagram;

Deno.test({
  name: "libc: sockets may share a place, and an address that is taken is told",
  ignore: libcDatagrams() === undefined,
  async fn() {
    const open = libcDatagrams()!;
    const first = open("127.0.0.1", 0, { shared: true }) as Datagram;
    const { port } = first.address;
    const second = open("127.0.0.1", port, { shared: true });
    const third = open("127.0.0.1", port);
    assert.ok(!("failed" in second));
    assert.equal("failed" in third && third.failed, "addrinuse");
    const nowhere = open("127.0.0.1", 0, { interface: "nosuch0" });
    assert.match("failed" in nowhere ? nowhere.message : "", /^interface nosuch0: /);
    first.close();
    second.close();
    await poller()?.ended();
  },
});
