/** Tells systemd what the process does (sd_notify(3)): `Type=notify` units, and `systemctl status`. */
import { openDatagramLibc, openUnixPort } from "../log/port_libc.ts";
import { openDenoUnixPort } from "../log/port_datagram.ts";
import type { LinePort } from "../log/sink.ts";
import { monotonicMicroseconds } from "./system_calls.ts";

export interface Notifier {
  /** The listeners are open: the service is up, or a reload is over. */
  ready(status: string): Promise<void>;
  reloading(): Promise<void>;
  stopping(status: string): Promise<void>;
}

/**
 * The notifier for `NOTIFY_SOCKET` (a path, or `@name` of an abstract socket); one that does nothing when the
 * variable is not set. Make it before `chroot`: the socket is connected at once.
 */
export function createNotifier(
  socket: string | undefined,
  options: { readonly ffi?: boolean; readonly pid?: number } = {},
): Notifier {
  const port = socket === undefined || !/^[/@]./.test(socket)
    ? undefined
    : openPort(socket, options.ffi ?? true);
  const send = async (lines: readonly string[]) => {
    if (port === undefined) return;
    const bytes = new TextEncoder().encode(lines.join("\n"));
    try {
      await port.send(bytes, Uint32Array.of(bytes.length), 1);
    } catch {
      // Nobody to tell: the service goes on all the same.
    }
  };
  return {
    ready: (status) => send(["READY=1", `STATUS=${status}`, `MAINPID=${options.pid ?? Deno.pid}`]),
    reloading() {
      const now = monotonicMicroseconds();
      return send(["RELOADING=1", ...now === undefined ? [] : [`MONOTONIC_USEC=${now}`]]);
    },
    stopping: (status) => send(["STOPPING=1", `STATUS=${status}`]),
  };
}

function openPort(socket: string, ffi: boolean): LinePort | undefined {
  try {
    const libc = ffi ? openDatagramLibc() : undefined;
    if (libc !== undefined) return openUnixPort(libc, socket, { connected: true });
    return openDenoUnixPort(socket, { padded: false });
  } catch {
    return undefined;
  }
}
