/** Whether the bytes of an error file are one whole HTTP/1 answer (manual 4.2 `errorfile`). */

/** What is wrong with the file, as the end of a sentence; undefined: it can be sent. */
export function checkAnswer(bytes: Uint8Array): string | undefined {
  // Nothing is sent then, and the connection is closed.
  if (bytes.length === 0) return undefined;
  // One character for each byte.
  const text = new TextDecoder("latin1").decode(bytes);
  const end = /\r?\n\r?\n/.exec(text);
  if (!/^HTTP\/[0-9]\.[0-9] [0-9]{3}([ \r\n])/.test(text) || end === null) {
    return "is not a complete HTTP answer";
  }
  const head = text.slice(0, end.index);
  if (/\ntransfer-encoding[ \t]*:/i.test(head)) return "has a body in chunks, which cannot be sent";
  const length = /\ncontent-length[ \t]*:[ \t]*(\d+)/i.exec(head);
  const body = text.length - end.index - end[0].length;
  return length === null || Number(length[1]) === body
    ? undefined
    : `has a body of ${body} bytes, and says that they are ${length[1]}`;
}
