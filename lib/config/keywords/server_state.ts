/** Files with the state of servers (manual 3.1, 4.2): what is read of them at the start. */
import { oneOf, path } from "./args.ts";
import { globalKeyword, type KeywordRow, one, optional, proxyKeyword } from "./types.ts";

export const serverStateRows: readonly KeywordRow[] = [
  globalKeyword({
    name: "server-state-base",
    args: { directory: one(path("<directory>")) },
    summary: "Directory of state files whose path is relative",
    manual: "3.1",
    apply(global, { directory }) {
      global.serverStateBase = directory;
    },
  }),
  globalKeyword({
    name: "server-state-file",
    args: { file: one(path("<file>")) },
    summary: "The file with the state of servers that 'load-server-state-from-file global' reads",
    manual: "3.1",
    apply(global, { file }) {
      global.serverStateFile = file;
    },
  }),
  proxyKeyword({
    name: "load-server-state-from-file",
    sections: ["defaults", "listen", "backend"],
    args: { which: one(oneOf("global", "local", "none")) },
    summary: "Which file the servers' state is read from at the start",
    manual: "4.2",
    apply(proxy, { which }) {
      proxy.serverStateFrom = which === "none" ? undefined : which;
    },
  }),
  proxyKeyword({
    name: "server-state-file-name",
    sections: ["defaults", "listen", "backend"],
    args: { file: optional(path("use-backend-name|<file>")) },
    summary:
      "The file of 'load-server-state-from-file local'; the backend's name when it is not set",
    manual: "4.2",
    apply(proxy, { file }) {
      proxy.serverStateFileName = file === "use-backend-name" ? undefined : file;
    },
  }),
];
