/** Words that the tables of tests/proxy/ are made of. */
import { latin1 } from "../../lib/http1/bytes.ts";
import { errorPage } from "../../lib/http1/reply.ts";
import { type Rig, type RigOptions, rigTest } from "../support/proxy_rig.ts";

/** One thing that a proxy does, from the bytes that come in to the bytes and log lines that go out. */
export interface Case {
  /** A sentence that states the behaviour. */
  readonly name: string;
  readonly options?: RigOptions;
  play(rig: Rig): Promise<void>;
}

/** Registers every case, on a transport that answers later and on one that answers at once. */
export function testCases(subject: string, cases: readonly Case[]): void {
  for (const { name, options, play } of cases) rigTest(`${subject}: ${name}`, options ?? {}, play);
}

/** A request without a body. */
export function get(target = "/", ...fields: string[]): string {
  return message(`GET ${target} HTTP/1.1`, ["Host: x", ...fields]);
}

/** A request with a body of which `text` is all or the first part. */
export function post(length: number, text: string, ...fields: string[]): string {
  return message("POST / HTTP/1.1", ["Host: x", `Content-Length: ${length}`, ...fields]) + text;
}

/** A whole answer with a length. */
export function ok(body = "hi", ...fields: string[]): string {
  return message("HTTP/1.1 200 OK", [...fields, `Content-Length: ${body.length}`]) + body;
}

export function message(line: string, fields: readonly string[]): string {
  return `${[line, ...fields].join("\r\n")}\r\n\r\n`;
}

/** The proxy's own page for `status`; `close`: the connection ends after it. */
export function page(status: number, close = false): string {
  const bytes = errorPage(status);
  const text = latin1(bytes, 0, bytes.length);
  // A page that says so itself is sent as it is; else the field is added behind those that it has.
  if (!close || /^connection: close\r\n/m.test(text)) return text;
  return text.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
}

/** A log line's end for a request of one client to server s1: timers, status, bytes, how it ended. */
export function line(
  timers: string,
  status: number,
  bytes: number,
  termination: string,
  request = "GET / HTTP/1.1",
  more: { readonly at?: string; readonly conns?: string; readonly queues?: string } = {},
): string {
  return `fe ${more.at ?? "be/s1"} ${timers} ${status} ${bytes} - - ${termination}-- ` +
    `${more.conns ?? "1/1/0/0/0"} ${more.queues ?? "0/0"} "${request}"`;
}

/** The line of a request that was not understood. */
export function badLine(timers: string, status: number, termination: string): string {
  return line(timers, status, 0, termination, "<BADREQ>", { at: "fe/<NOSRV>" });
}

/** One exchange on connections that are there already. */
export async function exchange(
  rig: Rig,
  client: { send(text: string): void; gets(text: string): Promise<void> },
  server: { send(text: string): void; gets(text: string): Promise<void> },
  target = "/",
): Promise<void> {
  client.send(get(target));
  await server.gets(get(target));
  server.send(ok());
  await client.gets(ok());
  await rig.takeLog();
}
