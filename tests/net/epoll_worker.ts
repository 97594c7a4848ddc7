/** A thread that listens and accepts by epoll, and then dies without closing anything. */
import { systemClock } from "../../lib/net/clock.ts";
import { poller } from "../../lib/net/epoll/poller.ts";
import { epollTransport } from "../../lib/net/epoll/transport.ts";

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<Int32Array>) => void) | null;
  postMessage(message: unknown): void;
};
scope.onmessage = ({ data }) => {
  poller()!.note(data);
  const transport = epollTransport(systemClock)!;
  const listener = transport.listen({ type: "tcp", host: "127.0.0.1", port: 0 }, {});
  if ("failed" in listener) throw new Error(listener.message);
  listener.start(async (conn) => {
    await conn.read(new Uint8Array(1));
    scope.postMessage("accepted");
    throw new Error("dies");
  });
  scope.postMessage(listener.address.port);
};
