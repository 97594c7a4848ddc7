/** What the rows share: the tutorial's machines on loopback addresses, and one test for each form. */
import { freePort } from "../support/ports.ts";
import { isRoot } from "../support/needs.ts";
import { type Scope, scopedTest, type ScopedTestOptions } from "../support/scope.ts";
import { type BothForms, type Form, forms } from "../support/sluice.ts";
import { type Nginx, startNginx } from "../support/nginx.ts";

/** The tutorial's machines: 192.168.0.10, .20 and .100 there. */
export const web1 = "127.0.0.10";
export const web2 = "127.0.0.20";
export const proxy = "127.0.0.100";

/** Port 80 as the tutorial has it; a high one where low ones are forbidden. */
export const port80 = isRoot ? 80 : freePort();

/** The `defaults` that the tutorial's configurations rest on. */
export const DEFAULTS: BothForms = {
  cfg: `defaults
    mode http
    retries 3
    timeout http-request 10s
    timeout queue 1m
    timeout connect 10s
    timeout client 1m
    timeout server 1m
    timeout http-keep-alive 10s
    timeout check 10s
    maxconn 3000
`,
  yaml: `defaults:
  mode: http
  retries: 3
  timeout:
    http-request: 10s
    queue: 1m
    connect: 10s
    client: 1m
    server: 1m
    http-keep-alive: 10s
    check: 10s
  maxconn: 3000
`,
};

/** Registers the row once for each form of the configuration. */
export function row(
  name: string,
  options: ScopedTestOptions,
  body: (scope: Scope, form: Form) => Promise<void>,
): void {
  for (const form of forms) {
    scopedTest(
      `${name} [${form}]`,
      { ...options, exclusive: true },
      (scope) => body(scope, form),
    );
  }
}

/** The tutorial's two web servers: real nginx, each answering its name. */
export async function twoWebServers(scope: Scope): Promise<[Nginx, Nginx]> {
  return [
    await startNginx(scope, { name: "web1", listen: [`${web1}:${port80}`] }),
    await startNginx(scope, { name: "web2", listen: [`${web2}:${port80}`] }),
  ];
}

/** True when the values go a, b, a, b … beginning with either. */
export function alternates(values: readonly string[], a: string, b: string): boolean {
  return values.every((value, n) => (value === a || value === b) && value !== values[n + 1]);
}
