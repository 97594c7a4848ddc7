import assert from "node:assert/strict";
import { a, aaaa, answerTo, rcode, resolverRig, type Script, srv } from "./support.ts";

const silent: Script = () => undefined;
const nx: Script = (asked) => answerTo(asked, [], rcode(3));
const has = (...addresses: string[]): Script => (asked) =>
  answerTo(
    asked,
    addresses.filter((each) => each.includes(":") === (asked.type === "AAAA")).map((each) =>
      each.includes(":") ? aaaa(asked.name, each) : a(asked.name, each)
    ),
  );

Deno.test("all nameservers are asked at once, and the first that has the records wins", async () => {
  const rig = resolverRig({ one: silent, two: has("10.0.0.2"), three: nx });
  const answer = await rig.resolver.query("app.test", "A");
  assert.deepEqual(rig.asked, ["one A app.test", "two A app.test", "three A app.test"]);
  assert.equal(answer.status, "valid");
  assert.deepEqual(answer.addresses, ["10.0.0.2"]);
  assert.equal(answer.nameserver?.config.name, "two");
  assert.equal(rig.open(), 0, "no socket stays open");
});

Deno.test("an error counts when all have given one", async () => {
  const rig = resolverRig({ one: nx, two: (asked) => answerTo(asked, [], rcode(5)) });
  const answer = await rig.resolver.query("app.test", "A");
  assert.equal(answer.status, "refused");
  assert.deepEqual(
    rig.resolver.nameservers.map(({ counters }) => [counters.sent, counters.nx, counters.refused]),
    [[1, 1, 0], [1, 0, 1]],
  );
});

Deno.test("an unanswered question is asked again each 'timeout retry', so often and no more", async () => {
  const rig = resolverRig({ one: silent });
  let status = "";
  rig.resolver.query("app.test", "A").then((answer) => status = answer.status);
  await rig.pass(1900);
  assert.equal(rig.asked.length, 2);
  await rig.pass(2000);
  assert.equal(status, "timeout");
  await rig.pass(9000);
  assert.equal(rig.asked.length, 3);
  assert.equal(rig.resolver.nameservers[0].counters.timeout, 3);
  assert.equal(rig.open(), 0);
});

Deno.test("an answer to the second try counts", async () => {
  const rig = resolverRig({ one: (asked, n) => n < 2 ? undefined : has("10.0.0.1")(asked, n) });
  const answer = rig.resolver.query("app.test", "A");
  await rig.pass(1100);
  assert.deepEqual((await answer).addresses, ["10.0.0.1"]);
});

Deno.test("a name without records of the preferred family is asked for the other one", async () => {
  const rig = resolverRig({ one: has("10.0.0.1") });
  assert.deepEqual((await rig.resolver.resolve("app.test", "ipv6")).addresses, ["10.0.0.1"]);
  assert.deepEqual(rig.asked, ["one AAAA app.test", "one A app.test"]);
  assert.equal(rig.resolver.nameservers[0].counters.any_err, 1);
  const both = resolverRig({ one: has("10.0.0.1", "::1") });
  assert.deepEqual((await both.resolver.resolve("app.test", "ipv6")).addresses, ["::1"]);
  assert.deepEqual(both.asked, ["one AAAA app.test"]);
});

Deno.test("who asks what is being asked already gets the same answer", async () => {
  const rig = resolverRig({ one: has("10.0.0.1") });
  const answers = [rig.resolver.query("app.test", "A"), rig.resolver.query("APP.test", "A")];
  assert.deepEqual((await answers[0]).addresses, (await answers[1]).addresses);
  assert.equal(rig.asked.length, 1);
});

Deno.test("forged and foreign answers are counted and change nothing", async () => {
  const rig = resolverRig({ one: silent });
  let addresses: readonly string[] = [];
  rig.resolver.query("app.test", "A").then((answer) => addresses = answer.addresses);
  await rig.pass(1);
  const asked = { id: 1000, name: "app.test", type: "A" };
  rig.inject("one", answerTo({ ...asked, id: 1001 }, [a("app.test", "10.6.6.6")]));
  rig.inject("one", answerTo({ ...asked, name: "x.test" }, [a("x.test", "10.6.6.6")]));
  rig.inject("one", new Uint8Array([3, 232]));
  rig.inject("one", new Uint8Array(513));
  const { counters } = rig.resolver.nameservers[0];
  await rig.pass(1);
  assert.deepEqual(addresses, []);
  assert.deepEqual([counters.outdated, counters.invalid], [3, 1]);
  rig.inject("one", answerTo(asked, [a("app.test", "10.0.0.1")]));
  await rig.pass(1);
  assert.deepEqual(addresses, ["10.0.0.1"]);
});

