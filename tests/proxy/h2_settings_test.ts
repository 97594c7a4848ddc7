/** `tune.h2.*` (manual 3.2, and its forms for one side): what clients and servers are told first. */
import assert from "node:assert/strict";
import { latin1 } from "../../lib/http1/bytes.ts";
import { PREFACE } from "../../lib/http2/codes.ts";
import { HELLO } from "../http2/support.ts";
import { rigTest } from "../support/proxy_rig.ts";

/** The SETTINGS frame at the start of `text`, which is latin1. */
function settingsOf(text: string): Record<number, number> {
  const bytes = Uint8Array.from(text, (each) => each.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  assert.equal(bytes[3], 4, "a frame of SETTINGS comes first");
  const found: Record<number, number> = {};
  const end = 9 + view.getUint16(1);
  for (let at = 9; at < end; at += 6) found[view.getUint16(at)] = view.getUint32(at + 2);
  return found;
}

const [TABLE, STREAMS, WINDOW, FRAME] = [1, 3, 4, 5];

interface SettingsCase {
  readonly name: string;
  readonly global: string;
  /** undefined or the default: it need not be said */
  readonly client: Readonly<Record<number, number>>;
  readonly server: Readonly<Record<number, number>>;
}

const CASES: readonly SettingsCase[] = [
  {
    name: "without a word the RFC's values hold, and 100 streams",
    global: "",
    client: { [TABLE]: 4096, [STREAMS]: 100, [WINDOW]: 65535, [FRAME]: 16384 },
    server: { [TABLE]: 4096, [WINDOW]: 65535, [FRAME]: 16384 },
  },
  {
    name: "tune.h2.* hold for both sides",
    global: `tune.h2.header-table-size 1000
tune.h2.max-concurrent-streams 50
tune.h2.initial-window-size 100000
tune.h2.max-frame-size 20000`,
    client: { [TABLE]: 1000, [STREAMS]: 50, [WINDOW]: 100000, [FRAME]: 20000 },
    server: { [TABLE]: 1000, [WINDOW]: 100000, [FRAME]: 20000 },
  },
  {
    name: "the fe and be forms go before, each on its side",
    global: `tune.h2.max-concurrent-streams 50
tune.h2.initial-window-size 100000
tune.h2.fe.max-concurrent-streams 7
tune.h2.fe.initial-window-size 70000
tune.h2.be.initial-window-size 80000`,
    client: { [STREAMS]: 7, [WINDOW]: 70000 },
    server: { [WINDOW]: 80000 },
  },
];

const DEFAULTS: Readonly<Record<number, number>> = {
  [TABLE]: 4096,
  [WINDOW]: 65535,
  [FRAME]: 16384,
};

for (const { name, global, client, server } of CASES) {
  rigTest(`h2 settings: ${name}`, { global, server: "proto h2" }, async (rig) => {
    const peer = await rig.client();
    peer.send(latin1(HELLO, 0, HELLO.length));
    const told = { ...DEFAULTS, ...settingsOf(await peer.take()) };
    for (const [id, value] of Object.entries(client)) assert.equal(told[Number(id)], value);
    peer.close();
    const other = await rig.client();
    other.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    const text = await (await rig.server()).take();
    const preface = latin1(PREFACE, 0, PREFACE.length);
    assert.ok(text.startsWith(preface));
    const asked = { ...DEFAULTS, ...settingsOf(text.slice(preface.length)) };
    for (const [id, value] of Object.entries(server)) assert.equal(asked[Number(id)], value);
    other.close();
  });
}
