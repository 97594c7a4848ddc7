/** SETTINGS: what each side tells the other (RFC 9113 section 6.5). */
import {
  DEFAULT_FRAME_SIZE,
  DEFAULT_TABLE_SIZE,
  DEFAULT_WINDOW,
  ErrorCode,
  LARGEST_FRAME_SIZE,
  LARGEST_WINDOW,
  SettingId,
} from "./codes.ts";
import { connectionError, type H2Error } from "./error.ts";

/** What we tell the peer, and what bounds it. */
export interface LocalSettings {
  /** bytes of HPACK's table that the peer may use */
  readonly headerTableSize: number;
  /** streams that the peer may have open; a client takes no pushes, so only a server's counts */
  readonly maxConcurrentStreams: number;
  /** bytes that a stream may send before it is told to go on */
  readonly initialWindowSize: number;
  /** bytes that all streams together may send, at least 65535 */
  readonly connectionWindow: number;
  readonly maxFrameSize: number;
  /** bytes of a header list, counted as section 6.5.2 counts */
  readonly maxHeaderListSize: number;
  /** RFC 8441, a server's: WebSocket over HTTP/2 is possible */
  readonly enableConnectProtocol: boolean;
}

export const DEFAULT_LOCAL_SETTINGS: LocalSettings = {
  headerTableSize: DEFAULT_TABLE_SIZE,
  maxConcurrentStreams: 100,
  initialWindowSize: DEFAULT_WINDOW,
  connectionWindow: 1 << 20,
  maxFrameSize: DEFAULT_FRAME_SIZE,
  maxHeaderListSize: 15360,
  enableConnectProtocol: true,
};

/** The pairs that a side sends at the beginning: only what differs from the RFC's defaults. */
export function settingPairs(
  s: LocalSettings,
  role: "client" | "server",
): (readonly [number, number])[] {
  const pairs: [number, number][] = [];
  if (s.headerTableSize !== DEFAULT_TABLE_SIZE) {
    pairs.push([SettingId.HeaderTableSize, s.headerTableSize]);
  }
  if (role === "client") pairs.push([SettingId.EnablePush, 0]);
  else pairs.push([SettingId.MaxConcurrentStreams, s.maxConcurrentStreams]);
  if (s.initialWindowSize !== DEFAULT_WINDOW) {
    pairs.push([SettingId.InitialWindowSize, s.initialWindowSize]);
  }
  if (s.maxFrameSize !== DEFAULT_FRAME_SIZE) pairs.push([SettingId.MaxFrameSize, s.maxFrameSize]);
  pairs.push([SettingId.MaxHeaderListSize, s.maxHeaderListSize]);
  if (role === "server" && s.enableConnectProtocol) {
    pairs.push([SettingId.EnableConnectProtocol, 1]);
  }
  return pairs;
}

/** What the peer has told us, the RFC's defaults until then. */
export class PeerSettings {
  headerTableSize: number = DEFAULT_TABLE_SIZE;
  maxConcurrentStreams = Infinity;
  initialWindowSize: number = DEFAULT_WINDOW;
  maxFrameSize: number = DEFAULT_FRAME_SIZE;
  maxHeaderListSize = Infinity;
  enableConnectProtocol = false;
  /** the first SETTINGS have come */
  received = false;

  /** Takes the pairs of a SETTINGS frame in, in their order. Unknown ones are ignored (section 6.5.2). */
  apply(
    bytes: Uint8Array,
    from: number,
    to: number,
    peer: "client" | "server",
  ): 0 | H2Error {
    this.received = true;
    for (let at = from; at < to; at += 6) {
      const id = (bytes[at] << 8) | bytes[at + 1];
      const value = bytes[at + 2] * 0x1000000 + (bytes[at + 3] << 16) + (bytes[at + 4] << 8) +
        bytes[at + 5];
      switch (id) {
        case SettingId.HeaderTableSize:
          this.headerTableSize = value;
          break;
        case SettingId.EnablePush:
          if (value > 1 || (value === 1 && peer === "server")) return badValue("ENABLE_PUSH");
          break;
        case SettingId.MaxConcurrentStreams:
          this.maxConcurrentStreams = value;
          break;
        case SettingId.InitialWindowSize:
          if (value > LARGEST_WINDOW) {
            return connectionError(ErrorCode.FlowControlError, "an initial window beyond 2^31-1");
          }
          this.initialWindowSize = value;
          break;
        case SettingId.MaxFrameSize:
          if (value < DEFAULT_FRAME_SIZE || value > LARGEST_FRAME_SIZE) {
            return badValue("MAX_FRAME_SIZE");
          }
          this.maxFrameSize = value;
          break;
        case SettingId.MaxHeaderListSize:
          this.maxHeaderListSize = value;
          break;
        case SettingId.EnableConnectProtocol:
          // RFC 8441 section 3: it is not taken back.
          if (value > 1 || (value === 0 && this.enableConnectProtocol)) {
            return badValue("ENABLE_CONNECT_PROTOCOL");
          }
          this.enableConnectProtocol = value === 1;
          break;
      }
    }
    return 0;
  }
}

function badValue(name: string): H2Error {
  return connectionError(ErrorCode.ProtocolError, `a value that SETTINGS_${name} cannot have`);
}
