/** A real rsyslogd: UDP, TCP and Unix socket in, one file for each facility out. */
import type { Scope } from "./scope.ts";
import { type Running, start } from "./process.ts";
import { isBoundUdp, isListening } from "./ports.ts";
import { waitFor } from "./poll.ts";
import { readIfThere } from "./nginx.ts";

export interface RsyslogOptions {
  /** where to listen for UDP */
  readonly udp: readonly { readonly host: string; readonly port: number }[];
  /** where to listen for TCP */
  readonly tcp?: { readonly host: string; readonly port: number };
  /** facilities that get a file of their own, as `local2` */
  readonly facilities: readonly string[];
}

export interface Rsyslog {
  readonly process: Running;
  /** path of its Unix socket */
  readonly socket: string;
  /** What arrived for the facility, in the classic file format. */
  lines(facility: string): string[];
  /** As lines, each with `facility.severity ` in front. */
  all(): string[];
}

/** Starts rsyslogd and waits until it takes messages. */
export async function startRsyslog(scope: Scope, options: RsyslogOptions): Promise<Rsyslog> {
  const socket = scope.path("rsyslog.sock");
  const at = scope.path("rsyslog");
  const { tcp } = options;
  Deno.mkdirSync(at);
  const conf = scope.write(
    "rsyslog/rsyslog.conf",
    `module(load="imudp")
module(load="imuxsock" SysSock.Use="off")
${
      tcp === undefined ? "" : `module(load="imtcp")
input(type="imtcp" address="${tcp.host}" port="${tcp.port}")`
    }
global(workDirectory="${at}" umask="0022")
${
      options.udp.map(({ host, port }) => `input(type="imudp" address="${host}" port="${port}")`)
        .join("\n")
    }
input(type="imuxsock" Socket="${socket}" CreatePath="on")
template(name="priority" type="string" string="%syslogfacility-text%.%syslogseverity-text% %msg%\\n")
${
      options.facilities.map((each) =>
        `${each}.* action(type="omfile" file="${at}/${each}.log" template="RSYSLOG_TraditionalFileFormat")`
      ).join("\n")
    }
*.* action(type="omfile" file="${at}/all.log" template="priority")
`,
  );
  const process = start(scope, "rsyslogd", [
    "rsyslogd",
    "-n",
    "-f",
    conf,
    "-i",
    `${at}/pid`,
  ]);
  await waitFor("rsyslogd to listen", () => {
    if (process.exit !== undefined) throw new Error(`rsyslogd ended:\n${process.output()}`);
    return options.udp.every(({ host, port }) => isBoundUdp(host, port)) &&
      (tcp === undefined || isListening(tcp.host, tcp.port));
  }, { explain: () => process.output() });
  const lines = (name: string) =>
    readIfThere(`${at}/${name}.log`).split("\n").filter((line) => line !== "");
  return { process, socket, lines, all: () => lines("all") };
}
