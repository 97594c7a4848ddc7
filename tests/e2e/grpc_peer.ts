/**
 * A real gRPC server and client (@grpc/grpc-js), in a process of their own: `serve PORT [PEM]`, which tells of calls
 * that were given up, or `call ADDRESS [CA]`, which prints one line for each kind of call. With a file it is over TLS.
 */
import grpc from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import net from "node:net";
import tls from "node:tls";

const same = (bytes: Buffer): Buffer => bytes;

function method(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/test.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

const service = {
  unary: method("unary", false, false),
  down: method("down", false, true),
  up: method("up", true, false),
  both: method("both", true, true),
  never: method("never", false, false),
  endless: method("endless", false, true),
};

type Answer = (
  error: Partial<grpc.ServiceError> | null,
  value?: Buffer,
  trailers?: grpc.Metadata,
) => void;

function metadata(name: string, value: string): grpc.Metadata {
  const made = new grpc.Metadata();
  made.set(name, value);
  return made;
}

function serve(port: string, pem: string | undefined): void {
  const server = new grpc.Server();
  server.addService(service, {
    unary(call: grpc.ServerUnaryCall<Buffer, Buffer>, answer: Answer) {
      if (String(call.request) === "fail") answer({ code: 9, details: "as asked" });
      else {
        answer(null, Buffer.from(`hello ${call.request}`), metadata("x-last", "in the trailers"));
      }
    },
    down(call: grpc.ServerWritableStream<Buffer, Buffer>) {
      for (let i = 0; i < 100; i++) call.write(Buffer.alloc(1000, i));
      call.end();
    },
    up(call: grpc.ServerReadableStream<Buffer, Buffer>, answer: Answer) {
      let bytes = 0;
      call.on("data", (each: Buffer) => bytes += each.length);
      call.on("end", () => answer(null, Buffer.from(String(bytes))));
    },
    both(call: grpc.ServerDuplexStream<Buffer, Buffer>) {
      call.on("data", (each: Buffer) => call.write(Buffer.from(`echo ${each}`)));
      call.on("end", () => call.end());
    },
    never(call: grpc.ServerUnaryCall<Buffer, Buffer>) {
      call.on("cancelled", () => console.log("given up: never"));
    },
    endless(call: grpc.ServerWritableStream<Buffer, Buffer>) {
      const timer = setInterval(() => call.write(Buffer.from("more")), 5);
      call.on("cancelled", () => {
        clearInterval(timer);
        console.log("given up: endless");
      });
    },
  });
  const credentials = grpc.ServerCredentials.createInsecure();
  server.bindAsync(`127.0.0.1:${pem === undefined ? port : 0}`, credentials, (error, bound) => {
    if (error !== null) throw error;
    if (pem !== undefined) serveTls(Number(port), bound, Deno.readTextFileSync(pem));
  });
}

/** Deno's HTTP/2 server does not encrypt what it sends (2.9.6), so TLS stands before it and passes bytes on. */
function serveTls(port: number, inner: number, pem: string): void {
  const options = { key: pem, cert: pem, ALPNProtocols: ["h2"] };
  tls.createServer(options, (secure) => {
    const plain = net.connect(inner, "127.0.0.1");
    secure.pipe(plain).pipe(secure);
    secure.on("error", () => plain.destroy());
    plain.on("error", () => secure.destroy());
  }).listen(port, "127.0.0.1");
}

async function call(address: string, ca: string | undefined): Promise<void> {
  const Client = grpc.makeGenericClientConstructor(service, "Echo");
  const credentials = ca === undefined
    ? grpc.credentials.createInsecure()
    : grpc.credentials.createSsl(Buffer.from(Deno.readFileSync(ca)));
  // deno-lint-ignore no-explicit-any
  const client: any = new Client(address, credentials);
  const unary = (text: string) =>
    new Promise<string>((resolve) => {
      client.unary(Buffer.from(text), (error: grpc.ServiceError | null, value: Buffer) => {
        resolve(error === null ? String(value) : `${error.code} ${error.details}`);
      });
    });
  console.log("unary:", await unary("world"));
  const trailers = await new Promise<string>((resolve) => {
    client.unary(Buffer.from("x"), (error: Error | null) => error && resolve(String(error)))
      .on("status", ({ metadata }: grpc.StatusObject) => resolve(String(metadata.get("x-last"))));
  });
  console.log("trailers:", trailers);
  console.log("error:", await unary("fail"));
  let down = 0;
  for await (const each of client.down(Buffer.alloc(0))) down += (each as Buffer).length;
  console.log("down:", down);
  const up = new Promise<string>((resolve) => {
    const stream = client.up((error: Error | null, value: Buffer) =>
      resolve(String(error ?? value))
    );
    for (let i = 0; i < 100; i++) stream.write(Buffer.alloc(10_000));
    stream.end();
  });
  console.log("up:", await up);
  const both = await new Promise<string>((resolve) => {
    const stream = client.both();
    const got: string[] = [];
    stream.on("data", (each: Buffer) => {
      got.push(String(each));
      if (got.length < 4) stream.write(Buffer.from(String(got.length)));
      else stream.end();
    });
    stream.on("end", () => resolve(got.join(", ")));
    stream.write(Buffer.from("0"));
  });
  console.log("both:", both);
  const late = await new Promise<string>((resolve) => {
    const options = { deadline: Date.now() + 300 };
    client.never(Buffer.alloc(0), options, (error: grpc.ServiceError) => {
      resolve(`${error.code} ${error.details.split(" ")[0]}`);
    });
  });
  console.log("late:", late);
  const cancelled = await new Promise<string>((resolve) => {
    const stream = client.endless(Buffer.alloc(0));
    stream.once("data", () => stream.cancel());
    stream.on("error", ({ code, details }: grpc.ServiceError) => resolve(`${code} ${details}`));
  });
  console.log("cancelled:", cancelled);
  console.log("after that:", await unary("world"));
  client.close();
}

const [what, where, file] = Deno.args;
if (what === "serve") serve(where, file);
else {
  await call(where, file);
  Deno.exit(0);
}
