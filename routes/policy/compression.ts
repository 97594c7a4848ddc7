/** Compression of answers (manual 4.2 `compression`); of requests: compress_requests.ts. */
import { CODINGS, negotiate } from "../../lib/compression/negotiate.ts";
import { addVary, isEligible, weakenEtag } from "../../lib/compression/eligible.ts";
import { encodeAll, type Encoder, newEncoder } from "../../lib/compression/encoders.ts";
import { CompressionGuard } from "../../lib/compression/guard.ts";
import type { GlobalConfig, ProxyConfig } from "../../lib/config/model.ts";
import type {
  CompressionAlgorithm,
  CompressionChoice,
  CompressionConfig,
} from "../../lib/config/model_compression.ts";
import { pathOf } from "../../lib/proxy/body_path.ts";
import { NO_BODY } from "../../lib/proxy/reply.ts";
import type { ProcessContext } from "../../lib/proxy/process_context.ts";
import type { Pacer } from "../../lib/expr/pacer.ts";
import type { Stream } from "../../lib/proxy/stream.ts";
import { PC } from "../../lib/state/traffic.ts";
import { onAnswer, type PolicyMiddleware } from "./policy.ts";

/** What all compressed answers of a configuration share. */
export interface CompressionParts {
  readonly guard: CompressionGuard;
  /** 1 to 9 */
  readonly level: number;
}

export function compressionParts(global: GlobalConfig, process: ProcessContext): CompressionParts {
  const { wall, threads, shared } = process;
  const cpu = global.maxcompcpuusage ?? 100;
  return {
    guard: new CompressionGuard({ rate: shared.compression, cpu, wall, threads }),
    level: global.tune.compressionLevel,
  };
}

/** What a frontend and a backend say together. */
export interface MergedCompression extends CompressionChoice {
  readonly algorithms: readonly CompressionAlgorithm[];
  readonly offload: boolean;
  readonly requests: CompressionConfig["requests"];
}

/** The backend's algorithms first, its types in place of the frontend's; a direction that neither names has none. */
export function mergeCompression(
  front: CompressionConfig | undefined,
  back?: CompressionConfig,
): MergedCompression {
  const both = [back, front].filter((each) => each !== undefined);
  const answers = both.some(({ direction }) => direction !== "request");
  const requests = both.some(({ direction }) => direction !== "response");
  const firstTypes = (lists: readonly (readonly string[])[]) =>
    lists.find((types) => types.length > 0) ?? [];
  return {
    algorithms: answers ? [...new Set(both.flatMap(({ algorithms }) => algorithms))] : [],
    types: firstTypes(both.map(({ types }) => types)),
    offload: both.some(({ offload }) => offload),
    minSize: Math.max(0, ...both.map(({ minSize }) => minSize)),
    requests: {
      algorithm: requests
        ? both.find((each) => each.requests.algorithm !== undefined)?.requests.algorithm
        : undefined,
      types: firstTypes(both.map(({ requests }) => requests.types)),
      minSize: Math.max(0, ...both.map(({ requests }) => requests.minSize)),
    },
  };
}

/** Compresses what comes back from servers and caches, behind `http-response` rules; nothing without `algo`. */
export function compressAnswers(
  front: ProxyConfig,
  backends: readonly ProxyConfig[],
  parts: CompressionParts,
): PolicyMiddleware | undefined {
  const alone = mergeCompression(front.compression);
  const merged = new Map<string, MergedCompression>();
  for (const { name, compression } of backends) {
    if (compression !== undefined) {
      merged.set(name, mergeCompression(front.compression, compression));
    }
  }
  const some = [alone, ...merged.values()].some(({ algorithms }) => algorithms.length > 0);
  if (!some) return undefined;
  return onAnswer((stream) => {
    const name = stream.backend?.name;
    const config = (name === undefined ? undefined : merged.get(name)) ?? alone;
    const encoder = begin(stream, config, parts);
    if (encoder === undefined) return;
    if (stream.reply!.upstream === undefined) return encodeWhole(stream, encoder, parts);
    onTheWay(stream, encoder, parts);
  });
}

