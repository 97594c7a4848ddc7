/** The checks of protocols: MySQL, PostgreSQL, Redis, SMTP, LDAP, SSL. */
import type { CheckCase, Script } from "./rig.ts";
import { abrupt, banner, lastWords, talk } from "./scripts.ts";

/** Bytes from hexadecimal digits. */
const hex = (digits: string) =>
  digits.replace(/\s/g, "").replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));

function option(
  option: string,
  what: string,
  serve: Script | undefined,
  more: Partial<CheckCase> = {},
): CheckCase {
  return { name: `option ${option}: ${what}`, backend: [`option ${option}`], serve, ...more };
}

const differs = (says: string, because: string) => ({ differs: { says, because } });
const sees = { sees: true };

/** Answers `text` when `count` bytes have come, and ends when `fin` says so. */
const answers = (count: number, text: string, fin = false): Script =>
  talk([count, text], ...fin ? [[0, "FIN"] as const] : []);

/** Reads all there is until the check ends the connection. */
const toEnd = (serve: Script): Script => async (peer) => {
  const read = await serve(peer);
  return (read ?? "") + await peer.toEnd();
};

const PING = 14;
const redis: readonly CheckCase[] = [
  option("redis-check", "PONG", answers(PING, "+PONG\r\n"), sees),
  option("redis-check", "PONG in pieces", talk([PING, "+PO"], [0, "NG\r\n"])),
  option("redis-check", "an error, then FIN", answers(PING, "-NOAUTH Who are you?\r\n", true)),
  option(
    "redis-check",
    "an error",
    answers(PING, "-NOAUTH Who are you?\r\n"),
    differs(
      'failed, reason: Layer7 wrong status, code: 0, info: "-NOAUTH Who are you?", status: 0/2 DOWN.',
      "the line is whole: HAProxy waits until the timeout",
    ),
  ),
  option("redis-check", "half an answer", answers(PING, "-LO")),
  option("redis-check", "nothing", answers(PING, "FIN")),
  option("redis-check", "silence", banner("")),
  option("redis-check", "nobody listens", undefined),
];

const HELO = 16;
const smtp: readonly CheckCase[] = [
  option(
    "smtpchk",
    "good",
    talk([0, "220 mail ESMTP\r\n"], [HELO, "250 mail\r\n"], [6, "221 bye\r\n"]),
    sees,
  ),
  option(
    "smtpchk EHLO foo.bar",
    "good, of several lines",
    talk([0, "220 mail\r\n"], [14, "250-mail\r\n250 X\r\n"], [6, "221 bye\r\n"]),
    sees,
  ),
  option("smtpchk FOO foo.bar", "good", talk([0, "220 x\r\n"], [HELO, "250 x\r\n"], [6, ""]), sees),
  option("smtpchk", "421", banner("421 too busy now\r\n")),
  option("smtpchk", "554, then FIN", lastWords("554 no\r\n")),
  option("smtpchk", "no SMTP", banner("hello world\r\n")),
  option(
    "smtpchk",
    "HELO is refused",
    talk([0, "220 mail\r\n"], [HELO, "550 who are you\r\n"]),
    differs(
      'failed, reason: Layer7 wrong status, code: 550, info: "who are you", status: 0/2 DOWN.',
      "the reply is whole: HAProxy waits until the timeout",
    ),
  ),
  option(
    "smtpchk",
    "HELO is refused, then FIN",
    talk([0, "220 mail\r\n"], [HELO, "550 no\r\n"], [0, "FIN"]),
  ),
  option(
    "smtpchk",
    "QUIT is refused",
    talk([0, "220 mail\r\n"], [HELO, "250 ok\r\n"], [6, "500 no\r\n"]),
  ),
  option("smtpchk", "closes at HELO", talk([0, "220 mail\r\n"], [HELO, "FIN"])),
  option("smtpchk", "closes at QUIT", talk([0, "220 m\r\n"], [HELO, "250 ok\r\n"], [6, "FIN"])),
  option("smtpchk", "half a reply to HELO", talk([0, "220 mail\r\n"], [HELO, "250-a\r\n"])),
  option(
    "smtpchk",
    "a greeting of several lines",
    talk([0, "220-mail\r\n220 x\r\n"], [HELO, "250 ok\r\n"], [6, "221 bye\r\n"]),
    differs(
      'succeeded, reason: Layer7 check passed, code: 221, info: "bye", status: 3/3 UP.',
      "RFC 5321 section 4.2 permits it, and servers use it; HAProxy takes it for an error",
    ),
  ),
  option("smtpchk", "LF only", talk([0, "220 x\n"], [HELO, "250 a\n"], [6, "221 z\n"])),
  option("smtpchk", "codes only", talk([0, "220\r\n"], [HELO, "250\r\n"], [6, "221\r\n"])),
  option(
    "smtpchk",
    "a long farewell",
    talk([0, "220 x\r\n"], [HELO, "250 a\r\n"], [6, `221 ${"y".repeat(300)}\r\n`]),
  ),
  option("smtpchk", "nothing", lastWords("")),
  option("smtpchk", "silence", banner("")),
];