Deno.test("more bytes than 'accepted_payload_size' permits are not looked at", async () => {
  const many = Array.from({ length: 40 }, (_, n) => a("app.test", `10.0.1.${n}`));
  const rig = resolverRig({ one: (asked) => answerTo(asked, many) }, { retries: 1 });
  const answer = rig.resolver.query("app.test", "A");
  await rig.pass(1100);
  assert.equal((await answer).status, "timeout");
  assert.equal(rig.resolver.nameservers[0].counters.too_big, 1);
  const wide = resolverRig({ one: (asked) => answerTo(asked, many) }, { payloadSize: 4096 });
  assert.equal((await wide.resolver.query("app.test", "A")).addresses.length, 40);
});

Deno.test("a truncated answer is fetched whole over TCP", async () => {
  const many = Array.from({ length: 60 }, (_, n) => a("app.test", `10.0.1.${n}`));
  const rig = resolverRig({ one: (asked) => answerTo(asked, [], { flags: 1 << 9 }) });
  const listener = rig.transport.listen({ type: "tcp", host: "127.0.1.1", port: 53 }, {});
  assert.ok(!("failed" in listener));
  listener.start(async (conn) => {
    const bytes = new Uint8Array(600);
    let have = 0;
    while (have < 2 || have < 2 + (bytes[0] << 8 | bytes[1])) {
      have += await conn.read(bytes.subarray(have));
    }
    const id = bytes[2] << 8 | bytes[3];
    const answer = answerTo({ id, name: "app.test", type: "A" }, many);
    await conn.write(new Uint8Array([answer.length >> 8, answer.length & 255]));
    for (let at = 0; at < answer.length; at += 100) await conn.write(answer.subarray(at, at + 100));
  });
  const answer = rig.resolver.query("app.test", "A");
  await rig.pass(100);
  assert.equal((await answer).addresses.length, 60);
  const { counters } = rig.resolver.nameservers[0];
  assert.deepEqual([counters.sent, counters.truncated, counters.valid], [2, 1, 1]);
});

Deno.test("a TCP server that says nothing, half a message, or an endless one costs its time only", async () => {
  for (const say of [[], [0, 40, 1, 2], [0xff, 0xff, 1]]) {
    const rig = resolverRig({ one: (asked) => answerTo(asked, [], { flags: 1 << 9 }) });
    const listener = rig.transport.listen({ type: "tcp", host: "127.0.1.1", port: 53 }, {});
    assert.ok(!("failed" in listener));
    listener.start((conn) => void (say.length > 0 && conn.write(new Uint8Array(say))));
    const answer = rig.resolver.query("app.test", "A");
    await rig.pass(3100);
    assert.equal((await answer).status, "timeout");
  }
});

Deno.test("lookup keeps an answer for 'hold valid', and takes nothing for a name that is none", async () => {
  const rig = resolverRig({ one: has("10.0.0.1") });
  assert.equal(await rig.resolver.lookup("app.test.", "ipv4"), "10.0.0.1");
  assert.equal(rig.resolver.lookup("APP.test", "ipv4"), "10.0.0.1", "at once");
  assert.equal(rig.asked.length, 1);
  await rig.pass(10_001);
  assert.equal(await rig.resolver.lookup("app.test", "ipv4"), "10.0.0.1");
  assert.equal(rig.asked.length, 2);
  for (const bad of ["", "a b", "../etc", "x".repeat(300)]) {
    assert.equal(rig.resolver.lookup(bad, "ipv4"), undefined);
  }
  assert.equal(rig.asked.length, 2);
});

Deno.test("close answers everybody who waits, and nothing is asked afterwards", async () => {
  const rig = resolverRig({ one: silent });
  const waiting = rig.resolver.resolve("app.test", "ipv6");
  rig.resolver.close();
  assert.equal((await waiting).status, "timeout");
  assert.equal((await rig.resolver.query("b.test", "SRV")).status, "timeout");
  assert.equal(rig.asked.length, 1);
  assert.equal(rig.open(), 0);
  assert.equal(rig.clock.next, undefined, "no timer is left");
});

Deno.test("SRV records are asked for by their type", async () => {
  const name = "_http._tcp.app.test";
  const rig = resolverRig({ one: (asked) => answerTo(asked, [srv(name, "one.test", 8080)]) });
  const answer = await rig.resolver.query(name, "SRV");
  assert.deepEqual(answer.services.map(({ target, port }) => `${target}:${port}`), [
    "one.test:8080",
  ]);
});
