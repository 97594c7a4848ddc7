/** Streams that take lines end to end: TCP (RFC 6587 section 3.4.2, framed by line feeds), pipes, terminals, files. */
import type { LogTransport } from "../config/model_log.ts";
import { type LinePort, PortResult } from "./sink.ts";

type TcpTransport = LogTransport & { readonly type: "tcp" };

/** The part of `Deno.Conn`, `Deno.FsFile` and `Deno.stdout` that is used. */
export interface ByteWriter {
  write(bytes: Uint8Array): Promise<number>;
}

/** A port that writes whole batches in order; `close` is called once. */
export function streamPort(writer: ByteWriter, close: () => void): LinePort {
  let open = true;
  return {
    async send(bytes, ends, count) {
      const end = ends[count - 1];
      let written = 0;
      try {
        while (written < end) written += await writer.write(bytes.subarray(written, end));
        return count;
      } catch {
        // What was cut off in the middle is sent again whole on the next connection.
        let whole = 0;
        while (whole < count && ends[whole] <= written) whole++;
        return whole > 0 ? whole : PortResult.FAILED;
      }
    },
    close() {
      if (!open) return;
      open = false;
      close();
    },
  };
}

/** ms to wait for a TCP log server to accept. */
const CONNECT_TIMEOUT = 5_000;

/** Connects to a TCP log server. Rejects when it does not answer. */
export async function openTcpPort(
  { host, port, connectTimeout, sendTimeout, octetCount }: Omit<TcpTransport, "type">,
): Promise<LinePort> {
  const conn = await Deno.connect({
    hostname: host,
    port,
    signal: AbortSignal.timeout(connectTimeout ?? CONNECT_TIMEOUT),
  });
  conn.setNoDelay(true);
  let gone = false;
  watch(conn).then(() => gone = true);
  const close = () => closeQuietly(conn);
  const writer: ByteWriter = {
    write(bytes) {
      // A write to a peer that has finished would succeed once and be lost.
      if (gone) return Promise.reject(new Error("closed"));
      return sendTimeout === undefined ? conn.write(bytes) : within(conn.write(bytes), () => {
        gone = true;
        close();
      }, sendTimeout);
    },
  };
  const stream = streamPort(writer, close);
  return octetCount === true ? countedPort(stream) : stream;
}

/** Calls `giveUp` when `work`, which then rejects, takes longer than `ms`. */
async function within<T>(work: Promise<T>, giveUp: () => void, ms: number): Promise<T> {
  const timer = setTimeout(giveUp, ms);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

/** A port that writes the length before each line in place of the line feed behind it (RFC 6587 section 3.4.1). */
function countedPort(stream: LinePort): LinePort {
  let framed = new Uint8Array(0);
  let ends = new Uint32Array(0);
  return {
    send(bytes, lineEnds, count) {
      const room = lineEnds[count - 1] + count * MOST_DIGITS;
      if (framed.length < room) framed = new Uint8Array(room);
      if (ends.length < count) ends = new Uint32Array(count);
      let at = 0;
      let start = 0;
      for (let i = 0; i < count; i++) {
        const line = bytes.subarray(start, lineEnds[i] - 1);
        at += encoder.encodeInto(`${line.length} `, framed.subarray(at)).written;
        framed.set(line, at);
        ends[i] = at += line.length;
        start = lineEnds[i];
      }
      return stream.send(framed, ends, count);
    },
    close: stream.close,
  };
}

/** of a line's length, and the space behind it */
const MOST_DIGITS = 8;
const encoder = new TextEncoder();

/** Resolves when the peer has closed. A log server says nothing; what it says is thrown away. */
async function watch(conn: Deno.Conn): Promise<void> {
  const ignored = new Uint8Array(512);
  try {
    while (await conn.read(ignored) !== null);
  } catch {
    // Reset: gone as well.
  }
}

function closeQuietly(what: { close(): void }): void {
  try {
    what.close();
  } catch {
    // Closed already.
  }
}

/** Standard output or standard error. */
export function openStdPort(which: "stdout" | "stderr"): LinePort {
  return streamPort(Deno[which], () => {});
}
