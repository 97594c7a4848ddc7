import assert from "node:assert/strict";
import { delay } from "../support/poll.ts";

/**
 * A port that does not answer: a listener that accepts nothing and whose backlog is full, so that the
 * kernel drops every further SYN.
 */
export async function silentPort(): Promise<{ port: number; done: () => Promise<void> }> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { port } = listener.addr;
  const controller = new AbortController();
  const made: Deno.Conn[] = [];
  const fillers: Promise<void>[] = [];
  let pending = 0;
  // Three attempts that hang: the backlog is surely full.
  for (let attempt = 0; attempt < 20 && pending < 3; attempt++) {
    let answered = false;
    pending++;
    fillers.push(
      Deno.connect({ hostname: "127.0.0.1", port, signal: controller.signal }).then((conn) => {
        made.push(conn);
      }, () => {}).finally(() => {
        answered = true;
        pending--;
      }),
    );
    for (let wait = 0; wait < 20 && !answered; wait++) await delay(2);
  }
  assert.equal(pending, 3, "the backlog never filled");
  const done = async () => {
    controller.abort();
    listener.close();
    await Promise.all(fillers);
    for (const conn of made) conn.close();
  };
  return { port, done };
}
