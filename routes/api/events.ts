/** Events as they happen (WHATWG HTML section 9.2, server-sent events). */
import type { ProcessEvent } from "../../lib/runtime/event_log.ts";
import type { RuntimeHost } from "../../lib/runtime/socket/command.ts";

/** Events that may wait for a slow reader; then it is let go. */
const WAITING = 1000;
/** ms after which a comment shows that the stream lives */
const ALIVE_MS = 15_000;

/** An answer that ends when its reader does. */
export function eventStream(host: RuntimeHost): Response {
  let stop = () => {};
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (event: ProcessEvent) => {
        if ((controller.desiredSize ?? 0) < -WAITING) {
          stop();
          controller.close();
          return;
        }
        const text = `id: ${event.id}\nevent: server\ndata: ${JSON.stringify(event)}\n\n`;
        controller.enqueue(encoder.encode(text));
      };
      const cancel = host.state.events.listen(send);
      const timer = setInterval(() => controller.enqueue(encoder.encode(":\n\n")), ALIVE_MS);
      stop = () => {
        cancel();
        clearInterval(timer);
      };
      controller.enqueue(encoder.encode(":\n\n"));
    },
    cancel: () => stop(),
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
  });
}
