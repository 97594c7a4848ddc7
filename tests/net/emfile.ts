/** What a transport does when there are no more descriptors. */
import assert from "node:assert/strict";

/** Registers the test of a transport, which runs in a process of its own with 64 descriptors. */
export function testEmfile(transport: "deno" | "epoll"): void {
  const name = `${transport}: without free descriptors the listener says emfile, waits and goes on`;
  Deno.test(name, () => emfile(transport));
}

async function emfile(transport: string): Promise<void> {
  const child = new URL("./emfile_child.ts", import.meta.url).pathname;
  const command = `"${Deno.execPath()}" run -q -A --no-config --unstable-net "${child}"`;
  const run = `ulimit -n 64; exec ${command} ${transport}`;
  const process = new Deno.Command("sh", { args: ["-c", run], stdout: "piped" }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(text);
      if (match !== null) return match[1];
      const { value, done } = await lines.read();
      assert.ok(!done, `the child ended; it said: ${text}`);
      text += value;
    }
  };
  const port = Number(await next(/port (\d+)/));
  const conns: Deno.Conn[] = [];
  for (let count = 0; count < 80; count++) conns.push(await Deno.connect({ port }));
  await next(/error (emfile)/);
  // Those that were accepted are served all the same: the child ends the first one, as it asks for. (The runtime's
  // own connections are not asked for it: it wants descriptors itself, and panics without.)
  if (transport === "epoll") {
    const first = conns.shift()!;
    const said = new Uint8Array(8);
    assert.equal(await first.read(said), 2);
    await first.write(said.subarray(0, 1));
    assert.equal(await first.read(said), null);
    first.close();
  }
  for (const conn of conns.splice(0)) conn.close();
  const late = await Deno.connect({ port });
  const answer = new Uint8Array(8);
  assert.equal(await late.read(answer), 2);
  late.close();
  await late.read(answer).catch(() => {});
  process.kill("SIGTERM");
  await process.status;
  await lines.cancel();
}
