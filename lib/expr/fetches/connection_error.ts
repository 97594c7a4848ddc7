/** What went wrong with the connections of a stream (manual 7.3.3: `fc_err`, `bc_err`). */
import { CONNECTION_ERRORS } from "../../net/connection_errors.ts";
import type { StreamView } from "../context.ts";
import type { FetchRow } from "../rows.ts";

const client = ({ session }: StreamView) => session.error?.code ?? 0;
/** Nothing is known of a connection that was not tried, or that the system refused. */
const server = ({ serverError, connectedAt }: StreamView) =>
  serverError?.code ?? (connectedAt < 0 ? undefined : 0);

function rows(
  prefix: "fc" | "bc",
  whose: string,
  read: (stream: StreamView) => number | undefined,
): FetchRow[] {
  const needs = prefix === "fc" ? "client" : "server";
  return [
    {
      name: `${prefix}_err`,
      args: [],
      type: "sint",
      needs,
      doc: `number of what went wrong with ${whose} connection; 0: nothing`,
      section: "7.3.3",
      make: () => read,
    },
    {
      name: `${prefix}_err_str`,
      args: [],
      type: "str",
      needs,
      doc: "the same in words",
      section: "7.3.3",
      make: () => (stream) => {
        const code = read(stream);
        return code === undefined ? undefined : CONNECTION_ERRORS[code];
      },
    },
  ];
}

export const CONNECTION_ERROR_FETCHES: readonly FetchRow[] = [
  ...rows("fc", "the client's", client),
  ...rows("bc", "the server's", server),
];
