/** `errorfile`, `errorloc …`, `errorfiles`, `http-error` (manual 4.2): answers in place of sluice's own. */
import type { Word } from "../document.ts";
import type { ErrorFileConfig } from "../model_errors.ts";
import { type ArgType, oneOf, path, Refusal, text, word } from "./args.ts";
import { checkAnswer } from "./error_file.ts";
import {
  type ApplyContext,
  type KeywordRow,
  one,
  proxyKeyword,
  rest,
  sectionKeyword,
  type SectionKind,
  words,
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

/** A status with its place. */
const statusWord: ArgType<Word> = {
  ...status,
  parse(word) {
    const value = status.parse(word);
    return value instanceof Refusal ? value : word;
  },
};

/** Reads an error file; undefined after saying what is wrong with it. */
function readErrorFile(
  keyword: string,
  status: number,
  at: Word,
  { diagnostics, readFile }: ApplyContext,
): ErrorFileConfig | undefined {
  const path = at.text;
  let bytes: Uint8Array;
  try {
    bytes = readFile(path);
  } catch (error) {
    const reason = (error as Error).message;
    diagnostics.alert(at.span, `'${keyword}': '${path}' cannot be read: ${reason}`);
    return undefined;
  }
  const mistake = checkAnswer(bytes);
  if (mistake === undefined) return { status, path, bytes, span: at.span };
  diagnostics.alert(at.span, `'${keyword}': '${path}' ${mistake}`, {
    allowed: "a file with a status line, headers, an empty line and then the body",
  });
  return undefined;
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
      const file: ErrorFileConfig = {
        status: Number(status),
        path: url,
        bytes: new TextEncoder().encode(head),
        span: words[1].span,
      };
      proxy.errors.push({ kind: "file", file });
    },
  });
}

/** How many words follow the parts of an `http-error` line. */
const PARTS: Readonly<Record<string, number>> = {
  status: 1,
  "content-type": 1,
  "default-errorfiles": 0,
  errorfile: 1,
  errorfiles: 1,
  file: 1,
  "lf-file": 1,
  string: 1,
  "lf-string": 1,
  hdr: 2,
};

/** The words behind each part's name; what is no part is left to whoever compiles the answer. */
function partsOf(line: readonly Word[]): Map<string, readonly Word[]> {
  const parts = new Map<string, readonly Word[]>();
  for (let i = 0; i < line.length;) {
    const count = PARTS[line[i].text] ?? 0;
    parts.set(line[i].text, line.slice(i + 1, i + 1 + count));
    i += 1 + count;
  }
  return parts;
}

const httpError = proxyKeyword({
  name: "http-error",
  sections: ALL,
  args: {
    answer: words(
      "status <code> [content-type <type>] [ { default-errorfiles | errorfile <file> | " +
        "errorfiles <name> | file <file> | lf-file <file> | string <str> | lf-string <fmt> } ] " +
        "[ hdr <name> <fmt> ]*",
    ),
  },
  repeatable: true,
  summary: "An answer of its own in place of sluice's for this status",
  manual: "4.2",
  apply(proxy, { answer }, context) {
    const { diagnostics, keyword, statement } = context;
    const parts = partsOf(answer);
    const code = parts.get("status")?.[0];
    if (code === undefined) {
      diagnostics.alert(keyword.span, "'http-error' needs 'status' and a code");
      return;
    }
    const known = status.parse(code);
    if (known instanceof Refusal) {
      diagnostics.alert(code.span, `'http-error': ${known.message}`, { allowed: known.allowed });
      return;
    }
    const number = Number(known);
    const file = parts.get("errorfile")?.[0];
    const section = parts.get("errorfiles")?.[0];
    if (parts.has("default-errorfiles")) {
      proxy.errors.push({ kind: "reset", status: number });
    } else if (file !== undefined) {
      const read = readErrorFile("http-error", number, file, context);
      if (read !== undefined) proxy.errors.push({ kind: "file", file: read });
    } else if (section !== undefined) {
      proxy.errors.push({ kind: "import", section, statuses: [code] });
    } else {
      const whole = { status: number, words: answer, span: statement.span };
      proxy.errors.push({ kind: "answer", answer: whole });
    }
  },
});

export const errorRows: readonly KeywordRow[] = [
  proxyKeyword({
    name: "errorfile",
    sections: ALL,
    args: { status: one(status), file: one(path("<file>")) },
    repeatable: true,
    summary: "The file's bytes are the answer in place of sluice's own for this status",
    manual: "4.2",
    apply(proxy, { status }, context) {
      const file = readErrorFile("errorfile", Number(status), context.words[1], context);
      if (file !== undefined) proxy.errors.push({ kind: "file", file });
    },
  }),
  sectionKeyword("http-errors", {
    name: "errorfile",
    args: { status: one(status), file: one(path("<file>")) },
    repeatable: true,
    summary: "The file's bytes are the answer for this status in proxies that import the section",
    manual: "3.8",
    apply(section, { status }, context) {
      const file = readErrorFile("errorfile", Number(status), context.words[1], context);
      if (file !== undefined) section.files.set(file.status, file);
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
  proxyKeyword({
    name: "errorfiles",
    sections: ALL,
    args: {
      section: one(word("<name>", "the name of an 'http-errors' section")),
      statuses: rest(statusWord),
    },
    repeatable: true,
    summary: "Takes the answers of an 'http-errors' section, all or those for these statuses",
    manual: "4.2",
    apply(proxy, { section, statuses }) {
      proxy.errors.push({ kind: "import", section, statuses });
    },
  }),
  httpError,
];
