/** Mistakes that a peer can make, as errors that are made once. */
import { ErrorCode } from "./codes.ts";
import { connectionError, type H2Error, streamError } from "./error.ts";

/** A mistake that ends one stream: PROTOCOL_ERROR. */
export function protocol(message: string): H2Error {
  return streamError(ErrorCode.ProtocolError, message);
}

/** A mistake that ends the connection: PROTOCOL_ERROR. */
export function protocolEnd(message: string): H2Error {
  return connectionError(ErrorCode.ProtocolError, message);
}

/** A peer that asks for too much: ENHANCE_YOUR_CALM. */
export function calm(what: string): H2Error {
  return connectionError(ErrorCode.EnhanceYourCalm, `too many ${what}`);
}

export const STREAM_CLOSED = streamError(ErrorCode.StreamClosed, "a frame behind a stream's end");
export const WINDOW_EXCEEDED = streamError(
  ErrorCode.FlowControlError,
  "more than the stream's window",
);
export const LENGTH_DIFFERS = streamError(
  ErrorCode.ProtocolError,
  "a body unlike its content-length",
);
export const REFUSED = streamError(ErrorCode.RefusedStream, "more streams than were allowed");
export const BAD_SIZE = streamError(ErrorCode.FrameSizeError, "a size that this frame cannot have");
export const BAD_SIZE_END = connectionError(
  ErrorCode.FrameSizeError,
  "a size that this frame cannot have",
);
