/**
 * `option socket-stats` beside the real HAProxy: after the same traffic the rows of listeners are the same, field by
 * field, in every form, with one thread and with two.
 */
import assert from "node:assert/strict";
import { curlBody, tryCurl } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { run, start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { connect, ok, startHttpOrigin } from "../support/tcp.ts";
import { commandUnderTest } from "../support/under_test.ts";

const NAMES = ["one", "two", "three", "proxied", "admit", "tcp", "reject", "full", "wait", "plain"];
type Addresses = Readonly<Record<string, string>>;

const configuration = (at: Addresses, socket: string, origin: string, threads: number) =>
  `global
    nbthread ${threads}
    stats socket ${socket} level admin
    stats timeout 30s
defaults
    mode http
    timeout connect 1s
    timeout client 20s
    timeout server 20s
    option socket-stats
frontend f
    bind ${at.one} name one
    bind ${at.two},${at.three}
    bind ${at.proxied} accept-proxy
    http-request deny if { path /denied }
    http-request return status 204 if { path /here }
    use_backend strict if { path_beg /strict }
    default_backend b
frontend admit
    bind ${at.admit} id 12 name admit
    tcp-request connection reject if { src 127.0.0.2 }
    tcp-request session reject if { src 127.0.0.3 }
    default_backend b
listen t
    mode tcp
    bind ${at.tcp} id 7
    bind ${at.reject} maxconn 9
    tcp-request inspect-delay 2s
    tcp-request content reject if { dst_port ${at.reject.split(":")[1]} }
    server s ${origin}
frontend full
    bind ${at.full} maxconn 1
    default_backend b
frontend wait
    maxconn 1
    bind ${at.wait}
    default_backend b
frontend plain
    no option socket-stats
    bind ${at.plain}
    http-request use-service prometheus-exporter if { path /metrics }
backend b
    server s ${origin}
backend strict
    http-request deny if { path /strict/request }
    http-response deny
    server s ${origin}
`;

/** Columns that are the same for frontends, backends and servers too. */
const COUNTS = ["stot", "bin", "bout", "dreq", "dresp", "ereq", "econ", "eresp", "dcon", "dses"]
  .concat(["hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other"])
  .concat(["req_tot", "conn_tot", "intercepted", "cli_abrt", "srv_abrt", "lbtot"]);

class Side {
  constructor(readonly name: string, readonly at: Addresses, readonly socket: string) {}

  async ask(line: string): Promise<string> {
    const { stdout } = await run(["socat", "-t", "5", "-", `UNIX-CONNECT:${this.socket}`], {
      stdin: `${line}\n`,
    });
    return NAMES.reduce((text, name) => text.replaceAll(this.at[name], `<${name}>`), stdout);
  }

  /** Rows of listeners by proxy and name, the fields by name; without bytes where they are HTTP. */
  async rows(line = "show stat -1 8 -1"): Promise<Record<string, Record<string, string>>> {
    const [head, ...rows] = (await this.ask(line)).trim().split("\n");
    const names = head.slice(2).split(",");
    return Object.fromEntries(rows.map((row) => {
      const fields = Object.fromEntries(row.split(",").map((value, i) => [names[i], value]));
      // HAProxy counts bytes of HTTP in its inner form.
      if (fields.mode === "http") {
        for (const name of ["bin", "bout"]) fields[name] = fields[name] === "0" ? "0" : "some";
      }
      return [`${fields.pxname}/${fields.svname}`, fields];
    }));
  }

  /** What is counted in every row, whatever it is of. */
  async counts(): Promise<Record<string, readonly string[]>> {
    const rows = Object.entries(await this.rows("show stat"));
    return Object.fromEntries(
      rows.map(([row, fields]) => [row, COUNTS.map((name) => `${name}=${fields[name]}`)]),
    );
  }

  /** Every connection has ended: what is the highest number of them is not left to chance. */
  async idle(): Promise<void> {
    await waitFor(`${this.name} to be idle`, async () => {
      return Object.values(await this.rows()).every(({ scur }) => scur === "0");
    });
  }

  /** One connection after the other. */
  async traffic(scope: Scope): Promise<void> {
    const get = async (name: string, path: string, ...options: string[]) => {
      await tryCurl(`http://${this.at[name]}${path}`, options);
      await this.idle();
    };
    const send = async (name: string, text: string) => {
      const peer = await connect(scope, this.at[name]);
      if (text !== "") await peer.write(text);
      await peer.closed();
      peer.close();
      await this.idle();
    };
    const leave = async (name: string, text: string) => {
      const peer = await connect(scope, this.at[name]);
      if (text !== "") await peer.write(text);
      peer.closeWrite();
      await peer.closed();
      peer.close();
      await this.idle();
    };
    await get("one", "/");
    await get("one", "/");
    await get("one", "/denied");
    await get("two", "/strict/request");
    await get("two", "/here");
    await get("two", "/strict/response");
    await get("two", "/");
    await send("three", "BAD\r\n\r\n");
    await leave("three", "");
    await leave("three", "GET / HT");
    await send("proxied", "GET / HTTP/1.1\r\nHost: no-header\r\n\r\n");
    await get("admit", "/", "--interface", "127.0.0.2");
    await get("admit", "/", "--interface", "127.0.0.3");
    await get("admit", "/");
    await get("tcp", "/");
    // It sends nothing: whether that would be read before the end is chance.
    await send("reject", "");
  }
}

async function bothSides(scope: Scope, threads: number): Promise<readonly Side[]> {
  const origin = await startHttpOrigin(scope, () => ok("hello"));
  const programs = [["haproxy", ["haproxy"]], ["sluice", commandUnderTest([])]] as const;
  return await Promise.all(programs.map(async ([name, command]) => {
    const at = Object.fromEntries(NAMES.map((each) => [each, `127.0.0.1:${freePort()}`]));
    const socket = scope.path(`${name}.sock`);
    // Two threads of HAProxy's that are woken for one connection may count two of them for a moment, which stays in smax.
    const own = name === "haproxy" ? 1 : threads;
    const text = configuration(at, socket, origin.address, own);
    const file = scope.write(`${name}.cfg`, text);
    await waitListening(start(scope, name, [...command, "-db", "-f", file]), Object.values(at));
    return new Side(name, at, socket);
  }));
}

for (const threads of [1, 2]) {
  scopedTest(`listeners count what HAProxy's count (nbthread ${threads})`, {
    programs: ["haproxy", "socat", "curl"],
    limit: 90_000,
  }, async (scope) => {
    const sides = await bothSides(scope, threads);
    const [haproxy, sluice] = sides;
    const same = async (line?: string) => {
      const theirs = await haproxy.rows(line);
      assert.deepEqual(await sluice.rows(line), theirs);
      return theirs;
    };
    await same();
    await Promise.all(sides.map((side) => side.traffic(scope)));
    const rows = await same();
    // The test itself: everything was counted somewhere.
    assert.deepEqual(Object.keys(rows), [
      "f/one",
      "f/sock-2",
      "f/sock-3",
      "f/sock-4",
      "admit/admit",
      "t/sock-7",
      "t/sock-2",
      "full/sock-1",
      "wait/sock-1",
    ]);
    assert.deepEqual(
      [rows["f/one"].stot, rows["f/one"].dreq, rows["f/sock-2"].dreq, rows["f/sock-2"].dresp],
      ["3", "1", "1", "1"],
    );
    assert.deepEqual([rows["f/sock-3"].ereq, rows["f/sock-4"].ereq], ["3", "0"]);
    assert.deepEqual([rows["admit/admit"].dcon, rows["admit/admit"].dses], ["1", "1"]);
    assert.notEqual(rows["t/sock-7"].bout, "0");
    assert.equal(rows["t/sock-2"].dreq, "1");
    assert.deepEqual(await sluice.counts(), await haproxy.counts());
    for (const line of ["show stat f 8 -1", "show stat f 8 2", "show stat -1 8 7"]) {
      assert.ok(Object.keys(await same(line)).length > 0);
    }
    const order = (text: string) =>
      text.split("\n").map((row) => row.split(",").slice(0, 2).join("/"));
    assert.deepEqual(
      order(await sluice.ask("show stat")),
      order(await haproxy.ask("show stat")),
    );

    // No bytes of HTTP in it: the whole text.
    for (const form of ["typed", "json", ""]) {
      const line = `show stat t 8 -1 ${form}`;
      assert.equal(await sluice.ask(line), await haproxy.ask(line));
    }
    const metrics = await Promise.all(
      sides.map(async ({ at }) =>
        (await curlBody(`http://${at.plain}/metrics`)).split("\n").filter((line) =>
          /^(# TYPE )?haproxy_listener_/.test(line) && !/_bytes_.*\} [1-9]/.test(line)
        )
      ),
    );
    assert.ok(metrics[0].length > 100);
    assert.deepEqual(metrics[1], metrics[0]);

    const held = await Promise.all(
      sides.flatMap(({ at }) => [at.full, at.wait]).map(async (address) => {
        const peer = await connect(scope, address);
        await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        await peer.response();
        return peer;
      }),
    );
    for (const side of sides) {
      await waitFor(`${side.name}: both connections`, async () => {
        const now = await side.rows();
        return now["full/sock-1"].status === "FULL" && now["wait/sock-1"].status === "WAITING";
      });
    }
    await same();
    for (const peer of held) peer.close();
    for (const side of sides) {
      await side.idle();
      await waitFor(
        `${side.name}: room`,
        async () => Object.values(await side.rows()).every(({ status }) => status === "OPEN"),
      );
    }
    for (const line of ["clear counters", "clear counters all"]) {
      for (const side of sides) await side.ask(line);
      const cleared = await same();
      assert.equal(cleared["f/one"].smax, "0");
      assert.equal(cleared["f/one"].stot, line.endsWith("all") ? "0" : "3");
    }
  });
}
