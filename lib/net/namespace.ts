/**
 * Sockets in other network namespaces (`namespace` of `bind` and `server` lines, Linux): a thread enters one for the
 * moment in which it makes a socket, and the socket stays there.
 *
 * Laws:
 * - A namespace is opened once in each thread; it is the one of that name until `openNamespaces` is called again.
 * - No thread is in another namespace when a call of this file has returned.
 */
import { cString, Errno, errno, errnoText, type Libc, libc, Os } from "./libc.ts";

/** Where `ip netns add` puts names. */
const DIRECTORY = "/run/netns";
/** The calling thread's own. */
const OWN = "/proc/thread-self/ns/net";
const READ_ONLY = Os.O_CLOEXEC;

/** descriptors by name, of this thread */
const open = new Map<string, number>();
let own = -1;

/**
 * Opens namespaces anew, those of before are forgotten: when a configuration is taken. Answers for each that cannot be
 * entered a sentence, by its name. One that cannot be found any more stays what it was: the process may have changed
 * its root.
 */
export function openNamespaces(names: ReadonlyMap<string, unknown>): Map<string, string> {
  for (const [name, fd] of open) {
    if (names.has(name)) continue;
    libc()?.close(fd);
    open.delete(name);
  }
  const problems = new Map<string, string>();
  for (const name of names.keys()) {
    const problem = openOne(name);
    if (problem !== undefined) problems.set(name, problem);
  }
  return problems;
}

function openOne(name: string): string | undefined {
  const calls = libc();
  if (calls === undefined) return "it needs libc by FFI, which is not permitted or not there";
  const fd = calls.open(cString(`${DIRECTORY}/${name}`), READ_ONLY);
  if (fd < 0) {
    if (open.has(name)) return undefined;
    const error = errno();
    return error === Errno.ENOENT
      ? `there is none of that name in ${DIRECTORY} ('ip netns add ${name}' makes it)`
      : errnoText(error);
  }
  const before = open.get(name);
  if (before !== undefined) calls.close(before);
  open.set(name, fd);
  if (inside(calls, fd, () => 0) === 0) return undefined;
  const error = errno();
  return error === Errno.EPERM
    ? `${errnoText(error)}: it needs root or CAP_SYS_ADMIN`
    : errnoText(error);
}

/** Whether a namespace of that name has been opened. */
export function isOpenNamespace(name: string): boolean {
  return open.has(name);
}

/** `socket(2)` in a namespace; undefined: in the thread's own. Below 0: it failed (`errno`). */
export function socketIn(
  calls: Libc,
  namespace: string | undefined,
  family: number,
  type: number,
  protocol: number,
): number {
  if (namespace === undefined) return calls.socket(family, type, protocol);
  let fd = open.get(namespace);
  if (fd === undefined) {
    fd = calls.open(cString(`${DIRECTORY}/${namespace}`), READ_ONLY);
    if (fd < 0) return fd;
    open.set(namespace, fd);
  }
  return inside(calls, fd, () => calls.socket(family, type, protocol));
}

/** Calls `make` in a namespace. Below 0: it could not be entered, or `make` failed (`errno`). */
function inside(calls: Libc, namespace: number, make: () => number): number {
  if (own < 0) own = calls.open(cString(OWN), READ_ONLY);
  if (own < 0) return own;
  if (calls.setns(namespace, Os.CLONE_NEWNET) !== 0) return -1;
  const made = make();
  // Whoever may enter another may come back to the own; a call that succeeds leaves `errno` as it is.
  if (calls.setns(own, Os.CLONE_NEWNET) !== 0) throw new Error("the network namespace is lost");
  return made;
}
