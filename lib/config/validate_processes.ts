/** What `nbproc`, `nbthread` and sockets that name processes must agree on. */
import type { Diagnostics } from "./diagnostic.ts";
import type { GlobalDraft } from "./draft.ts";
import type { BindConfig, Config, GlobalConfig, ProxyConfig } from "./model.ts";

/** The processes that serve a `bind` line, by number. */
export function processesOf(bind: BindConfig, proxy: ProxyConfig, global: GlobalConfig): number[] {
  const all = Array.from({ length: global.nbproc ?? 1 }, (_, i) => i + 1);
  return all.filter((n) =>
    (bind.processes?.includes(n) ?? true) && (proxy.bindProcess?.includes(n) ?? true)
  );
}

/** The threads that serve a `bind` line, by number from 1: a socket that cannot be shared has one. */
export function threadsOf(bind: BindConfig, shared: boolean, global: GlobalConfig): number[] {
  const all = Array.from({ length: global.nbthread ?? 1 }, (_, i) => i + 1);
  const named = all.filter((n) => bind.threads?.includes(n) ?? true);
  return shared ? named : named.slice(0, 1);
}

/** The process that answers on a `stats socket`, by number; undefined: none that there is. */
export function socketProcess(
  socket: GlobalConfig["statsSockets"][number],
  global: GlobalConfig,
): number | undefined {
  const { nbproc = 1 } = global;
  return socket.processes === undefined ? 1 : socket.processes.find((n) => n <= nbproc);
}

/** `nbproc` and `nbthread` exclude each other. */
export function checkProcessCounts(global: GlobalDraft, diagnostics: Diagnostics): void {
  const nbproc = global.places.get("nbproc");
  const nbthread = global.places.get("nbthread");
  if (
    nbproc !== undefined && nbthread !== undefined && global.nbproc! > 1 && global.nbthread! > 1
  ) {
    const [first, second] = nbproc.span.line < nbthread.span.line
      ? [nbproc, nbthread]
      : [nbthread, nbproc];
    diagnostics.alert(
      second.span,
      `'nbproc ${global.nbproc}' and 'nbthread ${global.nbthread}' exclude each other: more processes or more threads, not both`,
      { related: { span: first.span, message: `'${first.words[0].text}' is here` } },
    );
  }
}

/** Sockets of a configuration with several processes: each socket file has one owner. */
export function checkProcesses(config: Config, diagnostics: Diagnostics): void {
  const { global } = config;
  const { nbproc = 1 } = global;
  const known = `'process' with numbers from 1 to ${nbproc} ('nbproc ${nbproc}')`;
  for (const proxy of config.proxies) {
    if (proxy.disabled) continue;
    for (const bind of proxy.binds) {
      if (threadsOf(bind, true, global).length === 0) {
        diagnostics.alert(bind.span, "'bind': none of the threads listens here", {
          allowed: `'thread' with numbers from 1 to ${global.nbthread ?? 1} ('nbthread')`,
        });
      }
      const processes = processesOf(bind, proxy, global);
      if (processes.length === 0) {
        diagnostics.alert(bind.span, "'bind': none of the processes listens here", {
          allowed: known,
        });
      } else if (processes.length > 1 && bind.addresses.some(({ type }) => type !== "tcp")) {
        diagnostics.alert(
          bind.span,
          "'bind': only TCP ports can be shared by several processes",
          { allowed: "one process, such as 'process 1'" },
        );
      }
    }
  }
  for (const socket of global.statsSockets) {
    const owner = socketProcess(socket, global);
    if (owner === undefined) {
      diagnostics.alert(socket.span, "'stats socket': none of the processes answers here", {
        allowed: known,
      });
    } else if (nbproc > 1 && (socket.processes?.length ?? nbproc) !== 1) {
      diagnostics.warning(
        socket.span,
        `'stats socket': process ${owner} alone answers here; say 'process ${owner}', and give ` +
          "each other process a socket of its own",
      );
    }
  }
}
