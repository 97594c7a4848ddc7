/**
 * The runtime's own cost of an idle connection: a server of a few lines that answers each request with the same
 * bytes, reads into one buffer that all connections share, and keeps nothing else.
 */
const answer = new TextEncoder().encode(
  "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello world\n",
);
const buffer = new Uint8Array(16_384);
const listener = Deno.listen({ hostname: "127.0.0.1", port: Number(Deno.args[0]) });

async function serve(conn: Deno.Conn): Promise<void> {
  try {
    while (await conn.read(buffer) !== null) await conn.write(answer);
  } catch {
    // the client went away
  }
  conn.close();
}

for await (const conn of listener) void serve(conn);
