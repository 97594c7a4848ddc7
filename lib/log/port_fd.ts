/** `fd@N`: a descriptor that the process was started with. */
import { Socket } from "node:net";
import type { LinePort } from "./sink.ts";
import { openStdPort, streamPort } from "./port_stream.ts";

/** Opens descriptor `fd` for writing: pipe, terminal, file or stream socket. Throws when it is none of them. */
export function openFdPort(fd: number): LinePort {
  if (fd === 1) return openStdPort("stdout");
  if (fd === 2) return openStdPort("stderr");
  const path = `/proc/self/fd/${fd}`;
  if (Deno.readLinkSync(path).startsWith("socket:")) return socketPort(fd);
  const file = Deno.openSync(path, { append: true });
  return streamPort(file, () => file.close());
}

function socketPort(fd: number): LinePort {
  const socket = new Socket({ fd, readable: false, writable: true });
  let failure: Error | undefined;
  let wake: ((error: Error) => void) | undefined;
  socket.on("error", (error: Error) => {
    failure = error;
    wake?.(error);
  });
  return streamPort({
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        wake = reject;
        // The batch's memory is used again after this write: it is finished only when the callback comes.
        socket.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
      }),
  }, () => {
    // The descriptor belongs to whoever started the process; it stays open for the next port.
  });
}
