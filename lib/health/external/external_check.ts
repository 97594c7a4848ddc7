/** `option external-check` (manual 4.2): a program says whether a server is well, by its exit code. */
import type { ProxyConfig } from "../../config/model.ts";
import type { Target } from "../../net/conn.ts";
import type { Check, CheckContext, CheckKind, CheckLimits, RunningCheck } from "../check.ts";
import { checkResult } from "../result.ts";
import { findProgram, Program } from "./program.ts";

const NOT_USED = "NOT_USED";

/** The first address that the proxy listens on: backends have none. */
function listener(proxy: ProxyConfig): { addr: string; port: string } | undefined {
  for (const { addresses } of proxy.binds) {
    for (const address of addresses) {
      if (address.type === "tcp") return { addr: address.host, port: String(address.port) };
      if (address.type === "unix") return { addr: address.path, port: "" };
    }
  }
  return undefined;
}

export class ExternalCheck implements Check {
  readonly #context: CheckContext;
  readonly #command: string;
  readonly #path: string;

  constructor(context: CheckContext) {
    const { externalCommand, externalPath } = context.proxy.checks;
    this.#context = context;
    this.#path = externalPath ?? "";
    this.#command = externalCommand?.text ?? "";
  }

  run(_target: Target, limits: CheckLimits): RunningCheck {
    const { wheel, proxy, server } = this.#context;
    const started = wheel.now();
    const from = listener(proxy);
    const { address } = server;
    const port = address.family === "unix" ? "" : String(address.port);
    const env = {
      HAPROXY_PROXY_ADDR: from?.addr ?? "",
      HAPROXY_PROXY_ID: String(proxy.id),
      HAPROXY_PROXY_NAME: proxy.name,
      HAPROXY_PROXY_PORT: from?.port ?? "",
      HAPROXY_SERVER_ADDR: address.host,
      HAPROXY_SERVER_CURCONN: String(server.currentConnections),
      HAPROXY_SERVER_ID: String(server.id),
      HAPROXY_SERVER_MAXCONN: String(server.maxconn),
      HAPROXY_SERVER_NAME: server.name,
      HAPROXY_SERVER_PORT: port,
      HAPROXY_SERVER_PROTO: proxy.mode === "http" ? "h1" : "tcp",
      HAPROXY_SERVER_SSL: "0",
      PATH: this.#path,
    };
    const args = [
      from?.addr ?? NOT_USED,
      from?.port || NOT_USED,
      address.host,
      port === "" ? NOT_USED : port,
    ];
    const program = new Program(
      findProgram(this.#command, this.#path) ?? this.#command,
      args,
      env,
      limits.connect,
      wheel,
    );
    let cancelled = false;
    return {
      promise: program.ended.then(({ code, late }) => {
        if (cancelled) return undefined;
        const took = wheel.now() - started;
        if (late) return checkResult("PROCTOUT", took);
        return checkResult(code === 0 ? "PROCOK" : "PROCERR", took, "", code);
      }),
      cancel() {
        cancelled = true;
        program.stop();
      },
    };
  }
}

export const externalCheck: CheckKind = {
  name: "external-check",
  section: "4.2 option external-check",
  doc: "Runs a program; the exit code 0 passes.",
  compile: () => (context) => new ExternalCheck(context),
};
