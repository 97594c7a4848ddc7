/**
 * Who the process is after it has started: `chroot`, `group`/`gid`, `user`/`uid` (manual 3.1), in HAProxy's order.
 *
 * Everything that can be known beforehand is checked in `planIdentity`, before a listener is opened: a process that
 * has taken over the listeners of its predecessor and then fails would leave nobody to serve.
 */
import process from "node:process";
import type { GlobalConfig } from "../config/model.ts";
import { findGroup, findUser, type ReadText } from "../config/accounts.ts";
import { cString, lastErrno, reasonOf, systemCalls } from "./system_calls.ts";

export interface IdentityPlan {
  readonly chroot?: string;
  readonly uid?: number;
  readonly gid?: number;
}

type Wanted = Pick<GlobalConfig, "chroot" | "user" | "group" | "uid" | "gid">;

/** What is known of the process itself; tests give their own. */
export interface Self {
  readonly uid: number;
  readonly gid: number;
  readonly canChroot: boolean;
  readonly read: ReadText;
  readonly isDirectory: (path: string) => boolean;
}

/** What to become, or the sentences that say why that is not possible. */
export function planIdentity(
  wanted: Wanted,
  self: Self = thisProcess(),
): { plan: IdentityPlan } | { problems: string[] } {
  const problems: string[] = [];
  let { uid, gid } = wanted;
  if (wanted.user !== undefined) {
    uid = findUser(wanted.user, self.read)?.uid;
    if (uid === undefined) problems.push(`there is no user '${wanted.user}' in /etc/passwd`);
  }
  if (wanted.group !== undefined) {
    gid = findGroup(wanted.group, self.read);
    if (gid === undefined) problems.push(`there is no group '${wanted.group}' in /etc/group`);
  }
  // As in HAProxy, 0 means "stay": nobody asks for root.
  if (uid === 0 || uid === self.uid) uid = undefined;
  if (gid === 0 || gid === self.gid) gid = undefined;
  if (wanted.chroot !== undefined) {
    if (self.uid !== 0) {
      problems.push(`'chroot ${wanted.chroot}' needs a start as root`);
    } else if (!self.canChroot) {
      problems.push(
        `'chroot ${wanted.chroot}' needs FFI, which is not permitted here: start with ` +
          "--allow-ffi, or leave 'chroot' out (RootDirectory= of systemd, or a container, does the same)",
      );
    } else if (!self.isDirectory(wanted.chroot)) {
      problems.push(`'chroot ${wanted.chroot}': there is no such directory`);
    }
  }
  if ((uid !== undefined || gid !== undefined) && self.uid !== 0) {
    const what = uid !== undefined ? `user ${wanted.user ?? uid}` : `group ${wanted.group ?? gid}`;
    problems.push(`changing to ${what} needs a start as root`);
  }
  if (problems.length > 0) return { problems };
  return { plan: { chroot: wanted.chroot, uid, gid } };
}

/** Becomes it. Answers a sentence when the system refused; the process must not go on then. */
export function assumeIdentity(plan: IdentityPlan): string | undefined {
  // What is read once and kept by the runtime must be read while it can be reached.
  new Date().getTimezoneOffset();
  if (plan.chroot !== undefined) {
    const libc = systemCalls();
    if (libc === undefined) return `cannot chroot to '${plan.chroot}' without FFI`;
    if (libc.chroot(cString(plan.chroot)) !== 0) {
      return `cannot chroot to '${plan.chroot}': ${reasonOf(lastErrno(libc))}`;
    }
    Deno.chdir("/");
  }
  try {
    if (plan.gid !== undefined || plan.uid !== undefined) process.setgroups?.([]);
    if (plan.gid !== undefined) process.setgid?.(plan.gid);
    if (plan.uid !== undefined) process.setuid?.(plan.uid);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `cannot change to user ${plan.uid ?? "-"} and group ${plan.gid ?? "-"}: ${reason}`;
  }
  return undefined;
}

function thisProcess(): Self {
  return {
    uid: Deno.uid() ?? 0,
    gid: Deno.gid() ?? 0,
    canChroot: systemCalls() !== undefined,
    read: Deno.readTextFileSync,
    isDirectory(path) {
      try {
        return Deno.statSync(path).isDirectory;
      } catch {
        return false;
      }
    },
  };
}
