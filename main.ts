/** sluice: an edge proxy and load balancer. */
import { main } from "./lib/cli/main.ts";
import { terminalOutput } from "./lib/cli/output.ts";
import { SluiceProcess } from "./lib/runtime/process.ts";
import { isThread, serveThread } from "./lib/runtime/threads/serve.ts";
import { createApi } from "./routes/api/server.ts";
import { compilePolicies } from "./routes/policies.ts";

if (isThread()) {
  serveThread(({ store, say, ...settings }) =>
    new SluiceProcess({ ...settings, compilePolicies, member: { store, say } })
  );
} else if (import.meta.main) {
  // Each thread runs this same file.
  const openThread = () => new Worker(import.meta.url, { type: "module" });
  Deno.exit(
    await main(Deno.args, {
      env: Deno.env.toObject(),
      output: terminalOutput(),
      compilePolicies,
      createProcess: ({ observer, ...settings }) =>
        new SluiceProcess({
          ...settings,
          openThread,
          createApi,
          compilePolicies: observer === undefined
            ? compilePolicies
            : (built, process, diagnostics) =>
              compilePolicies(built, process, diagnostics, observer),
        }),
    }),
  );
}
