/** Streams that take lines end to end: TCP (RFC 6587 section 3.4.2, framed by line feeds), pipes, terminals, files. */
import { type LinePort, PortResult } from "./sink.ts";

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
export async function openTcpPort(host: string, port: number): Promise<LinePort> {
  const conn = await Deno.connect({
    hostname: host,
    port,
    signal: AbortSignal.timeout(CONNECT_TIMEOUT),
  });
  conn.setNoDelay(true);
  let gone = false;
  watch(conn).then(() => gone = true);
  return streamPort({
    write(bytes) {
      // A write to a peer that has finished would succeed once and be lost.
      return gone ? Promise.reject(new Error("closed")) : conn.write(bytes);
    },
  }, () => closeQuietly(conn));
}

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
