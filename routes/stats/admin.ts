/** The forms of the statistics page: what a post does, and the four letters that tell how it ended. */
import type { ProcessState } from "../../lib/runtime/process_state.ts";
import { serverActions } from "../../lib/runtime/server_actions.ts";
import { findBackend } from "../../lib/runtime/socket/command.ts";

/** How a change ended, as `;st=` has it (HAProxy's codes). */
export type StatsCode = "DONE" | "NONE" | "PART" | "ERRP" | "EXCD" | "DENY" | "UNKN";

/** What the page says about each. */
export const CODES: Readonly<Record<StatsCode, { readonly good: boolean; readonly text: string }>> =
  {
    DONE: { good: true, text: "Done." },
    NONE: { good: false, text: "Nothing has changed." },
    PART: { good: false, text: "Done in part: some servers could not be changed." },
    ERRP: {
      good: false,
      text: "The request was not understood: is the server still there, is the action right?",
    },
    EXCD: { good: false, text: "The request is too long: choose fewer servers." },
    DENY: {
      good: false,
      text: "Not permitted. A page that was open for long, or since before a restart, must be " +
        "loaded again first.",
    },
    UNKN: { good: false, text: "The result is not known." },
  };

/**
 * Does what a form says: `s` the servers, `b` the backend (its name, or `#id`), `action`, and `w` for a weight.
 */
export function changeServers(form: URLSearchParams, process: ProcessState): StatsCode {
  const host = process.host;
  const names = form.getAll("s");
  const backendName = form.get("b");
  const word = form.get("action");
  if (host === undefined) return "UNKN";
  if (names.length === 0 || backendName === null || word === null) return "NONE";
  const { generation } = host;
  const killStreams = host.killStreams.bind(host);
  const backend = findBackend(backendName, generation);
  const status = backend && generation.statuses.get(backend.name);
  const action = serverActions.find(({ name }) => name === word);
  if (backend === undefined || status === undefined || action === undefined) return "ERRP";
  const weight = form.get("w");
  const value = weight !== null && /^\d{1,3}$/.test(weight) ? Number(weight) : undefined;
  let found = 0;
  let altered = 0;
  for (const name of names) {
    const server = backend.pool.server(name);
    if (server === undefined) continue;
    found++;
    if (action.run({ backend: backend.name, server, status, killStreams }, value)) altered++;
  }
  if (found === 0) return "ERRP";
  if (altered === 0) return "NONE";
  return altered < names.length ? "PART" : "DONE";
}
