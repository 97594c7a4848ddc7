/**
 * Which program the end-to-end tests run, from SLUICE_UNDER_TEST:
 * `source` (default): `deno run -A main.ts`; `haproxy`: the real one, which proves the tests themselves;
 * anything with a slash: that executable (the compiled file).
 */
import { V8_FLAGS } from "../../scripts/v8_flags.ts";
export const underTest: "source" | "haproxy" | "file" = (() => {
  const value = Deno.env.get("SLUICE_UNDER_TEST") ?? "source";
  if (value === "source" || value === "haproxy") return value;
  if (value.includes("/")) return "file";
  throw new Error(`SLUICE_UNDER_TEST=${value}: expected source, haproxy or a path`);
})();

/** The repository's root directory, with a slash at its end. */
export const rootDirectory = new URL("../../", import.meta.url).pathname;

/** TRANSPORT_UNDER_TEST: the transport that sluice is to use, in place of the best one */
const transport = Deno.env.get("TRANSPORT_UNDER_TEST");

/** What TLS is made of: OpenSSL by FFI or, for those who do not permit FFI, `node:tls`. */
export type Engine = "openssl" | "node";

/** ENGINE_UNDER_TEST=node: no test gives the program OpenSSL */
const preferred = Deno.env.get("ENGINE_UNDER_TEST");

/** The engines that the program under test can be made to use. */
export const engines: readonly Engine[] = underTest === "source"
  ? ["openssl", "node"]
  : ["openssl"];

/** The command line that starts the program under test with `args`. */
export function commandUnderTest(args: readonly string[], engine?: Engine): string[] {
  if (underTest === "haproxy") return ["haproxy", ...args];
  // Sub-commands do not serve.
  if (transport !== undefined && args[0]?.startsWith("-")) {
    return [...program(engine), "--transport", transport, ...args];
  }
  return [...program(engine), ...args];
}

function program(engine?: Engine): string[] {
  if (underTest === "file") return [Deno.env.get("SLUICE_UNDER_TEST")!];
  const permissions = (preferred ?? engine) === "node" ? ["-A", "--deny-ffi"] : ["-A"];
  return [Deno.execPath(), "run", ...permissions, V8_FLAGS, `${rootDirectory}main.ts`];
}
