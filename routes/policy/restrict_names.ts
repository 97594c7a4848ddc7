/** `option http-restrict-req-hdr-names` (manual 4.2): fields with odd names are deleted, or their requests refused. */
import type { ProxyConfig } from "../../lib/config/model.ts";
import type { Head } from "../../lib/http1/head.ts";
import { answer } from "./rules.ts";
import { ANSWERED, type PolicyMiddleware } from "./policy.ts";

const PLAIN = /^[0-9A-Za-z-]+$/;

/** Stands behind a proxy's `http-request` rules. undefined: all names are preserved. */
export function restrictNames({ options }: ProxyConfig): PolicyMiddleware | undefined {
  const { restrictNames: policy } = options;
  if (policy === undefined) return undefined;
  return (c, next) => {
    const stream = c.env;
    for (const index of oddNames(stream.request!)) {
      if (policy === "delete") stream.request!.remove(index);
      else {
        answer(stream, { type: "deny", status: 403 });
        return Promise.resolve(ANSWERED);
      }
    }
    return next();
  };
}

function* oddNames(head: Head): Iterable<number> {
  for (let i = 0; i < head.count; i++) {
    if (!head.isRemoved(i) && !PLAIN.test(head.name(i))) yield i;
  }
}
