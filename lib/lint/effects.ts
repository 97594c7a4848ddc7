/** What actions change and what criteria look at: a condition that is asked twice may have changed in between. */
import type { CriterionInfo } from "../expr/observer.ts";

/** Parts of a stream that rules can change. */
export type Part = "header" | "target" | "method" | "variable" | "address";

const NOTHING: readonly Part[] = [];

/** Actions of which it is known what they change of what conditions see. */
const CHANGES: Readonly<Record<string, readonly Part[]>> = {
  "add-header": ["header"],
  "set-header": ["header"],
  "del-header": ["header"],
  "replace-header": ["header"],
  "replace-value": ["header"],
  "set-path": ["target"],
  "set-pathq": ["target"],
  "set-query": ["target"],
  "set-uri": ["target"],
  "replace-path": ["target"],
  "replace-pathq": ["target"],
  "replace-uri": ["target"],
  "set-method": ["method"],
  "set-var": ["variable"],
  "set-var-fmt": ["variable"],
  "unset-var": ["variable"],
  "set-src": ["address"],
  "set-src-port": ["address"],
  "set-dst": ["address"],
  "set-dst-port": ["address"],
  "mirror-to": NOTHING,
  "set-log-level": NOTHING,
  "set-nice": NOTHING,
  "strict-mode": NOTHING,
  "set-fc-mark": NOTHING,
  "set-fc-tos": NOTHING,
  "set-bc-mark": NOTHING,
  "set-bc-tos": NOTHING,
  "set-mark": NOTHING,
  "set-tos": NOTHING,
  "capture": NOTHING,
  "do-log": NOTHING,
  "limit-body": NOTHING,
};

/** What an action changes; undefined: nobody knows. */
export function changesOf(action: string): readonly Part[] | undefined {
  return CHANGES[action];
}

/** Fetches that give the same as long as these parts are not changed. */
const LOOKS: readonly (readonly [names: RegExp, parts: readonly Part[]])[] = [
  [/^(req\.)?f?hdr(_|$)|^(req\.)?cook(_|$)/, ["header"]],
  [/^(path|pathq|url|query|url_param|urlp)(_|$)/, ["target"]],
  [/^base(_|$)/, ["target", "header"]],
  [/^method$/, ["method"]],
  [/^var$/, ["variable"]],
  [/^(src|src_port|dst|dst_port)$/, ["address"]],
  [/^(ssl_fc|ssl_fc_sni|req\.ver|always_true|always_false|req\.proto_http)$/, NOTHING],
];

/** Converters that give other answers at other times, or change something themselves. */
const UNSTEADY = /(table|set-var|unset-var|capture-|rand|srv_|nbsrv|add_item|when|debug)/;

/** What a criterion depends on; undefined: on more than is known here. */
export function looksAt({ row, words, hasConverters }: CriterionInfo): readonly Part[] | undefined {
  const parts = LOOKS.find(([names]) => names.test(row.name))?.[1];
  if (parts === undefined) return undefined;
  if (!hasConverters) return parts;
  const { text } = words[0];
  if (UNSTEADY.test(text)) return undefined;
  // An argument of a converter may be a variable.
  return /(proc|sess|txn|req|res)\./.test(text) ? [...parts, "variable"] : parts;
}
