import assert from "node:assert/strict";
import { helloText, readHello, readStatus, STATUS } from "../../../lib/stick/peers/hello.ts";
import { MAX_BODY } from "../../../lib/stick/peers/messages.ts";
import type { StickKey } from "../../../lib/stick/key.ts";
import type { StickTable } from "../../../lib/stick/table.ts";
import { Random } from "../../support/random.ts";
import { fuzzPeers } from "./fuzz.ts";
import { bytesOf, LESSON } from "./wire.ts";
import { converse, newSession, peerTable, sharedTables, WALL } from "./support.ts";

function read(table: StickTable, key: StickKey): Record<string, number | string> | undefined {
  const entry = table.lookup(key, WALL);
  if (entry === 0) return undefined;
  const values: Record<string, number | string> = {};
  for (const column of table.layout.columns) {
    for (let i = 0; i < column.count; i++) {
      const value = table.get(entry, column, WALL, i);
      const name = column.count > 1 ? `${column.type.name}[${i}]` : column.type.name;
      values[name] = column.type.kind === "name" ? table.nameOf(value) ?? "-" : value;
    }
  }
  values.left = table.left(entry, WALL);
  table.release(entry);
  return values;
}

Deno.test("peers: what HAProxy 2.6 has taught is understood, however its bytes are cut", () => {
  for (const cut of [1, 2, 3, 50, LESSON.length]) {
    const tables = sharedTables();
    const { session, lessons } = newSession(tables);
    for (let at = 0; at < LESSON.length; at += cut) {
      session.receive(LESSON.subarray(at, at + cut));
    }
    assert.equal(session.ended, undefined);
    const of = (name: string) => tables.find((table) => table.name === name)!.table;
    assert.deepEqual(read(of("ss"), "hello"), { gpt0: 0, left: 0 });
    assert.deepEqual(read(of("st"), 0x7f000001), {
      server_id: 1,
      gpc0: 3,
      conn_cur: 0,
      http_req_cnt: 3,
      http_req_rate: 3,
      bytes_in_cnt: 246,
      server_key: "s1",
      left: 598_782,
    });
    assert.deepEqual(read(of("/t1"), 77), {
      "gpt[0]": 0,
      "gpt[1]": 0,
      "gpc[0]": 0,
      "gpc[1]": 3,
      "gpc[2]": 0,
      "gpc_rate[0]": 0,
      "gpc_rate[1]": 3,
      left: 298_781,
    });
    assert.deepEqual(read(of("s6"), { a: 0x20010db8, b: 0, c: 0, d: 1 }), {
      conn_rate: 4,
      left: 0,
    });
    assert.deepEqual(lessons, [false]);
    // What was learned is confirmed, then the lesson is.
    const said = session.produce()!;
    assert.deepEqual([...said.subarray(-2)], [0, 3]);
    assert.equal(String.fromCharCode(...said).split("\n\x84").length - 1, 4);
  }
});

Deno.test("peers: two nodes tell each other what changes, and only that", () => {
  const left = sharedTables();
  const right = sharedTables();
  const a = newSession(left).session;
  const b = newSession(right).session;
  const count = (table: StickTable, key: StickKey, n: number) => {
    const entry = table.acquire(key, WALL);
    table.count(entry, 9, 10, WALL, n);
    table.release(entry);
  };
  count(left[0].table, 1, 5);
  count(right[0].table, 2, 7);
  converse(a, b);
  for (const tables of [left, right]) {
    assert.equal(read(tables[0].table, 1)?.http_req_cnt, 5);
    assert.equal(read(tables[0].table, 2)?.http_req_rate, 7);
  }
  // What one has learned it does not tell back.
  assert.equal(a.outgoing.sent, 1);
  assert.equal(b.outgoing.sent, 1);
  assert.deepEqual(converse(a, b), [0, 0]);
});

Deno.test("peers: an entry that changes often is told once for each look", () => {
  const left = [{ id: 1, name: "t", table: peerTable({}) }];
  const right = [{ id: 9, name: "t", table: peerTable({}) }];
  const a = newSession(left).session;
  const b = newSession(right).session;
  for (let i = 0; i < 1000; i++) {
    const entry = left[0].table.acquire(1, WALL);
    left[0].table.count(entry, 9, 10, WALL, 1);
    left[0].table.release(entry);
  }
  converse(a, b);
  assert.equal(a.outgoing.sent, 1);
  assert.equal(read(right[0].table, 1)?.http_req_cnt, 1000);
});

