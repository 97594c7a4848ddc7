/**
 * A real gRPC server and client (@grpc/grpc-js), in a process of their own: `serve PORT`, or `call ADDRESS`, which
 * prints one line for each kind of call.
 */
import grpc from "@grpc/grpc-js";
import { Buffer } from "node:buffer";

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
};

type Answer = (error: Partial<grpc.ServiceError> | null, value?: Buffer) => void;

function serve(port: string): void {
  const server = new grpc.Server();
  server.addService(service, {
    unary(call: grpc.ServerUnaryCall<Buffer, Buffer>, answer: Answer) {
      if (String(call.request) === "fail") answer({ code: 9, details: "as asked" });
      else answer(null, Buffer.from(`hello ${call.request}`));
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
  });
  const credentials = grpc.ServerCredentials.createInsecure();
  server.bindAsync(`127.0.0.1:${port}`, credentials, (error) => {
    if (error !== null) throw error;
  });
}

async function call(address: string): Promise<void> {
  const Client = grpc.makeGenericClientConstructor(service, "Echo");
  // deno-lint-ignore no-explicit-any
  const client: any = new Client(address, grpc.credentials.createInsecure());
  const unary = (text: string) =>
    new Promise<string>((resolve) => {
      client.unary(Buffer.from(text), (error: grpc.ServiceError | null, value: Buffer) => {
        resolve(error === null ? String(value) : `${error.code} ${error.details}`);
      });
    });
  console.log("unary:", await unary("world"));
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
  client.close();
}

const [what, where] = Deno.args;
if (what === "serve") serve(where);
else {
  await call(where);
  Deno.exit(0);
}
