/** What the servers and the clients of the chaos share. */

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export const text = (value: Uint8Array): string => decoder.decode(value);
export const bytes = (value: string): Uint8Array<ArrayBuffer> => encoder.encode(value);

/** How often a request that says `pool` may reach servers, by its method. */
export const MOST_SENT: Readonly<Record<string, { readonly GET: number; readonly POST: number }>> =
  {
    // Only failed connections are tried again, and a GET on an idle connection that was dead.
    once: { GET: 2, POST: 1 },
    // Three retries, and the same for a GET.
    again: { GET: 5, POST: 4 },
  };

export function close(conn: { close(): void }): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}

export function answer(status: number, body: string): string {
  return `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
