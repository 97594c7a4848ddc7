/** Where a server's checks and its agent are, as far as an operator may move them (`set server … check-addr`). */
import type { ServerConfig } from "../config/model.ts";
import { remember } from "../state/remember.ts";
import type { Lease } from "../state/store.ts";

export interface ServerProbe {
  /** undefined: where the server is */
  checkAddr: string | undefined;
  checkPort: number | undefined;
  /** undefined: where its checks go */
  agentAddr: string | undefined;
  agentPort: number | undefined;
  /** what the agent is sent before it answers */
  agentSend: string | undefined;
}

/** As the configuration says. */
export function configuredProbe(config: ServerConfig): ServerProbe {
  const { checkAddr, checkPort, agentAddr, agentPort, agentSend } = config;
  return { checkAddr, checkPort, agentAddr, agentPort, agentSend };
}

/** As the configuration says, or as it was moved since, unless the configuration says something else now. */
export function probeOf(backend: string, config: ServerConfig, lease: Lease): ServerProbe {
  const said = configuredProbe(config);
  const name = `probe of ${backend}/${config.name} ${JSON.stringify(said)}`;
  return remember(lease, name, () => said);
}
