/** `errorfile`, `errorloc …` (manual 4.2): answers in place of sluice's own. */
import type { ProxyDraft } from "../draft.ts";
import type { ErrorFileConfig } from "../model.ts";
import { type ArgType, oneOf, path, Refusal, text } from "./args.ts";
import {
  type ApplyContext,
  type KeywordRow,
  one,
  proxyKeyword,
  type SectionKind,
} from "./types.ts";

const ALL: readonly SectionKind[] = ["defaults", "frontend", "listen", "backend"];

/** Statuses that sluice answers with itself (manual 4.2 `errorfile`). */
export const ERROR_STATUSES = [
  200,
  400,
  401,
  403,
  404,
  405,
  407,
  408,
  410,
  413,
  425,
  429,
  500,
  501,
  502,
  503,
  504,
] as const;

const status: ArgType<string> = {
  ...oneOf(...ERROR_STATUSES.map(String)),
  label: "<code>",
  schema: { enum: [...ERROR_STATUSES, ...ERROR_STATUSES.map(String)] },
  parse({ text }) {
    if ((ERROR_STATUSES as readonly number[]).includes(Number(text))) return text;
    return new Refusal(
      `sluice gives no answer with the status '${text}' itself`,
      ERROR_STATUSES.join(", "),
    );
  },
};

/** An answer without a status line or without the end of its head is not HTTP. */
function looksLikeAnswer(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return true;
  const start = new TextDecoder("latin1").decode(bytes);
  return /^HTTP\/[0-9]\.[0-9] [0-9]{3}([ \r\n])/.test(start) && /\r?\n\r?\n/.test(start);
}

function setErrorFile(
  proxy: ProxyDraft,
  status: number,
  path: string,
  context: ApplyContext,
): void {
  const at = context.words[1].span;
  let bytes: Uint8Array;
  try {
    bytes = context.readFile(path);
  } catch (error) {
    context.diagnostics.alert(
      at,
      `'errorfile': '${path}' cannot be read: ${(error as Error).message}`,
    );
    return;
  }
  if (!looksLikeAnswer(bytes)) {
    context.diagnostics.alert(at, `'errorfile': '${path}' is not a complete HTTP answer`, {
      allowed: "a file with a status line, headers, an empty line and then the body",
    });
    return;
  }
  const file: ErrorFileConfig = { status, path, bytes, span: at };
  proxy.errorfiles.set(status, file);
}

function errorloc(
  name: string,
  answer: "302 Found" | "303 See Other",
  summary: string,
): KeywordRow {
  return proxyKeyword({
    name,
    sections: ALL,
    args: { status: one(status), url: one(text("<url>")) },
    repeatable: true,
    summary,
    manual: "4.2",
    apply(proxy, { status, url }, { diagnostics, words }) {
      // deno-lint-ignore no-control-regex
      if (/[\x00-\x20\x7f]/.test(url)) {
        diagnostics.alert(
          words[1].span,
          `'${name}': a URL has no spaces and no control characters`,
        );
        return;
      }
      const head = `HTTP/1.1 ${answer}\r\nContent-Length: 0\r\nCache-Control: no-cache\r\n` +
        `Location: ${url}\r\n\r\n`;
      proxy.errorfiles.set(Number(status), {
        status: Number(status),
        path: url,
        bytes: new TextEncoder().encode(head),
        span: words[1].span,
      });
    },
  });
}

export const errorRows: readonly KeywordRow[] = [
  proxyKeyword({
    name: "errorfile",
    sections: ALL,
    args: { status: one(status), file: one(path("<file>")) },
    repeatable: true,
    summary: "The file's bytes are the answer in place of sluice's own for this status",
    manual: "4.2",
    apply(proxy, { status, file }, context) {
      setErrorFile(proxy, Number(status), file, context);
    },
  }),
  errorloc(
    "errorloc",
    "302 Found",
    "Redirects with 302 in place of sluice's own answer for this status",
  ),
  errorloc(
    "errorloc302",
    "302 Found",
    "Redirects with 302 in place of sluice's own answer for this status",
  ),
  errorloc(
    "errorloc303",
    "303 See Other",
    "Redirects with 303 in place of sluice's own answer for this status",
  ),
];
