import assert from "node:assert/strict";
import { type AlertRoute, alertRoute, type Mail, Mailers } from "../../lib/mail/mailer.ts";
import { FakeClock } from "../support/fake_clock.ts";

const span = { file: "t", line: 1, column: 1, length: 1 };
const mailers_ = [{ name: "a", host: "127.0.0.1", port: 25 }, {
  name: "b",
  host: "127.0.0.1",
  port: 26,
}];
const section = { name: "m", span, mailers: mailers_, timeout: 10_000 };
const route: AlertRoute = { section, from: "a@x", to: "b@x", hostname: "me", level: 1 };

interface Sent {
  readonly mailer: string;
  readonly mail: Mail;
  done(): void;
  fail(error: Error): void;
}

function rig() {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const reports: string[] = [];
  const mailers = new Mailers({
    clock,
    hostname: "host",
    report: (message) => void reports.push(message),
    send: ({ name: mailer }, _route, mail) =>
      new Promise((done, fail) => void sent.push({ mailer, mail, done, fail })),
  });
  return { clock, sent, reports, mailers };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("each mailer gets each mail, one after the other, in their order", async () => {
  const { mailers, sent } = rig();
  mailers.alert(route, "Server b/s1 is DOWN.");
  mailers.alert(route, "Server b/s1 is UP.");
  assert.deepEqual(sent.map(({ mailer }) => mailer), ["a", "b"]);
  sent[0].done();
  await turn();
  assert.deepEqual(sent.map(({ mailer, mail }) => `${mailer} ${mail.subject}`), [
    "a [sluice Alert] Server b/s1 is DOWN.",
    "b [sluice Alert] Server b/s1 is DOWN.",
    "a [sluice Alert] Server b/s1 is UP.",
  ]);
});

Deno.test("what could not be sent, or not in its time, is told and not sent again", async () => {
  const { mailers, sent, reports, clock } = rig();
  mailers.alert({ ...route, section: { ...section, mailers: [mailers_[0]] } }, "one");
  mailers.alert({ ...route, section: { ...section, mailers: [mailers_[0]] } }, "two");
  sent[0].fail(new Error("connection refused\nstack"));
  await turn();
  clock.advance(10_000);
  await turn();
  assert.equal(sent.length, 2);
  assert.deepEqual(reports, [
    "mailer m/a: a mail could not be sent: connection refused",
    "mailer m/a: a mail could not be sent: its time was up",
  ]);
});

Deno.test("a mail server that is away does not pile up mails without end", async () => {
  const { mailers, sent, reports } = rig();
  const one = { ...route, section: { ...section, mailers: [mailers_[0]] } };
  for (let n = 0; n < 1500; n++) mailers.alert(one, `${n}`);
  for (let n = 0; n < 1001; n++) {
    sent[n].done();
    await Promise.resolve();
    await turn();
  }
  assert.equal(sent.length, 1001);
  assert.deepEqual(reports, ["mailer m/a: 499 mails were dropped, too many wait"]);
});

Deno.test("line ends in a message end no line of a mail", () => {
  const { mailers, sent } = rig();
  mailers.alert(route, 'Server is DOWN, info: "x\r\nBcc: y@z"');
  assert.equal(sent[0].mail.subject, "[sluice Alert] Server is DOWN, info: 'x Bcc: y@z'");
});

Deno.test("mails need a section, a sender and a receiver", () => {
  const whole = { mailers: "m", from: "a@x", to: "b@x", level: 5 };
  assert.equal(alertRoute(whole, [section], "host")?.hostname, "host");
  assert.equal(alertRoute({ ...whole, myhostname: "own" }, [section], "host")?.hostname, "own");
  for (const missing of ["mailers", "from", "to"]) {
    assert.equal(alertRoute({ ...whole, [missing]: undefined }, [section], "host"), undefined);
  }
  assert.equal(alertRoute({ ...whole, mailers: "n" }, [section], "host"), undefined);
  assert.equal(alertRoute(undefined, [section], "host"), undefined);
});
