/** `option icmp-check`, which HAProxy has not: the machine of a server answers an ICMP echo request. */
import { lookup } from "node:dns/promises";
import type { CompileContext } from "../../expr/context_compile.ts";
import type { ProxyConfig } from "../../config/model.ts";
import type { Target } from "../../net/conn.ts";
import type { Check, CheckContext, CheckKind, CheckLimits, RunningCheck } from "../check.ts";
import { type CheckResult, checkResult } from "../result.ts";
import { addressBytes, echoesOf, type EchoRun } from "./echoes.ts";

/** The system's errors that echoes meet (errno.h). */
const ERRORS: Readonly<Record<number, string>> = {
  1: "Operation not permitted",
  13: "Permission denied",
  101: "Network is unreachable",
  110: "Connection timed out",
  111: "Connection refused",
  113: "No route to host",
};

export class IcmpCheck implements Check {
  readonly #context: CheckContext;

  constructor(context: CheckContext) {
    this.#context = context;
  }

  run(target: Target, limits: CheckLimits): RunningCheck {
    let asked: EchoRun | undefined;
    let cancelled = false;
    const promise = this.#run(target, limits, (run) => {
      asked = run;
      if (cancelled) run.cancel();
    });
    return {
      promise,
      cancel() {
        cancelled = true;
        asked?.cancel();
      },
    };
  }

  async #run(
    target: Target,
    limits: CheckLimits,
    begun: (run: EchoRun) => void,
  ): Promise<CheckResult | undefined> {
    const { wheel, process } = this.#context;
    const start = wheel.now();
    const took = () => wheel.now() - start;
    if (target.type === "unix") return checkResult("SOCKERR", 0, "a Unix socket has no machine");
    const address = addressBytes(target.host) ?? await resolve(target.host);
    if (address === undefined) {
      return checkResult("L4CON", took(), `General socket error (${target.host} has no address)`);
    }
    const echoes = echoesOf(address.family);
    if (typeof echoes === "string") return checkResult("SOCKERR", took(), echoes);
    const token = Math.floor(process.random() * 2 ** 48);
    const run = echoes.ask(address.bytes, limits.connect, token, wheel);
    begun(run);
    const answer = await run.promise;
    if (answer === "cancelled") return undefined;
    if (answer === "reply") return checkResult("L4OK", took());
    if (answer === "timeout") return checkResult("L4TOUT", took());
    return checkResult("L4CON", took(), ERRORS[answer.errno] ?? `error ${answer.errno}`);
  }
}

async function resolve(name: string) {
  try {
    return addressBytes((await lookup(name)).address);
  } catch {
    return undefined;
  }
}

/** Which families of addresses the checked servers have; a name may give either. */
function familiesOf(proxy: ProxyConfig): Set<4 | 6> {
  const families = new Set<4 | 6>();
  for (const { check, address, checkAddr } of proxy.servers) {
    if (!check) continue;
    const host = checkAddr ?? (address.type === "tcp" ? address.host : "");
    families.add(addressBytes(host)?.family ?? 4);
  }
  return families;
}

export const icmpCheck: CheckKind = {
  name: "icmp-check",
  section: "sluice's own",
  doc: "Asks the server's machine for an ICMP echo.",
  compile(proxy: ProxyConfig, context: CompileContext) {
    for (const family of familiesOf(proxy)) {
      const echoes = echoesOf(family);
      if (typeof echoes !== "string") continue;
      const span = proxy.checks.span ?? proxy.span;
      context.diagnostics.alert(span, `'option icmp-check' is not possible: ${echoes}`);
      return undefined;
    }
    return (given) => new IcmpCheck(given);
  },
};
