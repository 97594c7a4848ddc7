import { fuzzHttp2 } from "./fuzz.ts";

Deno.test("300 rounds of splits and mutations with a fixed seed find nothing", () => {
  fuzzHttp2(300, 20260101);
});
