/** `http-request jwt-auth`: who has no valid token is asked for one (RFC 6750, RFC 7519). */
import type { JWTPayload } from "jose";
import { latin1OfText } from "../../http1/bytes.ts";
import type { StreamView } from "../../expr/context.ts";
import { Typed } from "../../expr/sample.ts";
import { type Variable, variableNamed } from "../../expr/variables.ts";
import { nearest } from "../../config/suggest.ts";
import {
  bearerToken,
  type JwtSettings,
  JwtVerifier,
  keysAt,
  keysOfText,
  PUBLIC_ALGORITHMS,
  type Refused,
  SECRET_ALGORITHMS,
  type Verified,
} from "../jwt_auth.ts";
import type { ActionRow, RuleContext, Verdict } from "../types.ts";
import type { WordReader } from "../word_reader.ts";

const SETTINGS = ["iss", "aud", "alg", "scope", "realm", "leeway"] as const;
const ALGORITHMS: readonly string[] = [...PUBLIC_ALGORITHMS, ...SECRET_ALGORITHMS];

/** Claims of a token that become variables. */
const MOST_CLAIMS = 64;

interface Parsed {
  readonly settings: JwtSettings;
  readonly realm: string;
}

function readSettings(reader: WordReader, ctx: RuleContext): Parsed | undefined {
  const { diagnostics } = ctx;
  const keys = readKeys(reader, ctx);
  const values: Record<string, string[]> = {};
  while (!reader.atCondition) {
    const word = reader.take()!;
    if (!(SETTINGS as readonly string[]).includes(word.text)) {
      diagnostics.alert(word.span, `'jwt-auth': unknown setting '${word.text}'`, {
        allowed: SETTINGS.join(", "),
        nearest: nearest(word.text, SETTINGS),
      });
      return undefined;
    }
    const value = reader.need("a value");
    if (value === undefined) return undefined;
    if (word.text === "alg") {
      for (const name of value.text.split(",")) {
        if (ALGORITHMS.includes(name)) continue;
        diagnostics.alert(value.span, `'jwt-auth': '${name}' is no algorithm`, {
          allowed: ALGORITHMS.join(", "),
          nearest: nearest(name, ALGORITHMS),
        });
        return undefined;
      }
    }
    if (word.text === "leeway" && !/^[0-9]{1,4}$/.test(value.text)) {
      diagnostics.alert(value.span, `'jwt-auth': '${value.text}' is no number of seconds`);
      return undefined;
    }
    (values[word.text] ??= []).push(value.text);
  }
  if (keys === undefined) return undefined;
  return {
    realm: latin1OfText(values.realm?.at(-1) ?? "api").replace(/["\\\r\n]/g, ""),
    settings: {
      keys,
      issuers: values.iss ?? [],
      audiences: values.aud ?? [],
      algorithms: values.alg?.flatMap((text) => text.split(",")) ?? PUBLIC_ALGORITHMS,
      scopes: values.scope ?? [],
      leeway: Number(values.leeway?.at(-1) ?? 0),
    },
  };
}

function readKeys(reader: WordReader, ctx: RuleContext): JwtSettings["keys"] | undefined {
  const word = reader.need("a JWKS: a file or an https address");
  if (word === undefined) return undefined;
  if (/^https?:/i.test(word.text)) {
    let url: URL | undefined;
    try {
      url = new URL(word.text);
    } catch {
      // told below
    }
    const local = url !== undefined && /^(localhost|127\.[0-9.]+|\[::1\])$/.test(url.hostname);
    if (url !== undefined && (url.protocol === "https:" || local)) return keysAt(url);
    ctx.diagnostics.alert(word.span, "'jwt-auth': keys must come over https", {
      allowed: "an https address, http on this machine, or a file",
    });
    return undefined;
  }
  const text = ctx.readFile?.(word.text);
  if (text === undefined) {
    ctx.diagnostics.alert(word.span, `'jwt-auth': '${word.text}' cannot be read`);
    return undefined;
  }
  try {
    return keysOfText(text);
  } catch (error) {
    ctx.diagnostics.alert(
      word.span,
      `'jwt-auth': '${word.text}' is no JWKS: ${(error as Error).message}`,
    );
    return undefined;
  }
}

/** RFC 6750 section 3: what the client is told. */
function refusal({ status, error, description }: Refused, realm: string, scopes: string): Verdict {
  if (status === 503) return { type: "page", status: 503 };
  let challenge = `Bearer realm="${realm}"`;
  if (error !== undefined) challenge += `, error="${error}"`;
  if (description !== undefined) challenge += `, error_description="${description}"`;
  if (error === "insufficient_scope") challenge += `, scope="${scopes}"`;
  return {
    type: "deny",
    status,
    reply: {
      status,
      headers: [
        ["content-length", "0"],
        ["cache-control", "no-store"],
        ["WWW-Authenticate", challenge],
      ],
      body: new Uint8Array(0),
    },
  };
}

/** `txn.jwt.sub` … of the claims that are texts, numbers or booleans; of lists their members, with commas. */
function setClaims(stream: StreamView, claims: JWTPayload, known: Map<string, Variable>): void {
  for (const [name, value] of Object.entries(claims)) {
    let variable = known.get(name);
    if (variable === undefined) {
      if (known.size >= MOST_CLAIMS || !/^[A-Za-z0-9_.]{1,64}$/.test(name)) continue;
      const found = variableNamed(`txn.jwt.${name}`);
      if (typeof found === "string") continue;
      known.set(name, variable = found);
    }
    const typed = typedOf(value);
    if (typed !== undefined) variable.set(stream, typed);
  }
}

function typedOf(value: unknown): Typed | undefined {
  if (typeof value === "string") return new Typed("str", latin1OfText(value));
  if (typeof value === "boolean") return new Typed("bool", value);
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? new Typed("sint", value) : new Typed("str", String(value));
  }
  if (!Array.isArray(value)) return undefined;
  const texts = value.filter((each) => typeof each === "string" || typeof each === "number");
  return new Typed("str", latin1OfText(texts.join(",")));
}

export const JWT_AUTH_ACTIONS: readonly ActionRow[] = [
  {
    name: "jwt-auth",
    args:
      "<jwks> [iss <text>]* [aud <text>]* [alg <names>] [scope <text>]* [realm <text>] [leeway <s>]",
    rules: ["http-request"],
    doc: "lets in who has a valid bearer token, signed by a key of the JWKS (a file or an address)",
    section: "none: sluice's own",
    compile: (reader, ctx) => {
      const parsed = readSettings(reader, ctx);
      if (parsed === undefined) return undefined;
      const verifier = new JwtVerifier(parsed.settings);
      const scopes = parsed.settings.scopes.join(" ");
      const known = new Map<string, Variable>();
      const judge = (stream: StreamView, verified: Verified): Verdict | undefined => {
        if (!("claims" in verified)) return refusal(verified, parsed.realm, scopes);
        setClaims(stream, verified.claims, known);
        return undefined;
      };
      return (stream) => {
        const { request } = stream;
        if (request === undefined) return undefined;
        const at = request.find("authorization");
        // Two of them may mean something else to the server than to us.
        if (at >= 0 && request.find("authorization", at + 1) >= 0) {
          return refusal({ status: 401, error: "invalid_request" }, parsed.realm, scopes);
        }
        const token = at < 0 ? undefined : bearerToken(request.value(at));
        const verified = verifier.verify(token, stream.process.wall());
        return verified instanceof Promise
          ? verified.then((found) => judge(stream, found))
          : judge(stream, verified);
      };
    },
  },
];
