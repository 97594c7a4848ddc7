/** A real RabbitMQ broker with its own data, without a service of the system. */
import type { Scope } from "./scope.ts";
import { freePort, waitListening } from "./ports.ts";
import { type Running, start } from "./process.ts";
import type { Service } from "./service.ts";

/** Debian's wrapper in PATH would change the account and use the system's data. */
const SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server";
export const rabbitmqPrograms = [SERVER, "epmd"];

/** Not started yet. What Erlang needs beside it, the port mapper, is started in the foreground. */
export async function rabbitmqService(scope: Scope, host: string, port: number): Promise<Service> {
  const at = scope.path(`rabbitmq-${port}`);
  for (const each of ["", "/home", "/mnesia", "/log"]) Deno.mkdirSync(at + each);
  Deno.writeTextFileSync(`${at}/plugins`, "[].");
  const mapper = freePort();
  const epmd = start(scope, `epmd-${port}`, ["epmd", "-port", `${mapper}`, "-address", host]);
  await waitListening(epmd, [`${host}:${mapper}`]);
  const env = {
    HOME: `${at}/home`,
    ERL_EPMD_PORT: `${mapper}`,
    ERL_EPMD_ADDRESS: host,
    RABBITMQ_NODENAME: `sluice-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: host,
    RABBITMQ_NODE_PORT: `${port}`,
    RABBITMQ_DIST_PORT: `${freePort()}`,
    RABBITMQ_MNESIA_BASE: `${at}/mnesia`,
    RABBITMQ_LOG_BASE: `${at}/log`,
    RABBITMQ_LOGS: "-",
    RABBITMQ_CONFIG_FILE: `${at}/none`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${at}/plugins`,
    RABBITMQ_CONF_ENV_FILE: "/dev/null",
    RABBITMQ_PID_FILE: `${at}/pid`,
    // A scheduler that has nothing to do sleeps at once: others use the machine.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-start_epmd false +sbwt none +sbwtdcpu none " +
      "+sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
  };
  let running: Running | undefined;
  return {
    host,
    port,
    async stop() {
      await running?.stop();
    },
    async start() {
      running = start(scope, `rabbitmq-${port}`, [SERVER], { env });
      await waitListening(running, [`${host}:${port}`], 120_000);
    },
  };
}
