/** `option forwarded`: the field of RFC 7239 (HAProxy 2.8 manual, 4.2). */
import type { ForwardedConfig, WordsAt } from "../../lib/config/model.ts";
import { destinationOf, sourceOf } from "../../lib/expr/addresses.ts";
import { castExpression, compileExpression } from "../../lib/expr/compile.ts";
import type { PlacedContext } from "../../lib/expr/context_compile.ts";
import type { Stream } from "../../lib/proxy/stream.ts";
import { onRequest, type PolicyMiddleware } from "./policy.ts";

type Part = (stream: Stream) => string | undefined;

/** Compiles the option; mistakes in its expressions go to the context's diagnostics. */
export function forwardedField(
  config: ForwardedConfig,
  context: PlacedContext,
): PolicyMiddleware {
  const host = part(config.host, (s) => s.request!.host || undefined, context);
  const by = part(config.by, (s) => destinationOf(s).host, context);
  const byPort = part(config.byPort, (s) => String(destinationOf(s).port), context);
  const from = part(config.for, (s) => sourceOf(s).host, context);
  const fromPort = part(config.forPort, (s) => String(sourceOf(s).port), context);
  return onRequest((stream) => {
    const pairs: string[] = [];
    if (config.proto) pairs.push(stream.session.tls === undefined ? "proto=http" : "proto=https");
    const h = host?.(stream);
    if (h !== undefined) pairs.push(`host=${quoteIfNeeded(h)}`);
    const byNode = node(by?.(stream), byPort?.(stream));
    if (byNode !== undefined) pairs.push(`by=${byNode}`);
    const forNode = node(from?.(stream), fromPort?.(stream));
    if (forNode !== undefined) pairs.push(`for=${forNode}`);
    if (pairs.length > 0) stream.request!.append("Forwarded", pairs.join(";"));
    return undefined;
  });
}

function part(
  config: true | WordsAt | undefined,
  standard: Part,
  context: PlacedContext,
): Part | undefined {
  if (config === undefined) return undefined;
  if (config === true) return standard;
  const expression = compileExpression(config.words[0], context);
  if (expression === undefined) return undefined;
  const value = castExpression(expression, "str", config.words[0], context);
  return value === undefined ? undefined : (stream) => value(stream) as string | undefined;
}

/** A node of RFC 7239 section 6: IPv6 in brackets, and quoted whenever it is no token. */
export function node(name: string | undefined, port: string | undefined): string | undefined {
  if (name === undefined) return port === undefined ? undefined : `"unknown:${port}"`;
  const host = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  return quoteIfNeeded(port === undefined ? host : `${host}:${port}`);
}

function quoteIfNeeded(text: string): string {
  if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text)) return text;
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
