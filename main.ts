/** sluice: an edge proxy and load balancer. */
import { main } from "./lib/cli/main.ts";
import { terminalOutput } from "./lib/cli/output.ts";
import { SluiceProcess } from "./lib/runtime/process.ts";
import { compilePolicies } from "./routes/policies.ts";

if (import.meta.main) {
  Deno.exit(
    await main(Deno.args, {
      env: Deno.env.toObject(),
      output: terminalOutput(),
      compilePolicies,
      createProcess: ({ observer, ...settings }) =>
        new SluiceProcess({
          ...settings,
          compilePolicies: (...args) => compilePolicies(...args, observer),
        }),
    }),
  );
}
