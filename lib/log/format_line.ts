/** What stands before the text of a log line, in each `format` of a `log` line (manual 3.1, `log`). */
import type { LogLineFormat, LogTarget } from "../config/model_log.ts";
import { latin1OfText } from "../http1/bytes.ts";
import { isoTime, microseconds, rfc3164Time } from "./timestamp.ts";

/** Who speaks: the fields of a syslog header. */
export interface LineIdentity {
  /** `log-tag`, else the program's name */
  readonly tag: string;
  /** `log-send-hostname`; undefined: `localhost` in rfc3164, `-` in rfc5424 */
  readonly hostname?: string;
  readonly pid: number;
}

/** The header of a line of this level (0 to 7, after `minlevel`) written at `wall` (ms since 1970 UTC). */
export type HeaderOf = (level: number, wall: number) => string;

type Second = (before: string, wall: number) => string;
type MakeHeader = (facility: number, id: LineIdentity) => HeaderOf;

/** A header that changes only with the second: made once per second and level. */
function perSecond(priority: (level: number) => string, rest: Second): HeaderOf {
  const headers: string[] = new Array(8).fill("");
  const seconds: number[] = new Array(8).fill(NaN);
  return (level, wall) => {
    const second = Math.floor(wall / 1000);
    if (seconds[level] !== second) {
      seconds[level] = second;
      headers[level] = rest(priority(level), wall);
    }
    return headers[level];
  };
}

/** A header with a time in microseconds; the part up to the second is kept. */
function perLine(priority: (level: number) => string, after: string): HeaderOf {
  const before = perSecond(priority, (p, wall) => p + isoTime(wall).date);
  let second = NaN;
  let zone = "";
  return (level, wall) => {
    const now = Math.floor(wall / 1000);
    if (now !== second) {
      second = now;
      zone = isoTime(wall).zone + after;
    }
    return before(level, wall) + microseconds(wall) + zone;
  };
}

function fixed(priority: (level: number) => string): HeaderOf {
  const headers = Array.from({ length: 8 }, (_, level) => priority(level));
  return (level) => headers[level];
}

const withFacility = (facility: number) => (level: number) => `<${facility * 8 + level}>`;
const levelOnly = (level: number) => `<${level}>`;
const none = () => "";

const MAKERS: Readonly<Record<LogLineFormat, MakeHeader>> = {
  local: (facility, { tag, pid }) =>
    perSecond(withFacility(facility), (p, wall) => `${p}${rfc3164Time(wall)} ${tag}[${pid}]: `),
  rfc3164: (facility, { tag, pid, hostname }) =>
    perSecond(
      withFacility(facility),
      (p, wall) => `${p}${rfc3164Time(wall)} ${hostname ?? "localhost"} ${tag}[${pid}]: `,
    ),
  rfc5424: (facility, { tag, pid, hostname }) =>
    perLine(
      (level) => `${withFacility(facility)(level)}1 `,
      ` ${hostname ?? "-"} ${tag} ${pid} - - `,
    ),
  priority: (facility) => fixed(withFacility(facility)),
  short: () => fixed(levelOnly),
  timed: () => perLine(levelOnly, " "),
  iso: () => perLine(none, " "),
  raw: () => fixed(none),
};

/** Compiles a target's header. Called once per target and reload. */
export function compileHeader(
  target: Pick<LogTarget, "format" | "facility">,
  identity: LineIdentity,
): HeaderOf {
  return MAKERS[target.format](target.facility, {
    tag: latin1OfText(identity.tag),
    hostname: identity.hostname === undefined ? undefined : latin1OfText(identity.hostname),
    pid: identity.pid,
  });
}
