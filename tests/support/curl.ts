/** The real curl. */
import { mustRun, type Ran, run } from "./process.ts";

const ALWAYS = ["--silent", "--show-error", "--max-time", "15", "--noproxy", "*"];

export interface CurlAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** curl's answer; throws when curl fails. The last answer's head when it followed redirects. */
export async function curl(
  url: string,
  args: readonly string[] = [],
  namespace?: string,
): Promise<CurlAnswer> {
  const text = await mustRun(["curl", ...ALWAYS, "--include", ...args, url], { namespace });
  let rest = text;
  let head = "";
  // Interim and redirect answers stand before the final one.
  while (/^HTTP\/[0-9.]+ /.test(rest)) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) break;
    head = rest.slice(0, end);
    rest = rest.slice(end + 4);
  }
  const [line, ...fields] = head.split("\r\n");
  const headers = new Map<string, string>();
  for (const field of fields) {
    const colon = field.indexOf(":");
    headers.set(field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim());
  }
  return { status: Number(line.split(" ")[1]), headers, body: rest };
}

/** Only the body, without its last newline: the way the tutorial shows it. */
export async function curlBody(
  url: string,
  args: readonly string[] = [],
  namespace?: string,
): Promise<string> {
  return (await mustRun(["curl", ...ALWAYS, ...args, url], { namespace })).trimEnd();
}

/** Runs curl and answers its exit code, for what is expected to fail. */
export function tryCurl(
  url: string,
  args: readonly string[] = [],
  namespace?: string,
): Promise<Ran> {
  return run(["curl", ...ALWAYS, ...args, url], { namespace });
}

/** Bodies of `count` requests, each by a curl of its own. */
export async function curlTimes(
  count: number,
  url: string,
  args: readonly string[] = [],
  namespace?: string,
): Promise<string[]> {
  const bodies: string[] = [];
  for (let i = 0; i < count; i++) bodies.push(await curlBody(url, args, namespace));
  return bodies;
}

/** How often each value occurs. */
export function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
