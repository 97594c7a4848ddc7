/** Traces for OpenTelemetry (sluice's own keywords of the `global` section, docs/telemetry.md). */
import type { GlobalDraft } from "../draft.ts";
import type { OpenTelemetryConfig } from "../model_opentelemetry.ts";
import { type ArgType, oneOf, Refusal, text } from "./args.ts";
import { type ApplyContext, globalKeyword, type KeywordRow, one } from "./types.ts";

const OWN = "none, it is sluice's own (docs/telemetry.md)";

const endpoint: ArgType<string> = {
  label: "<url>",
  describe: "an http or https URL such as 'http://127.0.0.1:4318/v1/traces'",
  schema: { type: "string", pattern: "^https?://" },
  parse({ text }) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url !== undefined && /^https?:$/.test(url.protocol)) return text;
    return new Refusal(`'${text}' is no URL for traces`, endpoint.describe);
  },
};

const share: ArgType<number> = {
  label: "<percent>",
  describe: "a share such as '10%', from 0% to 100%",
  schema: { type: "string", pattern: "^[0-9]+(\\.[0-9]+)?%$" },
  parse({ text }) {
    const match = /^([0-9]{1,3}(?:\.[0-9]{1,6})?)%$/.exec(text);
    const percent = match === null ? NaN : Number(match[1]);
    return percent <= 100 ? percent / 100 : new Refusal(`'${text}' is no share`, share.describe);
  },
};

function change(
  global: GlobalDraft,
  part: Partial<OpenTelemetryConfig>,
  { statement }: ApplyContext,
): void {
  global.openTelemetry = { span: statement.span, ...global.openTelemetry, ...part };
}

export const openTelemetryRows: readonly KeywordRow[] = [
  globalKeyword({
    name: "opentelemetry endpoint",
    args: { url: one(endpoint) },
    summary:
      "Where traces of requests are sent (OTLP over HTTP, as JSON); without it there are none",
    manual: OWN,
    apply: (global, { url }, context) => change(global, { endpoint: url }, context),
  }),
  globalKeyword({
    name: "opentelemetry service-name",
    args: { name: one(text("<name>")) },
    summary: "The 'service.name' of traces, 'sluice' when it is not set",
    manual: OWN,
    apply: (global, { name }, context) => change(global, { serviceName: name }, context),
  }),
  globalKeyword({
    name: "opentelemetry sample",
    args: { share: one(share) },
    summary: "Share of the traces begun here that are recorded; others follow who began them",
    manual: OWN,
    apply: (global, { share }, context) => change(global, { sample: share }, context),
  }),
  globalKeyword({
    name: "opentelemetry headers-file",
    args: { path: one(text("<file>")) },
    summary: "File with fields ('Name: value' lines) of each request to the endpoint",
    manual: OWN,
    apply: (global, { path }, context) => change(global, { headersFile: path }, context),
  }),
  globalKeyword({
    name: "opentelemetry traceparent",
    args: { word: one(oneOf("accept", "ignore")) },
    summary: "Whether a client's 'traceparent' is continued (default), or every trace begins here",
    manual: OWN,
    apply: (global, { word }, context) => change(global, { trust: word === "accept" }, context),
  }),
];
