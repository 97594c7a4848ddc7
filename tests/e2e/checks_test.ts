import assert from "node:assert/strict";
import { assertGolden } from "../support/golden.ts";
import { scopedTest } from "../support/scope.ts";
import { underTest } from "../support/under_test.ts";
import { externalCases } from "./checks/external_cases.ts";
import { expectCases } from "./checks/expect_cases.ts";
import { httpCases } from "./checks/http_cases.ts";
import { protocolCases } from "./checks/protocol_cases.ts";
import { type CheckCase, describe, runCases } from "./checks/rig.ts";
import { tcpCases } from "./checks/tcp_cases.ts";

/** Registers one test for a table of cases and the golden file that HAProxy wrote for it. */
function table(name: string, file: string, cases: readonly CheckCase[]): void {
  scopedTest(name, { limit: 60_000 }, async (scope) => {
    const outcomes = await runCases(scope, cases);
    await assertGolden(import.meta.url, `checks/golden/${file}.txt`, describe(cases, outcomes));
    if (underTest === "haproxy") return;
    for (const [n, { name, differs }] of cases.entries()) {
      if (differs !== undefined) assert.equal(outcomes[n].says, differs.says, name);
    }
  });
}

table("HTTP checks send and say what HAProxy's do", "http", httpCases);
table("http-check expect judges and says what HAProxy's does", "expect", expectCases);
table("TCP checks send and say what HAProxy's do", "tcp", tcpCases);
table("checks of protocols send and say what HAProxy's do", "protocols", protocolCases);

scopedTest("external checks run their program as HAProxy's do", {}, async (scope) => {
  const cases = externalCases(scope);
  const outcomes = await runCases(scope, cases, ["external-check", "insecure-fork-wanted"]);
  await assertGolden(import.meta.url, "checks/golden/external.txt", describe(cases, outcomes));
  const seen = Deno.readTextFileSync(scope.path("seen.out")).trim().split("\n");
  const [backend, port] = [/NAME=(b\d+)/, /SERVER_PORT=(\d+)/].map((pattern) =>
    pattern.exec(seen.join("\n"))?.[1] ?? ""
  );
  assert.equal(backend, `b${cases.length - 1}`);
  // What the shell adds of its own is no part of it.
  const given = seen.filter((line) => !/^(PWD|OLDPWD|SHLVL|_|HAPROXY_PROXY_ID)=/.test(line)).sort();
  assert.deepEqual(given, [
    "HAPROXY_PROXY_ADDR=",
    `HAPROXY_PROXY_NAME=${backend}`,
    "HAPROXY_PROXY_PORT=",
    "HAPROXY_SERVER_ADDR=127.0.0.1",
    "HAPROXY_SERVER_CURCONN=0",
    "HAPROXY_SERVER_ID=12",
    "HAPROXY_SERVER_MAXCONN=7",
    "HAPROXY_SERVER_NAME=s",
    `HAPROXY_SERVER_PORT=${port}`,
    "HAPROXY_SERVER_PROTO=tcp",
    "HAPROXY_SERVER_SSL=0",
    `NOT_USED NOT_USED 127.0.0.1 ${port}`,
    "PATH=/usr/bin:/bin",
  ]);
});
