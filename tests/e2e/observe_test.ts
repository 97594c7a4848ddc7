/** What live traffic does to a server's state (manual 5.2 `observe`); the lines are HAProxy's. */
import assert from "node:assert/strict";
import { curl } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { scopedTest } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";
import { startOrigin } from "../support/tcp.ts";
import type { Peer } from "../support/peer.ts";

const startProxy = reloadedProxy();

type Answer = "close" | "reset" | "garbage" | "silence" | "half a body" | "nobody listens" | number;

interface Case {
  readonly settings: string;
  /** what the server does with the nth request */
  readonly answer: (n: number) => Answer;
  /** statuses that the client sees */
  readonly sees: string;
  /** lines about the server's health after the first one */
  readonly says: readonly string[];
}

const always = (answer: Answer) => () => answer;
const bad = (errors: number, last: string, standing: string) =>
  "Health check for server b/s failed, reason: Health analyze, " +
  `info: "Detected ${errors} consecutive errors, last one was: ${last}", status: ${standing}.`;
const markedDown = (last: string) => [bad(3, last, "0/2 DOWN")];
const layer7 = "observe layer7 error-limit 3 on-error mark-down";
const layer4 = "observe layer4 error-limit 3 on-error mark-down";

const cases: Readonly<Record<string, Case>> = {
  "mark-down takes the server out at the limit": {
    settings: layer7,
    answer: always(500),
    sees: "500 500 500 503 503 503 503",
    says: markedDown("Wrong http response"),
  },
  "sudden-death leaves one error": {
    settings: "observe layer7 error-limit 3 on-error sudden-death fall 5",
    answer: always(503),
    sees: "503 503 503 503 503 503 503",
    says: [bad(3, "Wrong http response", "1/5 UP"), bad(3, "Wrong http response", "0/2 DOWN")],
  },
  "fail-check is a failed check, and what is done when nothing is said": {
    settings: "observe layer7 error-limit 2 fall 4",
    answer: always(500),
    sees: "500 500 500 500 500 500 500",
    says: [
      bad(2, "Wrong http response", "3/4 UP"),
      bad(2, "Wrong http response", "2/4 UP"),
      bad(2, "Wrong http response", "1/4 UP"),
    ],
  },
  "fastinter changes no state": {
    settings: "observe layer7 error-limit 3 on-error fastinter",
    answer: always(500),
    sees: "500 500 500 500 500 500 500",
    says: [],
  },
  "a good answer between ends the row of errors": {
    settings: layer7,
    answer: (n) => n % 3 === 2 ? 200 : 500,
    sees: "500 500 200 500 500 200 500",
    says: [],
  },
  "statuses below 500, 501 and 505 are good": {
    settings: layer7,
    answer: (n) => [404, 501, 505, 400, 301, 499, 501][n],
    sees: "404 501 505 400 301 499 501",
    says: [],
  },
  "an answer that is no HTTP": {
    settings: layer7,
    answer: always("garbage"),
    sees: "502 502 502 503 503 503 503",
    says: markedDown("Invalid http response (headers)"),
  },
  "a server that closes without an answer": {
    settings: layer7,
    answer: always("close"),
    sees: "502 502 502 503 503 503 503",
    says: markedDown("Close from server (http)"),
  },
  "a server that resets": {
    settings: layer7,
    answer: always("reset"),
    sees: "502 502 502 503 503 503 503",
    says: markedDown("Read error (http)"),
  },
  "a server that is silent": {
    settings: layer7,
    answer: always("silence"),
    sees: "504 504 504 503 503 503 503",
    says: markedDown("Read timeout (http)"),
  },
  "a body that is cut is no error of the answer": {
    settings: layer7,
    answer: always("half a body"),
    sees: "200 200 200 200 200 200 200",
    says: [],
  },
  "a connection that fails": {
    settings: layer7,
    answer: always("nobody listens"),
    sees: "503 503 503 503 503 503 503",
    says: markedDown("L4 unsuccessful connection"),
  },
  "layer4 sees connections that fail": {
    settings: layer4,
    answer: always("nobody listens"),
    sees: "503 503 503 503 503 503 503",
    says: markedDown("L4 unsuccessful connection"),
  },
  "layer4 does not look at answers": {
    settings: layer4,
    answer: always(500),
    sees: "500 500 500 500 500 500 500",
    says: [],
  },
};

for (const [name, { settings, answer, sees, says }] of Object.entries(cases)) {
  scopedTest(`observe: ${name}`, { programs: ["curl"] }, async (scope) => {
    const sink = startSyslogSink(scope);
    let requests = 0;
    const web = await startOrigin(scope, (peer) => serve(peer, answer(requests++)));
    const checked = await startOrigin(scope, () => {});
    const front = freePort();
    const server = answer(0) === "nobody listens" ? `127.0.0.1:${freePort()}` : web.address;
    await startProxy(
      scope,
      `global
    log ${sink.address} local0
defaults
    mode http
    retries 0
    timeout connect 1s
    timeout server 200ms
    timeout client 5s
backend b
    log global
    option log-health-checks
    server s ${server} check port ${checked.port} inter 60s ${settings}
frontend f
    bind 127.0.0.1:${front}
    default_backend b
`,
      { listening: [`127.0.0.1:${front}`] },
    );
    await sink.find(/Health check for server b\/s succeeded/);
    const statuses: number[] = [];
    for (let n = 0; n < 7; n++) {
      const part = await curl(`http://127.0.0.1:${front}/`, [], undefined).catch(() => undefined);
      statuses.push(part?.status ?? 200);
    }
    assert.equal(statuses.join(" "), sees);
    const lines = () =>
      sink.messages.filter((m) => m.includes("Health check for server")).slice(1)
        .map((m) => m.replace(/^<\d+>.*?: /, "").trim());
    await waitFor("the lines", () => lines().length >= says.length);
    assert.deepEqual(lines(), says);
    const down = sink.messages.some((m) => /Server b\/s is DOWN\./.test(m));
    assert.equal(down, says.some((line) => line.includes("0/2 DOWN")));
  });
}

async function serve(peer: Peer, answer: Answer): Promise<void> {
  await peer.head();
  switch (answer) {
    case "close":
      return peer.closeWrite();
    case "reset":
      return peer.reset();
    case "garbage":
      return await peer.tryWrite("hello\r\n\r\n");
    case "silence":
    case "nobody listens":
      return;
    case "half a body":
      await peer.tryWrite("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
      return peer.closeWrite();
  }
  await peer.tryWrite(`HTTP/1.1 ${answer} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}
