import assert from "node:assert/strict";
import { MAX_CONNECTIONS } from "../../../lib/runtime/socket/sockets.ts";
import { VERSION } from "../../../lib/runtime/socket/info.ts";
import type { MemoryPeer } from "../../support/memory_peer.ts";
import type { Rig } from "../../support/proxy_rig.ts";
import { ADMIN, ask, socketTest } from "./support.ts";

const V = `${VERSION}\n\n`;

async function open(rig: Rig, text?: string): Promise<MemoryPeer> {
  const peer = await rig.client(ADMIN);
  if (text !== undefined) peer.send(text);
  return peer;
}

socketTest("a line is answered, an empty line follows, and the connection ends", async (rig) => {
  const peer = await open(rig, "show version\n");
  await peer.getsEnd(V);
});

socketTest(
  "several commands of a line, and lines that came together, are all answered",
  async (rig) => {
    assert.equal(await ask(rig, "show version;show cli level"), `${V}admin\n\n`);
    assert.equal(await ask(rig, "show version\nshow cli level"), `${V}admin\n\n`);
  },
);

socketTest("a line may come in pieces, and end with carriage return", async (rig) => {
  const peer = await open(rig, "show ver");
  await peer.gets("");
  peer.send("sion\r\n");
  await peer.getsEnd(V);
});

socketTest("a line that the peer does not finish is not executed", async (rig) => {
  const peer = await open(rig, "disable server be/s1");
  peer.finish();
  await peer.getsEnd("");
  assert.equal(rig.process.generation.backends.get("be")?.pool.server("s1")?.usable, true);
});

socketTest("prompt switches to interactive mode and back", async (rig) => {
  const peer = await open(rig, "prompt\n");
  await peer.gets("\n> ");
  peer.send("show version\n");
  await peer.gets(`${V}> `);
  peer.send("show version;show cli level\n");
  await peer.gets(`${V}> admin\n\n> `);
  peer.send("prompt\n");
  await peer.getsEnd("\n");
});

socketTest("prompt within a line counts from there on", async (rig) => {
  const peer = await open(rig, "show version;prompt\n");
  await peer.gets(`${V}\n> `);
  peer.send("show version;prompt;show version\n");
  await peer.getsEnd(`${V}> \n${V}`);
});

socketTest(
  "quit ends the connection without an answer, and what follows is not executed",
  async (rig) => {
    assert.equal(await ask(rig, "show version;quit;show version"), V);
    const peer = await open(rig, "prompt\nquit\nshow version\n");
    await peer.getsEnd("\n> ");
  },
);

socketTest("a payload is read to its empty line, with another prompt, and refused", async (rig) => {
  const peer = await open(rig, "prompt\n");
  await peer.gets("\n> ");
  peer.send("set server be/s1 <<\n");
  await peer.gets("+ ");
  peer.send("show version\n");
  await peer.gets("+ ");
  peer.send("\n");
  await peer.gets("'set server be/s1' takes no payload ('<<').\n\n> ");
  const other = await open(rig, "show version <<\nx\n");
  await other.gets("");
  other.send("\n");
  await other.getsEnd("'show version' takes no payload ('<<').\n\n");
});

socketTest("a line longer than tune.bufsize closes the connection", async (rig) => {
  for (const before of ["", "prompt\n"]) {
    const peer = await open(rig, before);
    await peer.take();
    peer.send("x".repeat(16384));
    await peer.take();
    assert.notEqual(peer.state, "open");
  }
  const peer = await open(rig, `prompt\n${"show version <<\n"}${"x\n".repeat(10_000)}`);
  await peer.gets("\n> " + "+ ".repeat(10_001));
});

socketTest("silence for longer than stats timeout closes the connection", async (rig) => {
  const peer = await open(rig, "prompt\n");
  await rig.pass(19_900);
  await peer.gets("\n> ");
  peer.send("show version\n");
  await peer.gets(`${V}> `);
  await rig.pass(19_900);
  await peer.gets("");
  await rig.pass(200);
  await peer.getsEnd("");
});

socketTest("set timeout cli changes it for the connection", async (rig) => {
  const peer = await open(rig, "prompt\nset timeout cli 40\n");
  await peer.gets("\n> \n> ");
  await rig.pass(39_900);
  await peer.gets("");
  await rig.pass(200);
  await peer.getsEnd("");
  assert.equal(await ask(rig, "set timeout cli"), "Expects an integer value.\n\n");
  assert.equal(await ask(rig, "set timeout cli x"), "Invalid timeout value.\n\n");
  assert.equal(await ask(rig, "set timeout cli 0"), "Invalid timeout value.\n\n");
});

socketTest("a peer that takes no answer is closed after the timeout", async (rig) => {
  const peer = await rig.client(ADMIN, false);
  peer.send("help;".repeat(200) + "\n");
  await rig.pass(20_100);
  peer.resume();
  const text = await peer.take();
  assert.ok(text.length < 200 * 1000, `${text.length} bytes`);
  assert.notEqual(peer.state, "open");
}, { capacity: 4096 });

socketTest("ten connections are served, more wait until one ends", async (rig) => {
  const peers: MemoryPeer[] = [];
  for (let n = 0; n < MAX_CONNECTIONS; n++) {
    const peer = await open(rig, "prompt\n");
    await peer.gets("\n> ");
    peers.push(peer);
  }
  const late = [await open(rig, "show version\n"), await open(rig, "show version\n")];
  for (const peer of late) await peer.gets("");
  peers[3].send("quit\n");
  await peers[3].getsEnd("");
  for (const peer of late) await peer.getsEnd(V);
  assert.equal(await ask(rig, "show version"), V);
});

socketTest("random bytes are answered or closed, and do no harm", async (rig) => {
  const next = generator(12345);
  for (let n = 0; n < 40; n++) {
    let text = "";
    const length = next() % 200;
    for (let at = 0; at < length; at++) text += String.fromCharCode(next() % 256);
    const peer = await open(rig, `${text}\n`);
    await peer.take();
    peer.close();
  }
  assert.deepEqual(rig.reports, []);
  assert.equal(await ask(rig, "show version"), V);
});

/** Numbers that look random, always the same ones. */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 8;
}