/** `compression offload`: the server is not told that the client takes compressed answers. */
export function offloadStep(
  front: CompressionConfig | undefined,
  back: CompressionConfig | undefined,
): ((stream: Stream) => void) | undefined {
  const { algorithms, offload } = mergeCompression(front, back);
  if (!offload || algorithms.length === 0) return undefined;
  return (stream) => {
    const { request } = stream;
    const accepted = request?.get("accept-encoding");
    if (request === undefined || accepted === undefined) return;
    stream.acceptEncoding = accepted;
    request.removeAll("accept-encoding");
  };
}

/** Decides, and tells it in the head; undefined: the answer stays as it is. */
function begin(
  stream: Stream,
  config: MergedCompression,
  parts: CompressionParts,
): Encoder | undefined {
  const { reply, request } = stream;
  const { algorithms } = config;
  if (algorithms.length === 0 || reply === undefined || request === undefined) return undefined;
  // What sluice says itself is short.
  if (reply.upstream === undefined && stream.cacheHit === undefined) return undefined;
  const { head } = reply;
  if (!isEligible(head, request.method, config)) return;
  const named = algorithms.some((each) => each !== "identity");
  if (named) addVary(head);
  if (request.received.version < 11) return;
  const accepted = stream.acceptEncoding ?? request.get("accept-encoding");
  const algorithm = negotiate(accepted, algorithms);
  if (algorithm === undefined || algorithm === "identity") return;
  const counters = [stream.frontend.counters, stream.backend?.counters];
  if (!parts.guard.mayBegin()) {
    const bytes = Math.max(0, head.contentLength);
    for (const each of counters) each?.add(PC.comp_byp, bytes);
    return;
  }
  const encoder = newEncoder(algorithm, parts.level);
  if (encoder === undefined) return;
  weakenEtag(head);
  head.append("Content-Encoding", CODINGS[algorithm]);
  head.removeAll("content-length");
  // What was said of the bytes is not true any more (RFC 9530 section 2, RFC 3230).
  for (const name of ["content-digest", "digest", "content-md5"]) head.removeAll(name);
  head.removeAll("accept-ranges");
  stream.compressed = algorithm;
  for (const each of counters) each?.add(PC.comp_rsp, 1);
  return encoder;
}

/** A body that comes from a server is encoded piece by piece. */
function onTheWay(stream: Stream, encoder: Encoder, { guard }: CompressionParts): void {
  const { head } = stream.reply!;
  if (head.framing !== "chunked") head.append("Transfer-Encoding", "chunked");
  const path = pathOf(stream);
  path.encoder = encoder;
  [path.contentPacers, path.pacers] = partOfEncoder(stream, path.pacers);
  path.onEncoded = (bytesIn, bytesOut) => {
    guard.count(bytesIn, bytesOut);
    count(stream, bytesIn, bytesOut);
  };
}

/**
 * Which limits of bandwidth count what an encoder is given, and which what it makes (manual 9: filters take their turns
 * in the order of their lines, the frontend's first). An encoder is the frontend's filter where both have one.
 */
export function partOfEncoder(
  { frontend, backend }: Stream,
  pacers: readonly Pacer[],
): [content: Pacer[], encoded: Pacer[]] {
  const encoding = frontend.config.compression === undefined ? backend?.config : frontend.config;
  const isBefore = ({ owner, beforeCompression }: Pacer) =>
    owner === encoding ? beforeCompression : encoding !== frontend.config;
  return [pacers.filter(isBefore), pacers.filter((pacer) => !isBefore(pacer))];
}

/** A body that is here already. */
async function encodeWhole(
  stream: Stream,
  encoder: Encoder,
  { guard }: CompressionParts,
): Promise<void> {
  const { head, body = NO_BODY } = stream.reply!;
  const whole = await encodeAll(encoder, body);
  head.append("Content-Length", String(whole.length));
  guard.count(body.length, whole.length);
  count(stream, body.length, whole.length);
  stream.reply = { ...stream.reply!, body: whole, whole: undefined };
}

function count(stream: Stream, bytesIn: number, bytesOut: number): void {
  for (const each of [stream.frontend.counters, stream.backend?.counters]) {
    each?.add(PC.comp_in, bytesIn);
    each?.add(PC.comp_out, bytesOut);
  }
}
