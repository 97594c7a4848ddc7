/** Servers that follow others (manual 5.2 `track`), as the log tells it: a golden file that HAProxy wrote. */
import { assertGolden } from "../support/golden.ts";
import { delay, waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { run } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";
import { startOrigin } from "../support/tcp.ts";

/** What happens: a status that the server answers checks with, or a command. */
const events = [
  "answers 500",
  "answers 200",
  "answers 404",
  "answers 200",
  "set server b/s state drain",
  "set server b/s state ready",
  "disable server b/s",
  "enable server b/s",
  "set server b/s state maint",
  "set server c/t state maint",
  "set server b/s state ready",
  "set server c/t state ready",
  "set server c/t state drain",
  "set server c/t state ready",
  "set server b/s health down",
  "set server b/s health stopping",
  "answers 500",
  "set server b/s state maint",
  "answers 200",
  "set server b/s state ready",
  "answers 500",
  "set server c/t state maint",
  "set server c/t state ready",
  "set server c/t state drain",
  "answers 200",
  "set server c/u state drain",
  "set server c/t state ready",
  "set server c/t state drain",
  "set server c/u state ready",
  "set server c/t state ready",
  "set server c/u state maint",
  "set server c/t state drain",
  "set server c/t state ready",
  "set server c/u state ready",
];

scopedTest(
  "servers that track others follow them in everything",
  { programs: ["socat"] },
  async (scope) => {
    const sink = startSyslogSink(scope);
    let status = "200";
    let asked = 0;
    const web = await startOrigin(scope, async (peer) => {
      await peer.head();
      await peer.tryWrite(`HTTP/1.0 ${status} X\r\n\r\n`);
      peer.closeWrite();
      asked++;
    });
    const front = freePort();
    const socket = scope.path("socket");
    await startProxy(
      scope,
      `global
    log ${sink.address} local0
    stats socket ${socket} level admin
defaults
    mode http
    log global
    timeout connect 5s
    timeout server 5s
    timeout client 5s
    timeout check 2s
    option httpchk
    http-check disable-on-404
backend b
    server s ${web.address} check inter 100 fall 2 rise 2
    server bk 127.0.0.1:1 backup
backend c
    server t ${web.address} track b/s
    server u ${web.address} track t
    server v 127.0.0.1:1
frontend f
    bind 127.0.0.1:${front}
`,
      { listening: [`127.0.0.1:${front}`] },
    );
    await waitFor("the first checks", () => asked > 4);
    let text = "";
    let printed = 0;
    for (const event of events) {
      const answers = /^answers (.*)/.exec(event);
      if (answers !== null) status = answers[1];
      else await run(["socat", "-", socket], { stdin: `${event}\n` });
      // Time for more checks than `rise` or `fall` are, also where none of them shows.
      await delay(700);
      text += `${event}\n`;
      for (; printed < sink.messages.length; printed++) {
        const line = sink.messages[printed].replace(/^<\d+>.*?: /, "").trim();
        text += `    ${line.replace(/, check duration: \d+ms/, "")}\n`;
      }
    }
    await assertGolden(import.meta.url, "golden/track.txt", text);
  },
);
