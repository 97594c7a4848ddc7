import { fuzzProxyProtocol } from "./fuzz.ts";

Deno.test("no bytes make the readers of PROXY headers throw or read beyond them", () => {
  fuzzProxyProtocol(4000, 20261127);
});
