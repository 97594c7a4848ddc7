/** Asks the real HAProxy the cases of tests/balance/hash_cases.ts. */
import { bytesOfLatin1, latin1 } from "../../lib/http1/bytes.ts";
import {
  HASH_KEYS,
  type HashCase,
  POSTED,
  RDP,
  serverName,
} from "../../tests/balance/hash_cases.ts";
import { freePort } from "../../tests/support/ports.ts";
import { Haproxy, proxyHeader } from "./haproxy.ts";

function configuration(
  cases: readonly HashCase[],
  { port, echo, rdp, names }: Ports,
): string {
  const backends = cases.map((c, i) => {
    const lines = c.balance !== RDP ? [`backend c${i}`, `  balance ${c.balance}`] : [
      `listen c${i}`,
      `  bind 127.0.0.1:${rdp.get(c)!}`,
      "  mode tcp",
      "  tcp-request inspect-delay 5s",
      "  tcp-request content accept if { req.len gt 10 }",
      `  balance ${c.balance}`,
    ];
    if (c.hashType !== undefined) lines.push(`  hash-type ${c.hashType}`);
    if (c.allbackups) lines.push("  option allbackups");
    c.servers.forEach((s, n) => {
      lines.push(
        `  server ${serverName(n)} 127.0.0.1:${
          c.balance === RDP ? names[n] : echo
        } weight ${s.weight}` +
          `${(s.id ?? s.at?.id) === undefined ? "" : ` id ${s.id ?? s.at?.id}`}${
            s.backup ? " backup" : ""
          }` +
          `${s.down ? " disabled" : ""}`,
      );
    });
    return lines.join("\n");
  });
  return `defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  http-reuse always
frontend asked
  bind 127.0.0.1:${port} accept-proxy
  http-response set-header x-chosen %s
  use_backend %[req.hdr(x-case)]
frontend echo
  bind 127.0.0.1:${echo}
  http-request return status 204
${backends.join("\n")}
`;
}

/** The servers chosen for all keys of each case, as words, in the order of the cases. */
export async function* askHashes(cases: readonly HashCase[]): AsyncGenerator<string> {
  const port = freePort();
  const rdp = new Map(cases.filter((c) => c.balance === RDP).map((c) => [c, freePort()]));
  const most = Math.max(0, ...[...rdp.keys()].map((c) => c.servers.length));
  const servers = Array.from({ length: most }, (_, n) => sayName(serverName(n)));
  const names = servers.map(({ addr }) => (addr as Deno.NetAddr).port);
  const haproxy = new Haproxy(configuration(cases, { port, echo: freePort(), rdp, names }));
  try {
    await haproxy.ready(port);
    for (let i = 0; i < cases.length; i++) {
      const own = rdp.get(cases[i]);
      yield own === undefined ? await askCase(haproxy, cases[i], i, port) : await askRdp(own);
    }
  } finally {
    await haproxy.stop();
    for (const server of servers) server.close();
  }
}

interface Ports {
  readonly port: number;
  readonly echo: number;
  /** of the case's own listener */
  readonly rdp: ReadonlyMap<HashCase, number>;
  /** of servers that say their names */
  readonly names: readonly number[];
}

/** A server that says its name to everybody. */
function sayName(name: string): Deno.Listener {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    for await (const conn of listener) {
      await conn.write(bytesOfLatin1(name)).catch(() => undefined);
      conn.close();
    }
  })();
  return listener;
}

/** Who answers to each client of RDP. */
async function askRdp(port: number): Promise<string> {
  let chosen = "";
  const buffer = new Uint8Array(16);
  for (const { rdp } of HASH_KEYS) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(bytesOfLatin1(rdp));
    const n = await conn.read(buffer).catch(() => null);
    chosen += n === 1 ? latin1(buffer, 0, 1) : "!";
    conn.close();
  }
  return chosen;
}

async function askCase(haproxy: Haproxy, c: HashCase, i: number, port: number): Promise<string> {
  const changes = c.changes ?? [];
  let chosen = "";
  let from = 0;
  for (const at of [...new Set(changes.map((change) => change.at)), HASH_KEYS.length]) {
    chosen += await askPart(i, from, at, c.balance, port);
    from = at;
    for (const change of changes.filter((each) => each.at === at)) {
      const server = `c${i}/${serverName(change.server)}`;
      const answer = await haproxy.command(
        change.weight !== undefined
          ? `set weight ${server} ${change.weight}`
          : `${change.down ? "disable" : "enable"} server ${server}`,
      );
      if (answer !== "") throw new Error(`${server}: ${answer}`);
    }
  }
  return chosen;
}

/** Keys are pipelined on one connection; clients' addresses need one for each. */
async function askPart(
  i: number,
  from: number,
  to: number,
  balance: string,
  port: number,
): Promise<string> {
  const step = balance === "source" ? 1 : to - from;
  let chosen = "";
  for (let at = from; at < to; at += step) {
    const requests = HASH_KEYS.slice(at, at + step).map(({ request, post: [head, body] }) => {
      const [text, rest] = balance === POSTED ? [head, body] : [request, ""];
      return text.replace("\r\n\r\n", `\r\nX-Case: c${i}\r\n\r\n`) + rest;
    });
    const text = proxyHeader(HASH_KEYS[at].source, 80) + requests.join("");
    chosen += await exchange(text, step, port);
  }
  return chosen;
}

async function exchange(text: string, answers: number, port: number): Promise<string> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const bytes = bytesOfLatin1(text);
  const sent = (async () => {
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
  })();
  const buffer = new Uint8Array(65536);
  let got = "";
  for (;;) {
    const found = [...got.matchAll(/^(?:x-chosen: (.*)|HTTP\/1.1 [45].*)\r$/gm)];
    if (found.length === answers && got.endsWith("\r\n\r\n")) {
      await sent;
      conn.close();
      return found.map((m) => m[1] ?? "!").join("");
    }
    const n = await conn.read(buffer);
    if (n === null) throw new Error(`closed after ${found.length} of ${answers}`);
    got += latin1(buffer, 0, n);
  }
}
