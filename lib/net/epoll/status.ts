/** Errors of the system as a connection answers them. */
import { IoStatus } from "../conn.ts";
import { Errno } from "../libc.ts";

/** What a call's error means for who reads or writes; 0: nothing that is known. */
export function statusOf(error: number): number {
  switch (error) {
    case Errno.ECONNRESET:
    case Errno.EPIPE:
    case Errno.ECONNABORTED:
    case Errno.ENOTCONN:
    case Errno.ECONNREFUSED:
      return IoStatus.Reset;
    case Errno.ETIMEDOUT:
    case Errno.EHOSTUNREACH:
    case Errno.ENETUNREACH:
      return IoStatus.TimedOut;
  }
  return 0;
}
