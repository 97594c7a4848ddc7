/** What the URI of a request for the statistics page asks for (management manual 9.1; HAProxy's words and rules). */

export type StatsForm = "html" | "csv" | "typed" | "json" | "schema" | "live" | "row";

export interface StatsRequest {
  readonly form: StatsForm;
  /** `;up`: no servers that are down */
  readonly onlyUp: boolean;
  /** `;norefresh` */
  readonly noRefresh: boolean;
  /** `;st=DONE`: how the last change ended */
  readonly code: string | undefined;
  /** `scope=…`: what the names of the proxies contain, without regard to case; "" for all */
  readonly scope: string;
  /** `;row=S:app/web1`: everything about one of them */
  readonly row: string | undefined;
}

/** Characters of `scope=` that count. */
const LONGEST_SCOPE = 20;

/**
 * Reads the target of a request; undefined: it is not for the page at `uri`. A target with a scheme and an authority
 * is taken by its path.
 */
export function parseStatsTarget(target: string, uri: string): StatsRequest | undefined {
  const path = uri.startsWith("/") ? pathOf(target) : target;
  if (!path.startsWith(uri)) return undefined;
  const rest = path.slice(uri.length);
  const scope = /scope=([^;& ]*)/.exec(rest)?.[1] ?? "";
  const row = /;row=([^;& ?]*)/.exec(rest)?.[1];
  return {
    form: formOf(rest, row),
    onlyUp: rest.includes(";up"),
    noRefresh: rest.includes(";norefresh"),
    code: /;st=([A-Z]{4})/.exec(rest)?.[1],
    scope: decoded(scope).slice(0, LONGEST_SCOPE),
    row: row === undefined ? undefined : decoded(row),
  };
}

function formOf(rest: string, row: string | undefined): StatsForm {
  if (rest.includes(";json-schema")) return "schema";
  if (rest.includes(";json")) return "json";
  if (rest.includes(";typed")) return "typed";
  if (rest.includes(";csv")) return "csv";
  if (rest.includes(";live")) return "live";
  return row === undefined ? "html" : "row";
}

/** The parts that links and answers keep: `;up;norefresh?scope=web`. */
export function suffixOf(
  { onlyUp, noRefresh, scope }: Pick<StatsRequest, "onlyUp" | "noRefresh" | "scope">,
): string {
  return (onlyUp ? ";up" : "") + (noRefresh ? ";norefresh" : "") +
    (scope === "" ? "" : `?scope=${encodeURIComponent(scope)}`);
}

function pathOf(target: string): string {
  return target.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?]*/, "");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
