/** The settings of `server` lines that concern checks and what follows from them (manual 5.2). */
import type { ServerDraft } from "../draft.ts";
import { flag } from "./option_table.ts";

export const serverCheckSettings = [
  flag<ServerDraft>("check-send-proxy", "Checks begin with a PROXY header", (server) => {
    server.checkSendProxy = true;
  }),
  flag<ServerDraft>(
    "no-check-send-proxy",
    "Takes back a 'check-send-proxy' of default-server",
    (server) => {
      server.checkSendProxy = false;
    },
  ),
];
