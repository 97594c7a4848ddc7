/** Agents (manual 5.2 `agent-check`) as the log shows them; the lines are those of the real HAProxy. */
import assert from "node:assert/strict";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { scopedTest } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";
import { startOrigin } from "../support/tcp.ts";

const startProxy = reloadedProxy();

const left = (n: number) =>
  `${n} active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.`;
const online = (n: number) =>
  `${n} active and 0 backup servers online. 0 sessions requeued, 0 total in queue.`;
const down = (info: string) =>
  `Server b/s is DOWN, reason: Layer7 wrong status, code: 0, info: "via agent : ${info}". ${
    left(1)
  }`;
const up = (info: string, n = 2) =>
  `Server b/s is UP, reason: Layer7 check passed, code: 0, info: "via agent : ${info}". ${
    online(n)
  }`;

/** What the agent says, one after the other, and the lines that each causes. */
const stories: Readonly<Record<string, readonly (readonly [string, readonly string[]])[]>> = {
  "up and down": [
    ["up\n", []],
    ["down\n", [down("down")]],
    ["50%\n", []],
    ["up\n", [up("up")]],
    ["stopped # planned\n", [down("stopped (planned)")]],
    ["UP\n", [up("UP")]],
    ["fail\n", [down("fail")]],
    ["up foo\n", [up("up (foo)")]],
    ["down\r\nup\n", [down("down")]],
  ],
  "drain, maint and ready": [
    ["drain\n", [`Server b/s enters drain state. ${online(1)}`]],
    ["ready\n", ["Server b/s is UP (leaving forced drain)."]],
    ["maint\n", [`Server b/s is going DOWN for maintenance. ${left(1)}`]],
    ["up\n", []],
    ["READY\n", ["Server b/s is UP/READY (leaving forced maintenance)."]],
    ["down, ready 100%\n", [down("down")]],
    ["up\tdrain\n", [
      `Server b/s enters drain state. ${left(1)}`,
      up("up", 1),
      "Server b/s remains in forced drain mode.",
    ]],
    ["up ready\n", ["Server b/s is UP (leaving forced drain)."]],
  ],
  "an agent that cannot be reached means nothing": [
    ["RESET", []],
    ["down\n", [down("down")]],
    ["RESET", []],
    ["no line end", []],
    ["up\n", [up("up")]],
  ],
};

for (const [story, replies] of Object.entries(stories)) {
  for (const check of ["check inter 300", ""]) {
    const title = `agent: ${story}${check === "" ? ", without a health check" : ""}`;
    scopedTest(title, {}, async (scope) => {
      const sink = startSyslogSink(scope);
      let reply = replies[0][0];
      let asked = 0;
      const agent = await startOrigin(scope, async (peer) => {
        asked++;
        if (reply === "RESET") return peer.reset();
        await peer.tryWrite(reply);
        peer.closeWrite();
      });
      const web = await startOrigin(scope, () => {});
      const front = freePort();
      await startProxy(
        scope,
        `global
    log ${sink.address} local0
defaults
    log global
    timeout connect 1s
    timeout server 1s
    timeout client 1s
backend b
    server s ${web.address} weight 100 ${check} agent-check agent-port ${agent.port} agent-inter 100
    server t ${web.address}
frontend f
    bind 127.0.0.1:${front}
`,
        { listening: [`127.0.0.1:${front}`] },
      );
      let seen = 0;
      const lines = () => {
        const all = sink.messages.map((m) =>
          m.replace(/^<\d+>.*?: /, "").replace(/, check duration: \d+ms/, "").trim()
        ).filter((m) => m.startsWith("Server b/s"));
        return all.slice(seen);
      };
      for (const [said, expected] of replies) {
        reply = said;
        const from = asked;
        await waitFor(`the agent to be asked after '${said}'`, () => asked >= from + 3);
        assert.deepEqual(lines(), expected, JSON.stringify(said));
        seen += expected.length;
      }
    });
  }
}

scopedTest("agent: percent weights, maxconn and what is sent to the agent", {}, async (scope) => {
  let reply = "50%\n";
  const questions: string[] = [];
  const agent = await startOrigin(scope, async (peer) => {
    questions.push(await peer.line());
    await peer.tryWrite(reply);
    peer.closeWrite();
  });
  const served = { s: 0, t: 0 };
  const server = (name: "s" | "t") =>
    startOrigin(scope, async (peer) => {
      for (;;) {
        await peer.head(60_000);
        served[name]++;
        await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      }
    });
  const s = await server("s");
  const t = await server("t");
  const front = freePort();
  await startProxy(
    scope,
    `defaults
    mode http
    timeout connect 1s
    timeout server 5s
    timeout client 5s
backend b
    server s ${s.address} weight 100 agent-check agent-port ${agent.port} agent-inter 100 agent-send "hello b/s\\r\\n"
    server t ${t.address} weight 100
frontend f
    bind 127.0.0.1:${front}
    default_backend b
`,
    { listening: [`127.0.0.1:${front}`] },
  );
  const share = async () => {
    served.s = served.t = 0;
    for (let n = 0; n < 60; n++) {
      const answer = await fetch(`http://127.0.0.1:${front}/`);
      await answer.body?.cancel();
      assert.equal(answer.status, 200);
    }
    return served.s;
  };
  const asked = async (text: string) => {
    reply = text;
    const from = questions.length;
    await waitFor("the agent to be asked", () => questions.length >= from + 3);
  };
  await asked("50%\n");
  assert.equal(questions[0], "hello b/s");
  assert.ok(Math.abs(await share() - 20) <= 1, `half the weight: ${served.s} of 60`);
  await asked("0%\n");
  assert.equal(await share(), 0);
  await asked("100%\n");
  assert.ok(Math.abs(await share() - 30) <= 1, `its whole weight: ${served.s} of 60`);
});
