import { equal } from "node:assert/strict";
import { fuzz } from "./fuzz.ts";

Deno.test("splits do not matter and mutated messages get the reference's verdict and framing", () => {
  equal(fuzz(1500, 20260731), 10500);
});
