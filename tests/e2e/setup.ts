/** A proxy in front of scripted servers, its log read by the test. */
import { freePort } from "../support/ports.ts";
import type { Peer } from "../support/peer.ts";
import type { Scope } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { type Proxy, startProxy } from "../support/sluice.ts";
import { startSyslogSink, type SyslogSink } from "../support/syslog_sink.ts";
import { connect } from "../support/tcp.ts";

export interface SetupOptions {
  readonly mode?: "http" | "tcp";
  /** lines of the `global` section */
  readonly global?: string;
  /** lines of the `defaults` section, after ours (the last one written wins) */
  readonly defaults?: string;
  readonly frontend?: string;
  /** settings of the frontend's bind line */
  readonly bind?: string;
  /** lines of the backend, its servers among them */
  readonly backend: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Setup {
  readonly proxy: Proxy;
  /** `host:port` of the frontend */
  readonly address: string;
  readonly port: number;
  readonly log: SyslogSink;
  /** A new client connection. */
  client(): Promise<Peer>;
}

/** Starts a proxy with frontend `fe` and backend `be`. */
export async function setUp(
  scope: Scope,
  options: SetupOptions,
  start: typeof startProxy = startProxy,
): Promise<Setup> {
  const port = freePort();
  const address = `127.0.0.1:${port}`;
  const log = startSyslogSink(scope);
  const mode = options.mode ?? "http";
  const proxy = await start(scope, configText(options, mode, address, log.address), {
    listening: [address],
    args: options.args,
    env: options.env,
  });
  return { proxy, address, port, log, client: () => connect(scope, address) };
}

/** `setUp` with one process for all tests of a file; to be called while that is loaded. */
export function reloadedSetUp(): (scope: Scope, options: SetupOptions) => Promise<Setup> {
  const start = reloadedProxy();
  return (scope, options) => setUp(scope, options, start);
}

function configText(options: SetupOptions, mode: string, bind: string, log: string): string {
  return `global
${indent(options.global ?? "")}
defaults
    mode ${mode}
    log ${log} local0
    option ${mode === "http" ? "httplog" : "tcplog"}
    timeout connect 5s
    timeout client 30s
    timeout server 30s
${indent(options.defaults ?? "")}
frontend fe
    bind ${bind} ${options.bind ?? ""}
    default_backend be
${indent(options.frontend ?? "")}
backend be
${indent(options.backend)}
`;
}

function indent(text: string): string {
  return text.split("\n").filter((line) => line.trim() !== "").map((line) => `    ${line.trim()}\n`)
    .join("");
}

/** The fields of a message that the proxy must not change, in lower case names, in order. */
export function fieldsOf(fields: readonly string[]): string[] {
  return fields.map((field) => {
    const colon = field.indexOf(":");
    return `${field.slice(0, colon).toLowerCase()}: ${field.slice(colon + 1).trim()}`;
  });
}

/** An HTTP log line's interesting fields (manual 8.2.3). */
export interface HttpLogLine {
  readonly backend: string;
  readonly server: string;
  /** TR Tw Tc Tr Ta */
  readonly timers: readonly number[];
  readonly status: number;
  readonly bytes: number;
  readonly termination: string;
  /** actconn feconn beconn srv_conn retries */
  readonly connections: readonly string[];
  readonly queues: readonly number[];
  readonly request: string;
}

const HTTP_LINE =
  /\[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d\.\d{3}\] fe (\S+)\/(\S+) ([-\d/+]+) (-?\d+) \+?(\d+) - - (\S{4}) ([-\d/+]+) (\d+)\/(\d+) "(.*)"\s*$/;

/** Waits for the log line of a request (or for the first one) and takes it apart. */
export async function httpLine(
  log: SyslogSink,
  request = /./,
  limit?: number,
): Promise<HttpLogLine> {
  const pattern = new RegExp(HTTP_LINE.source);
  const found = await log.find(/ fe /, limit);
  let match = found.input?.match(pattern);
  if (match === undefined || match === null || !request.test(match[10])) {
    const lines = await log.atLeast(1, new RegExp(`"[^"]*${request.source}[^"]*"\\s*$`), limit);
    match = lines[0].match(pattern);
  }
  if (match === null) throw new Error(`not an HTTP log line: ${found.input}`);
  return {
    backend: match[1],
    server: match[2],
    timers: match[3].split("/").map(Number),
    status: Number(match[4]),
    bytes: Number(match[5]),
    termination: match[6],
    connections: match[7].split("/"),
    queues: [Number(match[8]), Number(match[9])],
    request: match[10],
  };
}

/** A TCP log line's interesting fields (manual 8.2.2). */
export interface TcpLogLine {
  readonly server: string;
  /** Tw Tc Tt */
  readonly timers: readonly number[];
  readonly bytes: number;
  readonly termination: string;
  readonly connections: readonly string[];
}

const TCP_LINE =
  /\[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d\.\d{3}\] fe (\S+)\/(\S+) ([-\d/+]+) \+?(\d+) (\S{2}) ([-\d/+]+) (\d+)\/(\d+)\s*$/;

/** Waits for the first TCP log line and takes it apart. */
export async function tcpLine(log: SyslogSink, limit?: number): Promise<TcpLogLine> {
  const match = await log.find(TCP_LINE, limit);
  return {
    server: match[2],
    timers: match[3].split("/").map(Number),
    bytes: Number(match[4]),
    termination: match[5],
    connections: match[6].split("/"),
  };
}
