/** Stick tables: the same traffic and the same commands on sluice and on the real HAProxy give the same numbers. */
import assert from "node:assert/strict";
import { curlBody } from "../../support/curl.ts";
import { freePort, waitListening } from "../../support/ports.ts";
import { run, start } from "../../support/process.ts";
import { type Scope, scopedTest } from "../../support/scope.ts";
import { commandUnderTest } from "../../support/under_test.ts";
import { ok, startHttpOrigin } from "../../support/tcp.ts";

const EVERYTHING = "gpc(3),gpt(2),gpc_rate(2,1h),conn_cnt,conn_cur,conn_rate(1h),sess_cnt," +
  "sess_rate(1h),http_req_cnt,http_req_rate(1h),http_err_cnt,http_err_rate(1h),http_fail_cnt," +
  "http_fail_rate(1h),bytes_in_cnt,bytes_out_cnt,server_id,server_key";

const configuration = (web: string, socket: string, origin: string) =>
  `global
    stats socket ${socket} mode 600 level admin
defaults
    mode http
    timeout connect 5s
    timeout client 10s
    timeout server 10s
frontend f
    bind ${web}
    stick-table type ip size 100k expire 30m store ${EVERYTHING}
    tcp-request connection track-sc0 src
    tcp-request connection sc-inc-gpc(2,0)
    tcp-request content track-sc1 src table t1 if { req.ver 1.1 }
    http-request track-sc2 path table t2
    http-request sc-inc-gpc0(0) if { path /x }
    http-request sc-set-gpt(1,0) 7 if { path /x }
    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 9 }
    http-request return status 404 if { path /nf }
    http-request return status 200 content-type text/plain lf-string "%[sc_http_req_rate(0)] %[sc_conn_cur(0)] %[sc_trackers(0)] %[src_http_req_cnt] %[src,table_http_req_cnt(f)] %[table_cnt(f)] %[table_avl(f)] %[src,in_table(f)] %[sc_tracked(0)] %[sc1_tracked] %[src_get_gpc0(f)] %[sc_get_gpc(2,0)] %[sc_gpc_rate(0,0)] %[sc_conn_cnt(0,t1)]\\n" if { path /x }
    default_backend b
backend b
    stick on src table st
    server s1 ${origin}
backend t1
    stick-table type ip size 1k store http_req_cnt,sess_cnt,conn_cnt,gpc0,gpc0_rate(1h),gpc1,gpt0
backend t2
    stick-table type string size 1k store http_req_cnt,sess_cnt,conn_cnt,conn_cur
backend st
    stick-table type ipv6 size 10 expire 1h
backend few
    stick-table type integer size 3 store gpc0
backend short
    stick-table type string len 4 size 9 store gpc0
backend plain
    stick-table type string size 9
`;

interface Side {
  readonly web: string;
  ask(line: string): Promise<string>;
}

async function sides(scope: Scope): Promise<readonly Side[]> {
  const origin = await startHttpOrigin(scope, ({ line }) => {
    const status = /^GET \/(\d{3}) /.exec(line)?.[1];
    return status === undefined ? ok("hello") : ok("hello").replace("200", status);
  });
  const programs: readonly [string, string[]][] = [
    ["haproxy", ["haproxy"]],
    ["sluice", commandUnderTest([])],
  ];
  return await Promise.all(programs.map(async ([name, command]) => {
    const web = `127.0.0.1:${freePort()}`;
    const socket = scope.path(`${name}.sock`);
    const file = scope.write(`${name}.cfg`, configuration(web, socket, origin.address));
    await waitListening(start(scope, name, [...command, "-db", "-f", file]), [web]);
    return {
      web,
      async ask(line: string) {
        const { stdout } = await run(["socat", "-t", "5", "-", `UNIX-CONNECT:${socket}`], {
          stdin: `${line}\n`,
        });
        return stdout;
      },
    };
  }));
}

/** What must be the same: not where entries lie, their order, how long they live, and bytes of HTTP as HAProxy counts. */
function comparable(answer: string): string {
  const lines = answer.split("\n").map((line) =>
    line.replace(/^0x[0-9a-f]+: /, "").replace(/ exp=[1-9]\d*/, " exp=#")
      .replace(/bytes_(in|out)_cnt=[1-9]\d*/g, "bytes_$1_cnt=#")
  );
  return [lines[0], ...lines.slice(1).sort()].join("\n");
}

const COMMANDS = [
  "show table",
  "show table f",
  "show table t1",
  "show table t2",
  "show table st",
  "show table t2 key /x",
  "show table t2 data.http_req_cnt gt 1",
  "show table t2 data.http_req_cnt ge 1 data.conn_cnt lt 2",
  "show table t2 data.http_req_cnt zz 2",
  "show table t2 data.gpc0 gt 2",
  "show table t2 data.nothing gt 2",
  "show table t2 data.conn_cnt gt",
  "show table nope",
  "show table f zz",
  "set table t2 key",
  "set table t2 foo",
  "set table",
  "set table t2 data.conn_cnt 4",
  "set table t2 key abc data.http_req_cnt 7 data.conn_cnt 3",
  "show table t2 key abc",
  "set table t2 key abc data.nothing 1",
  "set table t2 key abc data.gpc0 1",
  "set table t2 key abc data.conn_cnt x",
  "set table t2 key abc data.conn_cnt",
  "set table f key 1.2.3.4 data.http_req_rate 100 data.gpc 3 data.bytes_in_cnt 5000000000",
  "show table f key 1.2.3.4",
  "set table f key 1.2.3.4 data.server_key s1",
  "clear table f key 9.9.9.9",
  "clear table f key 1.2.3.4",
  "show table f",
  "clear table",
  "clear table t2 data.conn_cnt gt",
  "clear table t2 data.conn_cnt gt 2",
  "show table t2",
  "clear table t2",
  "show table t2",
  ...[1, 2, 3, 4, 5].map((key) => `set table few key ${key} data.gpc0 ${key}`),
  "show table few",
  "set table short key abcdefgh data.gpc0 1",
  "show table short",
  "show table short key abcd",
  "show table short key abcz",
  `set table plain key ${"0123456789".repeat(5)}`,
  "show table plain",
];

scopedTest(
  "stick tables hold the numbers that HAProxy's hold, and their commands answer the same",
  { programs: ["haproxy", "socat", "curl"] },
  async (scope) => {
    const both = await sides(scope);
    for (const path of ["/x", "/x", "/404", "/500", "/501", "/nf", "/a", "/x", "/x", "/x", "/x"]) {
      const [theirs, ours] = await Promise.all(
        both.map(({ web }) => curlBody(`http://${web}${path}`)),
      );
      // The pages of errors are our own.
      const line = (text: string) => text.split("\n")[0];
      assert.equal(line(ours), line(theirs), path);
    }
    for (const line of COMMANDS) {
      const [theirs, ours] = await Promise.all(both.map(({ ask }) => ask(line)));
      assert.equal(comparable(ours), comparable(theirs), line);
    }
  },
);