Deno.test("peers: whoever is far behind is told all that changed since, and nothing else", () => {
  const left = [{ id: 1, name: "t", table: peerTable({ size: 100 }) }];
  const right = [{ id: 1, name: "t", table: peerTable({ size: 1000 }) }];
  const { table } = left[0];
  // Learned from somebody else: not to be told.
  table.release(table.learn(1_000_000, WALL));
  // More changes than the ring has places, as entries come and go.
  for (let key = 0; key < 5000; key++) table.release(table.acquire(key, WALL));
  table.release(table.learn(1_000_001, WALL));
  assert.ok(table.isBehind(0));
  const a = newSession(left).session;
  converse(a, newSession(right).session);
  const told: StickKey[] = [];
  for (let e = right[0].table.next(0, WALL); e !== 0; e = right[0].table.next(e, WALL)) {
    told.push(right[0].table.keyOf(e));
    right[0].table.release(e);
  }
  assert.equal(told.length, table.used(WALL) - 1);
  assert.ok(told.includes(4999) && !told.includes(1_000_001));
});

Deno.test("peers: who asks is taught everything, also what was learned, and knows when it is whole", () => {
  const left = sharedTables();
  const right = sharedTables();
  const { table } = left[0];
  table.release(table.learn(1, WALL));
  for (let key = 2; key < 80; key++) table.release(table.acquire(key, WALL));
  let whole = false;
  const a = newSession(left, { mostUpdates: 10, isWhole: () => whole });
  const b = newSession(right);
  b.session.ask();
  converse(a.session, b.session);
  assert.equal(right[0].table.used(WALL), 79);
  assert.deepEqual(b.lessons, [false]);
  assert.equal(a.session.outgoing.unconfirmed, false);
  whole = true;
  b.session.ask();
  converse(a.session, b.session);
  assert.deepEqual(b.lessons, [false, true]);
});

Deno.test("peers: what changes after a lesson is told, also when the lesson was all that was ever sent", () => {
  const left = [{ id: 1, name: "t", table: peerTable({}) }];
  const right = [{ id: 1, name: "t", table: peerTable({}) }];
  const { table } = left[0];
  const count = () => {
    const entry = table.acquire(1, WALL);
    table.count(entry, 9, 10, WALL, 1);
    table.release(entry);
  };
  count();
  const a = newSession(left).session;
  const b = newSession(right).session;
  b.ask();
  // The question is there before anything was pushed.
  converse(b, a);
  assert.equal(read(right[0].table, 1)?.http_req_cnt, 1);
  count();
  count();
  converse(a, b);
  assert.equal(read(right[0].table, 1)?.http_req_cnt, 3);
});

Deno.test("peers: an exchange that broke goes on where the other side has confirmed", () => {
  const left = [{ id: 1, name: "t", table: peerTable({}) }];
  const progress = new Map();
  const { table } = left[0];
  const first = newSession(left, { progress }).session;
  table.release(table.acquire(1, WALL));
  const lost = first.produce()!;
  assert.ok(lost.length > 0);
  // Nobody has confirmed it: the next connection tells it again.
  const right = [{ id: 1, name: "t", table: peerTable({}) }];
  const second = newSession(left, { progress }).session;
  converse(second, newSession(right).session);
  assert.equal(right[0].table.used(WALL), 1);
  // That was confirmed: a third one does not.
  assert.equal(newSession(left, { progress }).session.produce(), undefined);
});

Deno.test("peers: conn_cur is told and never learned; a table of another type is told of and left alone", () => {
  const store = [{ name: "conn_cur" }, { name: "gpt0" }];
  const left = [
    { id: 1, name: "t", table: peerTable({ store }) },
    { id: 2, name: "u", table: peerTable({ type: "string" }) },
  ];
  const right = [
    { id: 1, name: "u", table: peerTable({ type: "integer" }) },
    { id: 2, name: "t", table: peerTable({ store }) },
  ];
  const { table } = left[0];
  const entry = table.acquire(1, WALL);
  table.set(entry, table.column("conn_cur")!, WALL, 4);
  table.set(entry, table.column("gpt0")!, WALL, 6);
  table.touch(entry, WALL);
  table.release(entry);
  left[1].table.release(left[1].table.acquire("x", WALL));
  const b = newSession(right);
  converse(newSession(left).session, b.session);
  assert.deepEqual(read(right[1].table, 1), { conn_cur: 0, gpt0: 6, left: 0 });
  assert.equal(right[0].table.used(WALL), 0);
  assert.deepEqual(b.mismatches, ["t"]);
});

