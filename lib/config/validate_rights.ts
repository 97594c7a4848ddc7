/** Rules that need rights which the process gives up when it changes its user. */
import type { Diagnostics } from "./diagnostic.ts";
import type { Config } from "./model.ts";

const MARKS = /^set-(fc-|bc-)?mark$/;

/** As in HAProxy, it is a mistake: the rule would have no effect. */
export function checkRights(config: Config, diagnostics: Diagnostics): void {
  const { user, uid } = config.global;
  if (user === undefined && uid === undefined) return;
  for (const proxy of config.proxies) {
    if (proxy.disabled) continue;
    const lines = [
      ...proxy.tcpRequestConnection,
      ...proxy.tcpRequestSession,
      ...proxy.tcpRequestContent,
      ...proxy.tcpResponseContent,
      ...proxy.httpRequest,
      ...proxy.httpResponse,
    ];
    for (const { words: [action] } of lines) {
      if (action === undefined || !MARKS.test(action.text)) continue;
      diagnostics.alert(
        action.span,
        `'${action.text}' needs a right (CAP_NET_ADMIN) that is given up with 'user' in 'global'`,
        { allowed: "'set-tos', or to stay root" },
      );
    }
  }
}
