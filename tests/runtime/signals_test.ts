import assert from "node:assert/strict";
import { holdSignals } from "../../lib/runtime/signals.ts";
import { waitFor } from "../support/poll.ts";

Deno.test("what a signal asks for while the process starts is kept until it can be done", async () => {
  const held = holdSignals();
  // A handler of its own sees when the signal has been given to all of them.
  let seen = 0;
  const witness = () => void seen++;
  Deno.addSignalListener("SIGUSR1", witness);
  Deno.addSignalListener("SIGHUP", witness);
  try {
    Deno.kill(Deno.pid, "SIGUSR1");
    await waitFor("SIGUSR1", () => seen === 1);
    assert.deepEqual({ ...held() }, { reload: false, drain: true });
    Deno.kill(Deno.pid, "SIGHUP");
    await waitFor("SIGHUP", () => seen === 2);
    assert.deepEqual({ ...held() }, { reload: false, drain: true }, "it was let go before");
  } finally {
    held();
    Deno.removeSignalListener("SIGUSR1", witness);
    Deno.removeSignalListener("SIGHUP", witness);
  }
});

/** What is held after this process has sent itself `signal`. */
async function heldAfter(signal: Deno.Signal) {
  const held = holdSignals();
  // A handler of its own sees when the signal has been given to all of them.
  let seen = false;
  const witness = () => void (seen = true);
  Deno.addSignalListener(signal, witness);
  try {
    Deno.kill(Deno.pid, signal);
    await waitFor(signal, () => seen);
    return { ...held() };
  } finally {
    held();
    Deno.removeSignalListener(signal, witness);
  }
}

Deno.test("a request to reload and one to drain are told apart", async () => {
  assert.deepEqual(await heldAfter("SIGUSR2"), { reload: true, drain: false });
});

Deno.test("a request to end waits for the start as well: it says with which status it ends", async () => {
  const expected = { reload: false, drain: false, stop: "SIGTERM" };
  assert.deepEqual(await heldAfter("SIGTERM"), expected);
});
