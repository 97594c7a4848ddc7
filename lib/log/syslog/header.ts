/** What stands before the text of a message that is passed on (manual 3.10): its own header, in the target's format. */
import type { LogLineFormat } from "../../config/model_log.ts";
import { isoTime, microseconds, rfc3164Time } from "../timestamp.ts";
import type { SyslogMessage } from "./message.ts";

const ISO = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export interface HeaderOptions {
  /** undefined: the one that the message came in */
  readonly format: LogLineFormat | undefined;
  /** of messages that have none */
  readonly facility: number;
  /** in place of a host that is needed and not known */
  readonly hostname: string;
}

/** The format that a message came in, as far as it can be told. */
export function formatOf({ host, time, tag, priority }: SyslogMessage): LogLineFormat {
  if (host !== "") return time === "-" || ISO.test(time) ? "rfc5424" : "rfc3164";
  return tag !== "" ? "local" : priority >= 0 ? "priority" : "raw";
}

/** The header with which `message` goes on; `level` 0 to 7, `wall` in ms for what has no time. */
export function headerFor(
  message: SyslogMessage,
  level: number,
  wall: number,
  { format = formatOf(message), facility, hostname }: HeaderOptions,
): string {
  if (format === "raw") return "";
  if (format === "short") return `<${level}>`;
  if (format === "timed") return `<${level}>${fullTime(message.time, wall)} `;
  if (format === "iso") return `${fullTime(message.time, wall)} `;
  const own = message.priority < 0 ? facility : message.priority >> 3;
  const priority = `<${own * 8 + level}>`;
  if (format === "priority") return priority;
  const { host, tag, pid } = message;
  if (format === "rfc5424") {
    const time = message.time === "-" ? "-" : fullTime(message.time, wall);
    return `${priority}1 ${time} ${host || "-"} ${tag || "-"} ${pid || "-"} ` +
      `${message.msgid || "-"} ${message.data || "-"} `;
  }
  const from = format === "local" ? "" : `${host || hostname} `;
  const who = tag === "" ? "" : pid === "" ? `${tag}: ` : `${tag}[${pid}]: `;
  return `${priority}${shortTime(message.time, wall)} ${from}${who}`;
}

/** RFC 3339. A time of RFC 3164 has no year and no zone: it is this year's, and its zone is not known. */
function fullTime(time: string, wall: number): string {
  if (ISO.test(time)) return time;
  const month = MONTHS.indexOf(time.slice(0, 3));
  if (month < 0) {
    const { date, zone } = isoTime(wall);
    return date + microseconds(wall) + zone;
  }
  const two = (text: string) => text.trim().padStart(2, "0");
  const year = String(new Date(wall).getFullYear()).padStart(4, "0");
  return `${year}-${two(String(month + 1))}-${two(time.slice(4, 6))}T${time.slice(7)}-00:00`;
}

/** RFC 3164 section 4.1.2 */
function shortTime(time: string, wall: number): string {
  const iso = ISO.exec(time);
  if (iso !== null) {
    const day = iso[3].startsWith("0") ? ` ${iso[3][1]}` : iso[3];
    return `${MONTHS[Number(iso[2]) - 1] ?? MONTHS[0]} ${day} ${iso[4]}`;
  }
  return time.length === 15 ? time : rfc3164Time(wall);
}
