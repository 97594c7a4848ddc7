/** OpenTelemetry traces: what a real server and a collector (OTLP over HTTP, JSON) receive. */
import assert from "node:assert/strict";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { run } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { type Form, forms, startProxy } from "../support/sluice.ts";
import { ok, startHttpOrigin } from "../support/tcp.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

const valueOf = (span: OtlpSpan, key: string) => {
  const value = span.attributes.find((each) => each.key === key)?.value;
  return value && (value.stringValue ?? Number(value.intValue));
};

/** A collector that answers as they do. */
function startCollector(scope: Scope) {
  const spans: OtlpSpan[] = [];
  const resources: unknown[] = [];
  const tokens: (string | null)[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      tokens.push(request.headers.get("authorization"));
      const body = await request.json();
      for (const { resource, scopeSpans } of body.resourceSpans) {
        resources.push(resource);
        for (const each of scopeSpans) spans.push(...each.spans);
      }
      return Response.json({});
    },
  );
  scope.defer("the collector", () => server.shutdown());
  return { endpoint: `http://127.0.0.1:${server.addr.port}/v1/traces`, spans, resources, tokens };
}

function configuration(form: Form, p: {
  web: string;
  endpoint: string;
  origin: string;
  headers: string;
  sample: string;
  more?: string;
}): string {
  return form === "cfg"
    ? `global
    nbthread 2
    opentelemetry endpoint ${p.endpoint}
    opentelemetry service-name edge
    opentelemetry sample ${p.sample}
    opentelemetry headers-file ${p.headers}
    ${p.more ?? ""}
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend web
    bind ${p.web}
    default_backend app
backend app
    server s1 ${p.origin}
`
    : `global:
  nbthread: 2
  opentelemetry:
    endpoint: "${p.endpoint}"
    service-name: edge
    sample: ${p.sample}
    headers-file: ${p.headers}
defaults: { mode: http, timeout: { connect: 1s, client: 5s, server: 5s } }
frontends:
  web: { bind: "${p.web}", default_backend: app }
backends:
  app: { servers: { s1: "${p.origin}" } }
`;
}

async function begin(scope: Scope, form: Form, sample: string, more?: string) {
  const collector = startCollector(scope);
  const heads: string[] = [];
  const origin = await startHttpOrigin(scope, ({ line, raw }) => {
    heads.push(raw);
    return line.includes("/fails") ? ok("no").replace("200 OK", "500 Bad") : ok("hello");
  });
  const web = `127.0.0.1:${freePort()}`;
  const headers = scope.write("headers", "Authorization: Bearer abc\n");
  const text = configuration(form, {
    web,
    endpoint: collector.endpoint,
    origin: origin.address,
    headers,
    sample,
    more,
  });
  const proxy = await startProxy(scope, text, { form, listening: [web] });
  const ask = async (path: string, ...fields: string[]) => {
    await run(["curl", "-s", ...fields.flatMap((each) => ["-H", each]), `http://${web}${path}`]);
    const head = heads.at(-1)!;
    const field = (name: string) => new RegExp(`^${name}: (.*?)\r?$`, "mi").exec(head)?.[1];
    return { parent: field("traceparent"), state: field("tracestate") };
  };
  return { collector, ask, proxy };
}

for (const form of forms) {
  scopedTest(`a trace is continued, its spans reach the collector (${form})`, {
    programs: ["curl"],
  }, async (scope) => {
    const { collector, ask, proxy } = await begin(scope, form, "0%");
    const given = `traceparent: 00-${TRACE}-${SPAN}-01`;
    const first = await ask("/path?token=secret", given, "tracestate: a=b");
    assert.match(first.parent ?? "", new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    assert.equal(first.state, "a=b");
    await ask("/fails", given);
    // Not recorded by whoever began it: it goes on as it came.
    const unsampled = `00-${TRACE}-${SPAN}-00`;
    assert.equal((await ask("/", `traceparent: ${unsampled}`)).parent, unsampled);
    // One that is none is replaced, and what stands beside it means nothing.
    const wrong = await ask("/", `traceparent: 00-${TRACE}-${SPAN}-zz`, "tracestate: a=b");
    assert.match(wrong.parent ?? "", /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    assert.notEqual(wrong.parent?.slice(3, 35), TRACE);
    assert.equal(wrong.state, undefined);
    const spans = await waitFor(
      "four spans",
      () => collector.spans.length >= 4 ? collector.spans : undefined,
      { limit: 20_000 },
    );
    assert.equal(spans.length, 4);
    assert.ok(spans.every(({ traceId }) => traceId === TRACE));
    const child = first.parent!.split("-")[2];
    const client = spans.find(({ spanId }) => spanId === child)!;
    const server = spans.find(({ spanId }) => spanId === client.parentSpanId)!;
    assert.deepEqual([client.kind, server.kind, server.parentSpanId], [3, 2, SPAN]);
    assert.equal(valueOf(server, "url.path"), "/path");
    assert.equal(valueOf(server, "http.response.status_code"), 200);
    assert.equal(valueOf(server, "sluice.backend"), "app");
    assert.equal(valueOf(client, "sluice.server"), "s1");
    assert.ok(BigInt(server.endTimeUnixNano) >= BigInt(server.startTimeUnixNano));
    const age = Date.now() - Number(BigInt(server.startTimeUnixNano) / 1_000_000n);
    assert.ok(age >= 0 && age < 60_000, String(age));
    assert.ok(!JSON.stringify(spans).includes("secret"));
    const failed = spans.filter(({ status }) => status.code === 2);
    assert.equal(failed.length, 2);
    assert.match(JSON.stringify(collector.resources[0]), /"service\.name".*"edge"/);
    assert.equal(collector.tokens[0], "Bearer abc");
    // What waits at the end is sent.
    await ask("/last", given);
    await proxy.process.stop();
    assert.ok(collector.spans.some((span) => valueOf(span, "url.path") === "/last"));
  });
}

scopedTest("traces begin here as often as 'sample' says; 'traceparent ignore' believes no client", {
  programs: ["curl"],
}, async (scope) => {
  const { collector, ask } = await begin(scope, "cfg", "100%", "opentelemetry traceparent ignore");
  const made = await ask("/", `traceparent: 00-${TRACE}-${SPAN}-00`);
  assert.match(made.parent ?? "", /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  assert.notEqual(made.parent?.slice(3, 35), TRACE);
  const spans = await waitFor(
    "two spans",
    () => collector.spans.length >= 2 ? collector.spans : undefined,
    { limit: 20_000 },
  );
  assert.equal(spans.find(({ kind }) => kind === 2)?.parentSpanId, undefined);
});
