import assert from "node:assert/strict";
import { assertGolden } from "../support/golden.ts";
import { scopedTest } from "../support/scope.ts";
import { underTest } from "../support/under_test.ts";
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