const BIND = 14;
const ldap: readonly CheckCase[] = [
  option("ldap-check", "good", answers(BIND, hex("300c02010161070a010004000400")), sees),
  option(
    "ldap-check",
    "lengths of four bytes",
    answers(BIND, hex("3084000000100201016184000000070a010004000400")),
  ),
  option(
    "ldap-check",
    "lengths of two bytes",
    answers(BIND, hex("3082000c02010161070a010004000400")),
  ),
  option(
    "ldap-check",
    "a length of three bytes",
    answers(BIND, hex("308300000c02010161070a010004000400")),
  ),
  option("ldap-check", "invalidCredentials", answers(BIND, hex("300c02010161070a013104000400"))),
  option("ldap-check", "a referral", answers(BIND, hex("300c02010161070a010a04000400"))),
  option(
    "ldap-check",
    "another message's number",
    answers(BIND, hex("300c02010261070a010004000400")),
  ),
  option("ldap-check", "no bindResponse", answers(BIND, hex("300c02010178070a010004000400"))),
  option("ldap-check", "no LDAP", answers(BIND, "HTTP/1.0 400 bad request")),
  option("ldap-check", "no LDAP, then FIN", answers(BIND, "hello", true)),
  option("ldap-check", "half an answer", answers(BIND, hex("300c0201"))),
  option("ldap-check", "half an answer, then FIN", answers(BIND, hex("300c"), true)),
  option(
    "ldap-check",
    "longer than what comes",
    answers(BIND, hex("303002010161070a0100040004000000"), true),
  ),
  option("ldap-check", "nothing", answers(BIND, "FIN")),
];

const START = 17;
const pgsqlOption = "pgsql-check user ab";
const pgsql: readonly CheckCase[] = [
  option(pgsqlOption, "ok", answers(START, hex("5200000008 00000000")), sees),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((n) =>
    option(
      pgsqlOption,
      `authentication ${n}`,
      answers(START, hex(`520000000c 000000${n.toString(16).padStart(2, "0")} 41424344`)),
    )
  ),
  option(pgsqlOption, "a message of 256 bytes", answers(START, hex("5200000100 00000000"))),
  option(
    pgsqlOption,
    "an error",
    answers(START, hex("4500000050") + "SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry\0\0"),
  ),
  option(pgsqlOption, "an error without a text", answers(START, hex("4500000005"))),
  option(pgsqlOption, "half an error", answers(START, hex("4500"))),
  option(pgsqlOption, "no PostgreSQL", answers(START, "hello world")),
  option(pgsqlOption, "half an answer", answers(START, hex("520000000800"))),
  option(pgsqlOption, "N", answers(START, "N")),
  option(pgsqlOption, "nothing", answers(START, "FIN")),
  option(pgsqlOption, "silence", banner("")),
];

const ssl: readonly CheckCase[] = [
  option("ssl-hello-chk", "a hello", answers(8, hex("160300005a02000056"))),
  option("ssl-hello-chk", "an alert", answers(8, hex("15030000020228"))),
  option("ssl-hello-chk", "half an alert", answers(8, hex("150300"))),
  option("ssl-hello-chk", "no TLS", answers(8, "HTTP/1.0 400")),
  option("ssl-hello-chk", "nothing", answers(8, "FIN")),
  option("ssl-hello-chk", "silence", banner("")),
];

/** A MySQL packet. */
const packet = (number: number, body: string) =>
  String.fromCharCode(body.length & 255, body.length >> 8, 0, number) + body;
const greeting = (version: string, protocol = "\x0a") =>
  packet(
    0,
    `${protocol}${version}\0\x01\0\0\0ABCDEFGH\0\xff\xff\x21\x02\0\xff\xff\x15${"\0".repeat(10)}` +
      "ABCDEFGHIPQR\0",
  );
const error = (number: number, code: number, text: string) =>
  packet(number, `\xff${String.fromCharCode(code & 255, code >> 8)}${text}`);
const OK = packet(2, "\0\0\0\x02\0\0\0");
const login = "mysql-check user ab";
const loggedIn = (greet: string, answer: string) => toEnd(talk([0, greet], [10, answer]));

const mysql: readonly CheckCase[] = [
  option("mysql-check", "a greeting", banner(greeting("8.0.30"))),
  option("mysql-check", "a greeting of protocol 9", banner(greeting("3.20", "\x09"))),
  option("mysql-check", "a long version", banner(greeting("v".repeat(200)))),
  option("mysql-check", "more than a greeting", banner(greeting("8.0.30") + "zz")),
  option("mysql-check", "the host is blocked", banner(error(0, 1129, "Host is blocked"))),
  option("mysql-check", "an error without a text", banner(error(0, 1045, ""))),
  option("mysql-check", "no MySQL", banner("HTTP/1.0 400 Bad")),
  option("mysql-check", "half a greeting", banner(greeting("8.0.30").slice(0, 20))),
  option("mysql-check", "half a greeting, then FIN", lastWords(greeting("8.0.30").slice(0, 20))),
  option("mysql-check", "nothing", lastWords("")),
  option("mysql-check", "a reset", abrupt("")),
  option("mysql-check", "silence", banner("")),
  option(
    "mysql-check",
    "an empty packet",
    banner(packet(0, "")),
    differs(
      "failed, reason: Layer7 invalid response, status: 0/2 DOWN.",
      "HAProxy reads behind the packet",
    ),
  ),
  option(login, "good", loggedIn(greeting("10.11.2-MariaDB"), OK), sees),
  option(`${login} post-41`, "good", loggedIn(greeting("8.0.30"), OK), sees),
  option(`${login} pre-41`, "good", loggedIn(greeting("5.0.1"), OK), sees),
  option(login, "denied", talk([0, greeting("8.0.30")], [10, error(2, 1045, "#28000Denied")])),
  option(login, "another authentication", talk([0, greeting("8.0.30")], [10, packet(2, "\xfe")])),
  option(login, "the host is blocked", banner(error(0, 1129, "Host is blocked"))),
  option(login, "a greeting, then nothing", talk([0, greeting("8.0.30")], [10, ""])),
  option(login, "a greeting, then FIN", talk([0, greeting("8.0.30")], [10, "FIN"])),
  option(login, "nothing", lastWords("")),
];

export const protocolCases: readonly CheckCase[] = [
  ...redis,
  ...smtp,
  ...ldap,
  ...pgsql,
  ...ssl,
  ...mysql,
];