Deno.test("peers: `write-to` takes what is no counter into another table", () => {
  const store = [{ name: "gpt0" }, { name: "gpc0" }];
  const source = peerTable({ store });
  const target = peerTable({ store });
  const other = peerTable({ store });
  const entry = other.acquire(1, WALL);
  other.set(entry, other.column("gpt0")!, WALL, 3);
  other.set(entry, other.column("gpc0")!, WALL, 9);
  other.touch(entry, WALL);
  other.release(entry);
  converse(
    newSession([{ id: 1, name: "t", table: other }]).session,
    newSession([{ id: 1, name: "t", table: source, writeTo: target }]).session,
  );
  assert.deepEqual(read(source, 1), { gpt0: 3, gpc0: 9, left: 0 });
  assert.deepEqual(read(target, 1), { gpt0: 3, gpc0: 0, left: 0 });
});

Deno.test("peers: silence of 3 s is broken by a heartbeat, silence of 5 s is the end", () => {
  let now = 0;
  const { session } = newSession([], { now: () => now });
  assert.equal(session.produce(), undefined);
  now = 3000;
  assert.deepEqual([...session.produce()!], [0, 4]);
  assert.equal(session.isSilent, false);
  session.receive(Uint8Array.of(0, 4));
  assert.equal(session.heartbeats.received, 1);
  now = 8001;
  assert.equal(session.isSilent, true);
});

Deno.test("peers: a node of protocol 2.0 gets updates without times", () => {
  const table = peerTable({ store: [{ name: "gpt0" }] });
  table.release(table.acquire(1, WALL));
  const bytes = newSession([{ id: 1, name: "t", table }], { minor: 0 }).session.produce()!;
  assert.deepEqual([...bytes.subarray(-12)], [10, 0x80, 9, 0, 0, 0, 1, 0, 0, 0, 1, 0]);
});

Deno.test("peers: what cannot be is answered with an error and ends the connection", () => {
  const cases: [string, string, number[]][] = [
    ["an update of no table", "\n\x80\x05\0\0\0\x01\x01", [1, 0]],
    ["a definition that is cut", "\n\x82\x01\x01", [1, 0]],
    ["a table message without a body", "\n\x02", [1, 0]],
    ["a message that is too large", `\n\x80\xff\xff\xff\x7f`, [1, 1]],
    ["a length without an end", `\n\x80${"\xff".repeat(12)}`, [1, 1]],
  ];
  for (const [what, text, answer] of cases) {
    const { session } = newSession(sharedTables());
    session.receive(bytesOf(text));
    assert.notEqual(session.ended, undefined, what);
    assert.deepEqual([...session.produce()!], answer, what);
  }
  const { session } = newSession([]);
  session.receive(Uint8Array.of(1, 0));
  assert.match(session.ended!, /not understood/);
  assert.ok(MAX_BODY >= 65_536);
});

Deno.test("peers: messages of later versions are skipped", () => {
  const { session } = newSession(sharedTables());
  session.receive(bytesOf("\n\x90\x03abc\x00\x63\xff\x01\n\x82\x08\x03\x02ss\x06\x15\x02\x00"));
  assert.equal(session.ended, undefined);
  assert.equal(session.incoming.lastTable, "ss");
});

Deno.test("peers: who meets whom is read line by line", () => {
  assert.equal(helloText("b", "a", 7, 1), "HAProxyS 2.1\nb\na 7 1\n");
  const whole = helloText("b", "a", 7, 1);
  for (let i = 0; i < whole.length; i++) assert.equal(readHello(whole.slice(0, i)), undefined);
  assert.deepEqual(readHello(`${whole}\0\0`), {
    hello: { major: 2, minor: 1, callee: "b", caller: "a" },
    length: whole.length,
  });
  assert.equal(readHello("GET / HTTP/1.1\r\n"), STATUS.protocol);
  assert.equal(readHello("HAProxyS 3.0\n"), STATUS.version);
  assert.equal(readHello("x".repeat(300)), STATUS.protocol);
  assert.equal(readHello("HAProxyS 2.1\n\na 1 1\n"), STATUS.protocol);
  assert.deepEqual(readStatus("200\nx"), { status: 200, length: 4 });
  assert.equal(readStatus("20"), undefined);
  assert.equal(readStatus("hello\n"), "broken");
});

Deno.test("peers: nothing that a peer sends throws, or holds an entry", () => {
  fuzzPeers(400, new Random(8));
});
