/** What log files and the rest of a configuration must agree on. */
import type { Diagnostics } from "./diagnostic.ts";
import type { Config } from "./model.ts";

/** A log file is opened again after its rotation, which is too late behind `chroot`. */
export function checkLogFiles(
  { global, proxies, logForwards }: Config,
  diagnostics: Diagnostics,
): void {
  if (global.chroot === undefined) return;
  const told = new Set<unknown>();
  const all = [...global.logs, ...[...proxies, ...logForwards].flatMap(({ logs }) => logs)];
  for (const { transport, span } of all) {
    if (transport.type !== "file" || told.has(span)) continue;
    told.add(span);
    diagnostics.alert(
      span,
      `'file@${transport.path}' and 'chroot' exclude each other: the file could not be opened again`,
      { allowed: "a syslog socket, 'fd@N', or RootDirectory= of systemd in place of 'chroot'" },
    );
  }
}
