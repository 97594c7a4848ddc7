/** `email-alert` (manual 4.2): mails about servers, through a real mail server. */
import assert from "node:assert/strict";
import { eximPrograms, eximService, mailsOf } from "../support/exim.ts";
import { startNginx } from "../support/nginx.ts";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { scopedTest } from "../support/scope.ts";
import { forms, startProxy } from "../support/sluice.ts";
import { underTest } from "../support/under_test.ts";

/** HAProxy calls itself by its own name in them. */
const TAG = underTest === "haproxy" ? "HAProxy" : "sluice";

for (const form of forms) {
  scopedTest(
    `a mail tells that a server went down, and one that it came up [${form}]`,
    { programs: [...eximPrograms, "nginx"] },
    async (scope) => {
      const mail = await eximService(scope, "127.0.0.1", freePort(), "everything");
      await mail.start();
      const port = freePort();
      const web = freePort();
      const nginx = () => startNginx(scope, { name: "web", listen: [`127.0.0.1:${web}`] });
      const first = await nginx();
      const text = {
        cfg: `mailers post
    timeout mail 5s
    mailer exim 127.0.0.1:${mail.port}
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 2s
    email-alert mailers post
    email-alert from proxy@example.org
    email-alert to "admin@example.org"
    email-alert level notice
    email-alert myhostname edge1
listen app
    bind 127.0.0.1:${port}
    server s1 127.0.0.1:${web} check inter 100ms fall 2 rise 2
`,
        yaml: `mailers:
  post:
    timeout: { mail: 5s }
    mailers: { exim: "127.0.0.1:${mail.port}" }
defaults:
  mode: http
  timeout: { client: 10s, server: 10s, connect: 2s }
  email-alert:
    mailers: post
    from: proxy@example.org
    to: admin@example.org
    level: notice
    myhostname: edge1
listens:
  app:
    bind: "127.0.0.1:${port}"
    servers: { s1: { address: "127.0.0.1:${web}", check: true, inter: 100ms, fall: 2, rise: 2 } }
`,
      }[form];
      await startProxy(scope, text, { form, listening: [`127.0.0.1:${port}`] });
      await first.process.stop();
      await waitFor(
        "the mail about DOWN",
        () => Promise.resolve(/Server app\/s1 is DOWN/.test(mailsOf(scope, mail.port))),
      );
      await nginx();
      await waitFor(
        "the mail about UP",
        () => Promise.resolve(/Server app\/s1 is UP/.test(mailsOf(scope, mail.port))),
      );
      const mails = mailsOf(scope, mail.port);
      assert.match(mails, /^From: <?proxy@example\.org>?$/m);
      assert.match(mails, /^To: <?admin@example\.org>?$/m);
      assert.match(mails, /helo=edge1|\(edge1\)|from edge1|edge1/);
      const subject = new RegExp(`^Subject: \\[${TAG} Alert\\] Server app/s1 is DOWN`, "m");
      assert.match(mails.replace(/\n[ \t]+/g, " "), subject);
    },
  );
}
