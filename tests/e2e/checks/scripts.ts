/** What the servers of the cases do with a connection. */
import { delay } from "../../support/poll.ts";
import type { Script } from "./rig.ts";

/** Reads a request, with the body that its head announces, then sends `text` and FIN. */
export const http = (text: string): Script => async (peer) => {
  const head = await peer.head();
  const length = Number(head.get("content-length") ?? 0);
  const body = length > 0 ? await peer.exactly(length) : "";
  await peer.tryWrite(text);
  peer.closeWrite();
  return head.raw + body;
};

/** The same, and the connection stays open. */
export const httpOpen = (...pieces: readonly string[]): Script => async (peer) => {
  const head = await peer.head();
  for (const [n, piece] of pieces.entries()) {
    if (n > 0) await delay(60);
    await peer.tryWrite(piece);
  }
  return head.raw;
};

/** The same, and the connection is reset. */
export const httpReset = (text: string): Script => async (peer) => {
  await peer.head();
  if (text !== "") await peer.tryWrite(text);
  peer.reset();
};

/** Sends `text` at once and stays, silent. */
export const banner = (text: string): Script => async (peer) => {
  if (text !== "") await peer.tryWrite(text);
};

/** Sends `text` at once, then FIN. */
export const lastWords = (text: string): Script => async (peer) => {
  if (text !== "") await peer.tryWrite(text);
  peer.closeWrite();
};

/** Sends `text` at once, then a reset. */
export const abrupt = (text: string): Script => async (peer) => {
  if (text !== "") await peer.tryWrite(text);
  // The other side must have its connection before: else the reset is one of connecting.
  await delay(150);
  peer.reset();
};

/** In turn: reads so many bytes, then says something; `FIN` ends. Answers what it read. */
export const talk =
  (...turns: readonly (readonly [read: number, say: string])[]): Script => async (peer) => {
    let read = "";
    for (const [count, say] of turns) {
      if (count > 0) read += await peer.exactly(count);
      if (say === "FIN") peer.closeWrite();
      else if (say !== "") await peer.tryWrite(say);
    }
    return read;
  };

export const ok = "HTTP/1.0 200 OK\r\n\r\n";

/** A 200 with this body and these header lines. */
export const okWith = (body: string, fields = "") =>
  `HTTP/1.0 200 OK\r\n${fields}content-length: ${body.length}\r\n\r\n${body}`;
