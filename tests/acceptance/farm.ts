/** Four real servers behind one backend, for the rows about balancing. */
import { connect } from "../support/tcp.ts";
import { startNginx } from "../support/nginx.ts";
import type { Scope } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { type Form, type Proxy } from "../support/sluice.ts";
import { globalWithSocket } from "./runtime_socket.ts";
import { DEFAULTS, port80, proxy } from "./tutorial.ts";

const startProxy = reloadedProxy();

/** Where the servers s1 to s4 listen. */
const HOSTS = ["127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14"];

export const farmAddress = `${proxy}:${port80}`;

/** What a farm's backend says, beside its servers. */
export interface FarmShape {
  /** keyword and arguments of each line */
  readonly lines: Readonly<Record<string, string>>;
  /** settings of each server's line; as many servers as there are here */
  readonly servers: readonly string[];
}

function configuration(scope: Scope, { lines, servers }: FarmShape, form: Form): string {
  const global = globalWithSocket(scope, "level admin")[form];
  const at = (n: number) => `${HOSTS[n]}:${port80}`;
  if (form === "cfg") {
    return `${global}${DEFAULTS.cfg}
frontend web
    bind ${farmAddress}
    default_backend farm

backend farm
${Object.entries(lines).map(([keyword, args]) => `    ${keyword} ${args}\n`).join("")}${
      servers.map((options, n) => `    server s${n + 1} ${at(n)} ${options}\n`).join("")
    }`;
  }
  return `${global}${DEFAULTS.yaml}
frontends:
  web:
    bind: "${farmAddress}"
    default_backend: farm
backends:
  farm:
${
    Object.entries(lines).map(([keyword, args]) => `    ${keyword}: "${args}"\n`).join("")
  }    servers:
${servers.map((options, n) => `      s${n + 1}: "${`${at(n)} ${options}`.trim()}"\n`).join("")}`;
}

/** Starts the servers, each answering its name, and the program under test in front of them. */
export async function startFarm(scope: Scope, shape: FarmShape, form: Form): Promise<Proxy> {
  await startNginx(scope, {
    name: "farm",
    listen: HOSTS.slice(0, shape.servers.length).map((host) => `${host}:${port80}`),
    extra: "return 200 $server_addr;",
  });
  return await startProxy(scope, configuration(scope, shape, form), {
    form,
    listening: [farmAddress],
  });
}

/** What a client asks for. */
export interface Question {
  readonly target?: string;
  /** field lines */
  readonly fields?: readonly string[];
}

/** The names of the servers that answer these requests, sent on one connection. */
export async function ask(scope: Scope, questions: readonly Question[]): Promise<string[]> {
  const peer = await connect(scope, farmAddress);
  const names: string[] = [];
  for (const { target = "/", fields = [] } of questions) {
    await peer.write(
      `GET ${target} HTTP/1.1\r\n${["Host: www.yu.com", ...fields].join("\r\n")}\r\n\r\n`,
    );
    const { body } = await peer.response();
    names.push(`s${HOSTS.indexOf(body) + 1}`);
  }
  peer.close();
  return names;
}
