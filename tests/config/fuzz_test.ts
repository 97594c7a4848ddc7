import { fuzzConfig } from "./fuzz.ts";

Deno.test("no configuration text makes a reader, a table or a compiler throw", () => {
  fuzzConfig(600, 20261122);
});
