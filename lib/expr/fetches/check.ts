/** Fetches of the bytes that a server sends, here of its answer to a health check (manual 7.3.5). */
import type { FetchRow } from "../rows.ts";

const position = (value: unknown) => Number(value) >= 0 ? undefined : "0 or more";

export const CHECK_FETCHES: readonly FetchRow[] = [
  {
    name: "res.payload",
    args: [
      { name: "offset", type: "int", check: position },
      { name: "length", type: "int", check: position },
    ],
    type: "bin",
    needs: "checked",
    doc: "bytes of what the server has sent; length 0: all that there are",
    section: "7.3.5",
    make: ([offset, length]) => {
      const from = offset as number;
      const count = length as number;
      return ({ answer = "" }) => {
        if (answer.length < from + count || answer.length === 0) return undefined;
        return count === 0 ? answer.slice(from) : answer.slice(from, from + count);
      };
    },
  },
  {
    name: "res.len",
    args: [],
    type: "sint",
    needs: "checked",
    doc: "how many bytes the server has sent",
    section: "7.3.5",
    make: () => ({ answer = "" }) => answer.length,
  },
];
