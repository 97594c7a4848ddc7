/** `monitor-uri` (manual 4.2): the proxy answers for itself, before any rule and without a log line. */
import { PC } from "../../lib/state/traffic.ts";
import { ANSWERED, type PolicyMiddleware } from "./policy.ts";

/** Answers requests for exactly `uri` with 200 (or its error file). */
export function monitorUri(uri: string | undefined): PolicyMiddleware | undefined {
  if (uri === undefined) return undefined;
  return (c, next) => {
    const stream = c.env;
    if (stream.request!.target !== uri) return next();
    stream.frontend.counters.add(PC.intercepted, 1);
    stream.logLevel = -1;
    stream.fail("L", "R");
    stream.reply = stream.frontend.answers.reply(200, stream);
    return Promise.resolve(ANSWERED);
  };
}
