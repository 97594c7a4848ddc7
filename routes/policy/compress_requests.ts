/** Compression of requests (HAProxy 2.8's manual 4.2 `compression direction`, `algo-req`). */
import { isRequestEligible } from "../../lib/compression/eligible.ts";
import { newEncoder } from "../../lib/compression/encoders.ts";
import { CODINGS } from "../../lib/compression/negotiate.ts";
import type { CompressionConfig } from "../../lib/config/model_compression.ts";
import type { Stream } from "../../lib/proxy/stream.ts";
import { type CompressionParts, mergeCompression, partOfEncoder } from "./compression.ts";

/** Says in the head that the body is compressed, and has it done; nothing without `direction` and `algo-req`. */
export function compressRequests(
  front: CompressionConfig | undefined,
  back: CompressionConfig | undefined,
  { guard, level }: CompressionParts,
): ((stream: Stream) => void) | undefined {
  const { requests } = mergeCompression(front, back);
  const { algorithm } = requests;
  if (algorithm === undefined || algorithm === "identity") return undefined;
  return (stream) => {
    const head = stream.request;
    if (head === undefined || !isRequestEligible(head, requests) || !guard.mayBegin()) return;
    head.append("Content-Encoding", CODINGS[algorithm]);
    head.removeAll("content-length");
    if (head.framing !== "chunked") head.append("Transfer-Encoding", "chunked");
    const [contentPacers, pacers] = partOfEncoder(stream, stream.requestPacers ?? []);
    if (contentPacers.length > 0) stream.requestPacers = pacers;
    stream.requestCoding = {
      start: () => newEncoder(algorithm, level)!,
      onEncoded: (bytesIn, bytesOut) => guard.count(bytesIn, bytesOut),
      contentPacers,
    };
  };
}
