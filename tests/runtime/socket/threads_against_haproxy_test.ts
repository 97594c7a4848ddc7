/**
 * Commands on a process of two threads, given to sluice and to the real HAProxy one after the other: the answers are the
 * same to the byte. (against_haproxy_test.ts compares the tables with one thread.)
 */
import assert from "node:assert/strict";
import { freePort, waitListening } from "../../support/ports.ts";
import { run, start } from "../../support/process.ts";
import { type Scope, scopedTest } from "../../support/scope.ts";
import { commandUnderTest } from "../../support/under_test.ts";

const configuration = (scope: Scope, web: string, socket: string) =>
  `global
    nbthread 2
    stats socket ${socket} level admin
    stats timeout 30s
    node here
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
backend b
    server s 127.0.0.1:9 check inter 1h agent-check agent-port 99 agent-inter 1h agent-send "x\\n"
    server n 127.0.0.1:9
    server t 127.0.0.1:9 ssl verify none
backend c
    balance random
    dynamic-cookie-key k
    cookie A insert dynamic
    server x 127.0.0.1:9
    stick-table type ip size 10 store gpc0
frontend f
    bind ${web}
    acl a path -f ${scope.dir}/acl.lst
    http-request set-header x %[path,map(${scope.dir}/map.lst,no)]
    http-request deny if a
    default_backend b
`;

/** `DIR` stands for the test's directory. */
const LINES = `
set server b/s check-addr
set server b/s check-addr 127.0.0.2
set server b/s check-addr 127.0.0.3 port 81
set server b/s check-addr foo
set server b/s check-addr 127.0.0.3 port
set server b/s check-addr 127.0.0.4 port x
set server b/s check-addr 127.0.0.4 prt 8
set server b/s check-port
set server b/s check-port 0
set server b/s check-port 70000
set server b/s check-port 82
set server b/n check-port 82
set server b/n check-addr 127.0.0.1
set server b/s agent-addr
set server b/s agent-addr 127.0.0.5
set server b/n agent-addr 127.0.0.5
set server b/s agent-port
set server b/s agent-port 101
set server b/n agent-port 101
set server b/s agent-send
set server b/s agent-send hello
set server b/n agent-send hello
set server b/s
set server b/s foo
set server b/s ssl on
set server b/t ssl foo
set server b/t ssl off
set server b/t ssl on
show map nothing
show acl nothing
add map DIR/map.lst new value
add map DIR/map.lst new
add map nothing a b
get map DIR/map.lst new
get map DIR/map.lst none
get map
set map DIR/map.lst new other
set map DIR/map.lst none other
del map DIR/map.lst new
del map DIR/map.lst new
clear map
prepare map DIR/map.lst
prepare map
add map @1 DIR/map.lst aa bb
commit map @1 DIR/map.lst
commit map @9 DIR/map.lst
add acl DIR/acl.lst three
add acl
get acl DIR/acl.lst three
get acl
del acl DIR/acl.lst three
del acl DIR/acl.lst three
prepare acl DIR/acl.lst
commit acl @1 DIR/acl.lst
clear acl DIR/acl.lst
show acl DIR/acl.lst
set maxconn frontend f 10
set maxconn frontend f
set maxconn frontend none 1
set maxconn frontend f x
set maxconn server b/n 5
set maxconn server b/n
set maxconn global 100
set maxconn global
set maxconn global x
set rate-limit
set rate-limit connections
set rate-limit connections global
set rate-limit connections global 10
set rate-limit connections global 0
set rate-limit sessions global 5
set rate-limit sessions global 0
set rate-limit foo global 0
set timeout cli 10
set timeout foo
disable health b/s
disable health b/n
enable health b/n
enable health b/s
disable agent b/s
disable agent b/n
enable agent b/n
enable agent b/s
set server b/s agent down
set server b/s agent up
set server b/n agent up
set server b/s agent
disable frontend f
disable frontend f
disable frontend none
disable frontend
enable frontend f
enable frontend f
enable frontend
disable dynamic-cookie backend c
enable dynamic-cookie backend c
enable dynamic-cookie backend none
set dynamic-cookie-key backend c newkey
set dynamic-cookie-key backend c
show table
show table c
show table none
set table c key 1.2.3.4 data.gpc0 5
set table c key
set table
clear table c key 1.2.3.4
clear table c
clear table none
show resolvers
show resolvers none
show cache
show errors none
show cli level
show env NOTHING
show sess 0x1
shutdown session
shutdown sessions server b/s
shutdown sessions server
shutdown frontend none
shutdown frontend
add server b/z 127.0.0.1:7
add server b/z 127.0.0.1:7
add server b
add server b/zz
add server none/zz 127.0.0.1:7
del server b/z
del server b/n
del server b/nope
del server
show ssl cert none
commit ssl cert none
abort ssl cert none
show ssl crt-list
show ssl crt-list none
add ssl crt-list none x
del ssl crt-list none x
get var proc.x
get var proc.x
get var
expert-mode
expert-mode on
set severity-output
show events none
set server b/s fqdn a.b
set server b/s addr
set server b/s addr foo
set server b/s addr 127.0.0.8 port 88
set server b/s addr 127.0.0.8
set server b/s addr 127.0.0.8 prt
set server b/s weight
set server b/s weight 300
set server b/s state
set server b/s health
set weight b/s 5x
get weight b/none
`.trim().split("\n");

scopedTest("with two threads every command changes what HAProxy's changes, and says the same", {
  programs: ["haproxy", "socat"],
}, async (scope) => {
  const sides = [];
  for (
    const [name, program] of [["theirs", ["haproxy"]], ["ours", commandUnderTest([])]] as const
  ) {
    const web = `127.0.0.1:${freePort()}`;
    const socket = scope.path(`${name}.sock`);
    scope.write("acl.lst", "one\ntwo\n");
    scope.write("map.lst", "k v\nkk vv\n");
    const file = scope.write(`${name}.cfg`, configuration(scope, web, socket));
    await waitListening(start(scope, name, [...program, "-db", "-f", file]), [web]);
    sides.push(async (line: string) => {
      const { stdout } = await run(["socat", "-t", "30", "-", `UNIX-CONNECT:${socket}`], {
        stdin: `${line}\n`,
      });
      return stdout;
    });
  }
  const differing: string[] = [];
  for (const line of LINES) {
    const given = line.replaceAll("DIR", scope.dir);
    const [theirs, ours] = await Promise.all(sides.map((ask) => ask(given)));
    if (theirs !== ours) differing.push(`${line}\n  HAProxy: ${theirs}  sluice: ${ours}`);
  }
  assert.equal(differing.join("\n"), "");
});
