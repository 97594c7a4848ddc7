/** What certificates from an authority need of the process: to write files, and to answer whoever visits. */
import type { Diagnostics } from "./diagnostic.ts";
import type { Config } from "./model.ts";

/** Neither in a directory that the process has locked itself into, nor in one of several processes. */
export function checkAcme({ global, proxies, crtStores }: Config, diagnostics: Diagnostics): void {
  const load = crtStores.flatMap(({ loads }) => loads).find(({ acme }) => acme !== undefined);
  const auto = proxies.flatMap(({ binds }) => binds).find(({ tls }) => tls?.auto !== undefined);
  const span = load?.span ?? auto?.span;
  if (span === undefined) return;
  if ((global.nbproc ?? 1) > 1) {
    diagnostics.alert(span, "an authority that visits may reach another process ('nbproc')", {
      allowed: "'nbthread' instead of 'nbproc' together with certificates from an authority",
    });
  }
  if (global.chroot !== undefined) {
    diagnostics.alert(span, "'chroot' keeps certificates from an authority from being written", {
      allowed: "no 'chroot', or certificates that another ACME client gets",
    });
  }
}
