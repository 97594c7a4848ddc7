/** A bare echo over Deno.listenDatagram: what the runtime's own way costs for one datagram in and one out. */
const socket = Deno.listenDatagram({
  transport: "udp",
  hostname: "127.0.0.1",
  port: Number(Deno.args[0]),
});
const buffer = new Uint8Array(2048);
for (;;) {
  const [bytes, from] = await socket.receive(buffer);
  await socket.send(bytes, from);
}
