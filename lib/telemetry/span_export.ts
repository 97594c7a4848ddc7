/**
 * Sends finished spans as OTLP over HTTP (JSON), by OpenTelemetry's own exporter, which is loaded when a configuration
 * first asks for it.
 *
 * Laws:
 * - Nothing waits for it: spans beyond what the queue holds, or that cannot be sent, are lost and counted.
 * - What goes wrong is told at most once in TELL_MS.
 */
import type { BatchSpanProcessor, ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { OpenTelemetryConfig } from "../config/model_opentelemetry.ts";
import type { Stream } from "../proxy/stream.ts";
import { spansOf, type StreamTraceIds } from "./stream_trace.ts";

/** ms between two sentences about lost spans */
const TELL_MS = 10_000;
/** spans that wait, and that are sent at once */
const QUEUE = 4096;
const BATCH = 512;
/** ms after which what waits is sent, and that sending may take */
const DELAY_MS = 2000;
const SEND_MS = 5000;
/** ms that the last spans get at the end */
const LAST_MS = 500;

export interface SpanExportOptions {
  readonly version: string;
  readonly hostname: string;
  /** wall and monotonic ms */
  readonly wall: () => number;
  readonly now: () => number;
  readonly report: (message: string) => void;
  readonly readFile: (path: string) => Uint8Array;
}

/** What a configuration asked for; `processor` comes with the library, `early` waits for it. */
interface Running {
  readonly key: string;
  readonly resource: ReadableSpan["resource"];
  readonly early: ReadableSpan[];
  processor: BatchSpanProcessor | undefined;
}

/** What a process needs of it. */
export type Spans = Pick<SpanExport, "adopt" | "take" | "stop">;

export class SpanExport {
  readonly #o: SpanExportOptions;
  #running: Running | undefined;
  #lost = 0;
  #toldAt = -Infinity;
  /** spans that could not be sent since the start */
  dropped = 0;

  constructor(options: SpanExportOptions) {
    this.#o = options;
  }

  /** From now on spans are sent as `config` says; undefined: they are not. */
  async adopt(config: OpenTelemetryConfig | undefined): Promise<void> {
    if (config?.endpoint === undefined) return await this.#exchange(undefined);
    try {
      const fields = this.#fields(config);
      const key = JSON.stringify([config.endpoint, config.serviceName, fields]);
      if (key === this.#running?.key) return;
      const running: Running = {
        key,
        resource: this.#resource(config),
        early: [],
        processor: undefined,
      };
      const exchanged = this.#exchange(running);
      const processor = await this.#open(config.endpoint, fields);
      running.processor = processor;
      for (const span of running.early.splice(0)) processor.onEnd(span);
      // Another configuration may have come meanwhile.
      if (this.#running !== running) await processor.shutdown();
      await exchanged;
    } catch (error) {
      this.#o.report(`traces cannot be sent: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** The spans of a stream that has ended. */
  readonly take = (stream: Stream, trace: StreamTraceIds): void => {
    const running = this.#running;
    // A request that began before a reload took the endpoint away.
    if (running === undefined) return;
    const { now, wall, version } = this.#o;
    for (const span of spansOf(stream, trace, wall() - now(), running.resource, version)) {
      if (running.processor !== undefined) running.processor.onEnd(span);
      else if (running.early.length < QUEUE) running.early.push(span);
      else this.#lose(1, "too many wait for the exporter");
    }
  };

  /** The process ends: what waits is sent, for a moment. */
  async stop(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, LAST_MS));
    await Promise.race([this.#exchange(undefined), late]);
    clearTimeout(timer);
  }

  async #exchange(running: Running | undefined): Promise<void> {
    const before = this.#running;
    this.#running = running;
    await before?.processor?.shutdown().catch(() => {});
  }

  #resource({ serviceName = "sluice" }: OpenTelemetryConfig): Running["resource"] {
    const { version, hostname } = this.#o;
    const attributes = {
      "service.name": serviceName,
      "service.version": version,
      "host.name": hostname,
      "process.pid": Deno.pid,
    };
    return { attributes } as unknown as Running["resource"];
  }

  #fields({ headersFile }: OpenTelemetryConfig): Record<string, string> {
    if (headersFile === undefined) return {};
    const text = new TextDecoder().decode(this.#o.readFile(headersFile));
    const fields: Record<string, string> = {};
    for (const line of text.split("\n")) {
      const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*?)\s*$/.exec(line);
      if (match !== null) fields[match[1].toLowerCase()] = match[2];
      else if (line.trim() !== "") throw new Error(`a line in ${headersFile} is not 'Name: value'`);
    }
    return fields;
  }

  async #open(endpoint: string, headers: Record<string, string>): Promise<BatchSpanProcessor> {
    const [{ OTLPTraceExporter }, { BatchSpanProcessor }] = await Promise.all([
      import("@opentelemetry/exporter-trace-otlp-http"),
      import("@opentelemetry/sdk-trace"),
    ]);
    const sender = new OTLPTraceExporter({ url: endpoint, headers, timeoutMillis: SEND_MS });
    const exporter: SpanExporter = {
      export: (spans, done) =>
        sender.export(spans, (result: Parameters<typeof done>[0]) => {
          if (result.code !== 0) this.#lose(spans.length, result.error?.message ?? "refused");
          done(result);
        }),
      shutdown: () => sender.shutdown(),
      forceFlush: () => sender.forceFlush(),
    };
    return new BatchSpanProcessor({
      exporter,
      maxQueueSize: QUEUE,
      maxExportBatchSize: BATCH,
      scheduledDelayMillis: DELAY_MS,
      exportTimeoutMillis: SEND_MS,
    });
  }

  #lose(count: number, why: string): void {
    this.#lost += count;
    this.dropped += count;
    const now = this.#o.now();
    if (now - this.#toldAt < TELL_MS) return;
    this.#toldAt = now;
    const spans = this.#lost === 1 ? "span was" : "spans were";
    this.#o.report(`${this.#lost} ${spans} lost: ${why.slice(0, 200)}`);
    this.#lost = 0;
  }
}
