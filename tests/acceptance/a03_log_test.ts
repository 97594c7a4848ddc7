import assert from "node:assert/strict";
import { curl, curlTimes } from "../support/curl.ts";
import { isRoot } from "../support/needs.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/poll.ts";
import { run } from "../support/process.ts";
import { type Rsyslog, startRsyslog } from "../support/rsyslog.ts";
import { type Form, startProxy } from "../support/sluice.ts";
import { connect } from "../support/tcp.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

// Port 514 is what `log` without a port means.
const syslogPort = isRoot ? 514 : freePort();
const suffix = syslogPort === 514 ? "" : `:${syslogPort}`;

const text = {
  cfg: `global
    log ${web1}${suffix} local2
    log 127.0.0.1${suffix} local3
${DEFAULTS.cfg}
    log global
    option httplog
    option dontlognull

frontend webcluster
    bind ${proxy}:${port80}
    use_backend webserver-80

backend webserver-80
    server web1 ${web1}:${port80} check inter 3s fall 3 rise 5
    server web2 ${web2}:${port80} check inter 3s fall 3 rise 5
`,
  yaml: `global:
  log:
    - "${web1}${suffix} local2"
    - "127.0.0.1${suffix} local3"
${DEFAULTS.yaml}  log: global
  option:
    httplog: true
    dontlognull: true
frontends:
  webcluster:
    bind: "${proxy}:${port80}"
    use_backend:
      - { backend: webserver-80 }
backends:
  webserver-80:
    servers:
      web1: "${web1}:${port80} check inter 3s fall 3 rise 5"
      web2: "${web2}:${port80} check inter 3s fall 3 rise 5"
`,
};

/** The HTTP log format (manual 8.2.3) as rsyslog writes it to a file. */
const HTTPLOG = new RegExp(
  [
    String.raw`^\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ \S+\[\d+\]:`, // rsyslog's date, host, tag
    String.raw`127\.0\.0\.\d+:\d+`, // client
    String.raw`\[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d\.\d{3}\]`, // accept date
    String.raw`webcluster webserver-80/(web1|web2)`,
    String.raw`\d+/\d+/\d+/\d+/\d+`, // TR Tw Tc Tr Ta
    String.raw`(200|404) (\d+) - - ----`,
    String.raw`\d+/\d+/\d+/\d+/\d+ \d+/\d+`, // connections, queues
    String.raw`"GET (\S+) HTTP/1\.1"$`,
  ].join(" "),
);

row(
  "A3: log lines reach rsyslog under their facility, and halog reads every one of them",
  { programs: ["nginx", "curl", "rsyslogd", "halog"] },
  async (scope, form) => {
    const rsyslog = await startRsyslog(scope, {
      udp: [{ host: web1, port: syslogPort }, { host: "127.0.0.1", port: syslogPort }],
      facilities: ["local2", "local3"],
    });
    await twoWebServers(scope);
    const address = `${proxy}:${port80}`;
    await startProxy(scope, text[form], { form, listening: [address] });

    // A connection that says nothing: dontlognull keeps it out of the log.
    const silent = await connect(scope, address);
    silent.close();
    await curlTimes(8, `http://${address}/page?a=1`);
    const answer = await curl(`http://${address}/index.html`);
    const sent = answer.status;
    assert.equal(sent, 200);

    for (const facility of ["local2", "local3"]) {
      const requests = () => rsyslog.lines(facility).filter((line) => line.includes('"GET '));
      await waitFor(`nine lines of ${facility}`, () => requests().length >= 9, {
        explain: () => rsyslog.all().join("\n"),
      });
      const lines = requests();
      assert.equal(lines.length, 9);
      for (const line of lines) assert.match(line, HTTPLOG);
      assert.ok(lines.some((line) => line.includes('"GET /page?a=1 HTTP/1.1"')));
      assert.equal(
        rsyslog.lines(facility).filter((line) => line.includes("BADREQ")).length,
        0,
        "dontlognull",
      );
      // The servers take turns.
      const servers = lines.map((line) => line.match(HTTPLOG)?.[1]);
      assert.equal(servers.filter((each) => each === "web1").length >= 4, true);
      // halog's own word: as many lines parsed as there are.
      const counted = await run(["halog", "-c", "-H"], { stdin: `${lines.join("\n")}\n` });
      assert.match(counted.stdout, /^9$/m);
      const codes = await run(["halog", "-st"], { stdin: `${lines.join("\n")}\n` });
      assert.match(codes.stdout, /^200 9$/m);
      assert.doesNotMatch(codes.stderr, /[1-9]\d* parsing errors/);
      assert.doesNotMatch(codes.stderr, /truncated|not HTTP|invalid/i);
    }
    const info = rsyslog.all().filter((line) => line.includes('"GET '));
    assert.ok(info.every((line) => /^local[23]\.info /.test(line)), info[0]);
  },
);

row(
  "A3: the same through a Unix socket, as a line of its own facility and level",
  { programs: ["nginx", "curl", "rsyslogd", "halog"] },
  async (scope, form) => {
    const udp = { host: "127.0.0.1", port: freePort() };
    const rsyslog = await startRsyslog(scope, { udp: [udp], facilities: ["local4"] });
    await waitFor("rsyslog's socket", () => {
      try {
        return Deno.lstatSync(rsyslog.socket).isSocket;
      } catch {
        return false;
      }
    });
    await twoWebServers(scope);
    const address = `${proxy}:${port80}`;
    const log: Record<Form, string> = {
      cfg: `    log ${rsyslog.socket} local4\n`,
      yaml: `  log: "${rsyslog.socket} local4"\n`,
    };
    const own = text[form].replace(/^ +log ?:?$(\n +- .*)+\n|^ +log \S+ local\d\n/gm, "")
      .replace(/^global:?\n/, (global) => `${global}${log[form]}`);
    await startProxy(scope, own, { form, listening: [address] });
    await curlTimes(3, `http://${address}/unix`);
    await waitFor("three lines", () => requestLines(rsyslog).length >= 3, {
      explain: () => `${own}\n${rsyslog.all().join("\n")}`,
    });
    const lines = requestLines(rsyslog);
    for (const line of lines) assert.match(line, HTTPLOG);
    const counted = await run(["halog", "-c", "-H"], { stdin: `${lines.join("\n")}\n` });
    assert.match(counted.stdout, /^3$/m);
    const priorities = rsyslog.all().filter((line) => line.includes('"GET '));
    assert.ok(priorities.every((line) => line.startsWith("local4.info ")), priorities[0]);
  },
);

const requestLines = (rsyslog: Rsyslog) =>
  rsyslog.lines("local4").filter((line) => line.includes('"GET '));
