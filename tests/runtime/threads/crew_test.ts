import assert from "node:assert/strict";
import type { Config } from "../../../lib/config/model.ts";
import { Crew, type CrewOptions } from "../../../lib/runtime/threads/crew.ts";
import type { Blueprint, FromThread, ToThread } from "../../../lib/runtime/threads/messages.ts";
import type { TraceWish } from "../../../lib/trace/live.ts";
import type { ThreadPort } from "../../../lib/runtime/threads/thread.ts";

/** A thread as the crew sees it: what it was told, and what it says. */
class FakePort implements ThreadPort {
  readonly told: ToThread[] = [];
  onmessage: ((event: MessageEvent<FromThread>) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  terminated = false;
  refuses: string[] = [];

  postMessage(message: ToThread): void {
    this.told.push(message);
    if ("id" in message) {
      queueMicrotask(() => this.say({ type: "answer", id: message.id, messages: this.refuses }));
    } else if (message.type === "stop" || message.type === "drain") {
      queueMicrotask(() => this.say({ type: "finished" }));
    }
  }

  terminate(): void {
    this.terminated = true;
  }

  say(data: FromThread): void {
    this.onmessage?.({ data } as MessageEvent<FromThread>);
  }

  die(message: string): void {
    this.onerror?.({ message, preventDefault() {} } as ErrorEvent);
  }
}

function setUp(count: number, wish?: TraceWish) {
  const ports: FakePort[] = [];
  const reports: string[] = [];
  const retired: number[] = [];
  const killed: string[] = [];
  const options: CrewOptions = {
    births: Array.from({ length: count }, (_, i) => ({ thread: i + 1 })),
    open: () => {
      const port = new FakePort();
      ports.push(port);
      return port;
    },
    report: (text) => void reports.push(text),
    onRetired: (generation) => void retired.push(generation),
    onSuspect: () => {},
    onPatterns: () => {},
    onTraced: () => {},
    wish: () => wish,
    onKill: (backend, server) => void killed.push(`${backend}/${server}`),
    image: () => ({ threads: count + 1, tables: [], blocks: [] }),
  };
  return { crew: new Crew(options), ports, reports, retired, killed };
}

const blueprint = (generation: number): Blueprint => ({
  generation,
  config: {} as Config,
  image: { threads: 3, tables: [], blocks: [] },
  files: { contents: new Map(), folders: new Map() },
});

const types = (port: FakePort) => port.told.map(({ type }) => type);
const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("a thread that cannot start is told of and ended, and the others serve", async () => {
  const { crew, ports, reports, retired } = setUp(2);
  const started = crew.start(blueprint(1));
  ports[0].refuses = ["no memory"];
  await started;
  await turn();
  assert.deepEqual(reports, ["thread 2 does not serve: no memory"]);
  assert.deepEqual(ports.map(({ terminated }) => terminated), [true, false]);
  assert.deepEqual(retired, [1]);
  assert.deepEqual(await crew.prepare(blueprint(2)), []);
  assert.deepEqual(types(ports[1]), ["start", "prepare"]);
});

Deno.test("a reload waits for threads that are still starting; an end does not", async () => {
  const { crew, ports, reports } = setUp(2);
  const started = crew.start(blueprint(1));
  const prepared = crew.prepare(blueprint(2));
  assert.deepEqual(types(ports[0]), ["start", "prepare"]);
  await started;
  assert.deepEqual(await prepared, []);

  const early = setUp(2);
  void early.crew.start(blueprint(1));
  await early.crew.stop();
  assert.ok(early.ports.every(({ terminated }) => terminated));
  assert.deepEqual(types(early.ports[0]), ["start"]);
  assert.deepEqual([...reports, ...early.reports], []);
});

Deno.test("a Generation begins in all threads or in none", async () => {
  const { crew, ports } = setUp(2);
  await crew.start(blueprint(1));
  ports[1].refuses = ["a mistake"];
  assert.deepEqual(await crew.prepare(blueprint(2)), ["a mistake"]);
  for (const port of ports) assert.deepEqual(types(port), ["start", "prepare", "discard"]);
  assert.equal(crew.holders(2), 0);

  ports[1].refuses = [];
  assert.deepEqual(await crew.prepare(blueprint(3)), []);
  assert.deepEqual(await crew.commit(), []);
  for (const port of ports) assert.deepEqual(types(port).slice(3), ["prepare", "commit"]);
  assert.equal(crew.holders(3), 2);
});

Deno.test("a Generation is let go once for each thread that had it", async () => {
  const { crew, ports, retired } = setUp(2);
  await crew.start(blueprint(1));
  await crew.prepare(blueprint(2));
  await crew.commit();
  ports[0].say({ type: "retired", generation: 1 });
  ports[0].say({ type: "retired", generation: 1 });
  ports[0].say({ type: "retired", generation: 7 });
  assert.deepEqual(retired, [1]);
  ports[1].say({ type: "retired", generation: 1 });
  assert.deepEqual(retired, [1, 1]);
});

Deno.test("a thread that dies is replaced, lets its Generations go, and takes part again", async () => {
  const { crew, ports, reports, retired } = setUp(2);
  await crew.start(blueprint(1));
  ports[0].die("out of memory");
  await turn();
  assert.deepEqual(reports, ["thread 2 died (out of memory) and is started again"]);
  assert.deepEqual(retired, [1]);
  assert.equal(ports.length, 3);
  assert.ok(ports[0].terminated);
  assert.deepEqual(await crew.prepare(blueprint(2)), []);
  assert.deepEqual(types(ports[2]), ["start", "prepare"]);
});

Deno.test("a thread that takes the place of another hears what is to be traced", async () => {
  const wish: TraceWish = { text: "one request", count: 1, time: 5000 };
  const { crew, ports } = setUp(1, wish);
  await crew.start(blueprint(1));
  ports[0].die("gone");
  await turn();
  assert.deepEqual(types(ports[1]), ["start", "trace"]);
  assert.deepEqual(ports[1].told.at(-1), { type: "trace", wish });
});

Deno.test("a thread that dies while it is asked answers with its reason", async () => {
  const { crew, ports } = setUp(1);
  await crew.start(blueprint(1));
  const prepared = crew.prepare(blueprint(2));
  ports[0].die("gone");
  assert.deepEqual(await prepared, ["gone"]);
});

Deno.test("streams to end are told to all threads but the one that says so", async () => {
  const { crew, ports, killed } = setUp(2);
  await crew.start(blueprint(1));
  ports[1].say({ type: "kill", backend: "b", server: "s", cause: "D" });
  assert.deepEqual(killed, ["b/s"]);
  assert.deepEqual(types(ports[0]), ["start", "kill"]);
  assert.deepEqual(types(ports[1]), ["start"]);
});

Deno.test("stopping waits for every thread and replaces none", async () => {
  const { crew, ports, reports } = setUp(3);
  await crew.start(blueprint(1));
  await crew.stop();
  await turn();
  assert.equal(ports.length, 3);
  assert.ok(ports.every(({ terminated }) => terminated));
  assert.deepEqual(reports, []);
});
