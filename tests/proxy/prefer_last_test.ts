/** `max-keep-alive-queue`: when a request waits for the server of the one before it. */
import assert from "node:assert/strict";
import { S1, S2 } from "../support/proxy_rig.ts";
import { type Case, get, ok, testCases } from "./support.ts";

const backend = (lines: string) =>
  `balance roundrobin
    option prefer-last-server
    ${lines}
    server s1 ${S1} maxconn 1
    server s2 ${S2}`;

/** A client of s1, whose slot another client takes; where the first client's next request goes. */
function next(lines: string, expected: "s1" | "s2"): Case {
  return {
    name: `${lines === "" ? "without it" : lines}: the next request goes to ${expected}`,
    options: { backend: backend(lines) },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/1"));
      const s1 = await rig.server(S1);
      s1.send(ok());
      await client.gets(ok());
      const other = await rig.client();
      other.send(get("/2"));
      const s2 = await rig.server(S2);
      s2.send(ok());
      await other.gets(ok());
      const third = await rig.client();
      third.send(get("/slow"));
      const slow = await rig.server(S1);
      assert.equal(await slow.take(), get("/slow"));
      assert.equal(await s1.take(), get("/1"));
      client.send(get("/3"));
      await rig.pass(0);
      assert.equal(await s1.take() + await slow.take(), "", "s1 has no slot");
      assert.equal(await s2.take(), get("/2") + (expected === "s2" ? get("/3") : ""));
      if (expected === "s2") return;
      slow.send(ok());
      await third.gets(ok());
      assert.equal(await s1.take() + await slow.take(), get("/3"));
    },
  };
}

testCases("max-keep-alive-queue", [
  next("max-keep-alive-queue 1", "s1"),
  next("max-keep-alive-queue -1", "s1"),
  next("max-keep-alive-queue 0", "s2"),
  next("", "s2"),
]);
