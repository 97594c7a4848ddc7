import assert from "node:assert/strict";
import { runProxy, writeConfig } from "../support/sluice.ts";
import { cluster, processesNeed } from "./processes.ts";
import { row } from "./tutorial.ts";

row(
  "A8: nbproc together with nbthread is refused, and the message names both lines",
  { unless: processesNeed.unless },
  async (scope, form) => {
    const text = cluster([["nbproc", "2"], ["nbthread", "2"]])[form];
    const path = writeConfig(scope, text, form);
    for (const args of [["-db", "-f", path], ["-c", "-f", path]]) {
      const { code, stderr } = await runProxy(args);
      assert.equal(code, 1);
      const lineOf = (word: string) =>
        text.split("\n").findIndex((line) => line.includes(word)) + 1;
      assert.match(stderr, /exclude each other/);
      assert.ok(stderr.includes(`${path}:${lineOf("nbproc")}:`), stderr);
      assert.ok(stderr.includes(`${path}:${lineOf("nbthread")}:`), stderr);
    }
  },
);
