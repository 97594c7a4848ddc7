/** Answers an authority that visits by http-01 (RFC 8555 8.3): before any rule, so that no redirect is in its way. */
import type { AcmeChallenges } from "../../lib/tls/challenges.ts";
import { PC } from "../../lib/state/traffic.ts";
import { reply } from "../../lib/http1/reply.ts";
import { replyFromBytes } from "../../lib/proxy/answers.ts";
import { ANSWERED, onRequest, type PolicyMiddleware } from "./policy.ts";

const PREFIX = "/.well-known/acme-challenge/";

/** Undefined: nothing is got from an authority. Requests with a token that is not known go on. */
export function acmeChallenge(
  challenges: AcmeChallenges | undefined,
): PolicyMiddleware | undefined {
  if (challenges === undefined) return undefined;
  return onRequest((stream) => {
    const { target } = stream.request!;
    if (!target.startsWith(PREFIX)) return undefined;
    const answer = challenges.answer(target.slice(PREFIX.length));
    if (answer === undefined) return undefined;
    stream.frontend.counters.add(PC.intercepted, 1);
    stream.fail("L", "R");
    stream.reply = replyFromBytes(reply(200, "application/octet-stream", answer))!;
    return ANSWERED;
  });
}
