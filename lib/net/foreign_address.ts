/** Whether this process may make sockets with addresses that are not this machine's (IP_TRANSPARENT). */
import { errno, errnoText, libc, Os } from "./libc.ts";
import { allowForeignAddress } from "./listener_options.ts";

/** A sentence says why it may not; undefined: it may. */
export function foreignAddressProblem(): string | undefined {
  const calls = libc();
  if (calls === undefined) return "it needs libc by FFI, which is not permitted or not there";
  const fd = calls.socket(Os.AF_INET, Os.SOCK_STREAM | Os.SOCK_CLOEXEC, 0);
  if (fd < 0) return errnoText(errno());
  const allowed = allowForeignAddress(calls, fd, false);
  const why = errnoText(errno());
  calls.close(fd);
  return allowed ? undefined : `${why}: it needs root or CAP_NET_ADMIN`;
}
