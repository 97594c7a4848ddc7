import assert from "node:assert/strict";
import { defaultFullconns } from "../../lib/runtime/fullconn.ts";
import { valid } from "../config/support.ts";

/** The numbers are those of HAProxy 2.6 for the same configuration (column `slim` of its backends). */
Deno.test("fullconn is a tenth of the maxconns of the frontends that name the backend", () => {
  const config = valid(`
defaults
    mode tcp
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend f
    bind 127.0.0.1:18180
    use_backend b1 if { src 127.0.0.2 }
    use_backend %[src] if { src 127.0.0.9 }
    default_backend b2
frontend g
    maxconn 1000
    bind 127.0.0.1:18181
    use_backend b1 if { src 127.0.0.3 }
    use_backend b1 if { src 127.0.0.4 }
frontend h
    maxconn 500
    bind 127.0.0.1:18182
    default_backend b4
backend b1
backend b2
backend b3
backend b4
listen l
    maxconn 700
    bind 127.0.0.1:18183
    use_backend b4 if { src 127.0.0.3 }
`);
  const fullconns = defaultFullconns(config, 9988);
  assert.deepEqual(
    ["b1", "b2", "b3", "b4", "l"].map((name) => fullconns.get(name)),
    [1099, 999, 1, 120, 70],
  );
});
