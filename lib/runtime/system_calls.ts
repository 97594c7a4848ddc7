/** The system calls that Deno does not offer, by FFI where it is permitted. */
import { openLibc } from "../net/libc.ts";

export { cString } from "../net/libc.ts";

const SYMBOLS = {
  chroot: { parameters: ["buffer"], result: "i32" },
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  openat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
  fdopendir: { parameters: ["i32"], result: "pointer" },
  readdir: { parameters: ["pointer"], result: "pointer" },
  closedir: { parameters: ["pointer"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
} as const;

export type SystemCalls = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let calls: SystemCalls | undefined | null = null;

/** The calls, or undefined where FFI is not permitted or this is not Linux. Opened once. */
export function systemCalls(): SystemCalls | undefined {
  if (calls === null) calls = openLibc(SYMBOLS)?.symbols;
  return calls;
}

/** The number of the last error of a call that failed just now. */
export function lastErrno(libc: SystemCalls): number {
  const at = libc.__errno_location();
  return at === null ? 0 : new Deno.UnsafePointerView(at).getInt32();
}

const REASONS: Readonly<Record<number, string>> = {
  1: "operation not permitted",
  2: "there is no such file or directory",
  13: "permission denied",
  20: "it is not a directory",
  21: "it is a directory",
  22: "the value is not possible",
  40: "too many symbolic links",
};

/** An error number in words. */
export function reasonOf(errno: number): string {
  return REASONS[errno] ?? `error ${errno}`;
}

const CLOCK_MONOTONIC = 1;

/** CLOCK_MONOTONIC in microseconds, undefined without FFI. */
export function monotonicMicroseconds(): bigint | undefined {
  const libc = systemCalls();
  if (libc === undefined) return undefined;
  const time = new BigInt64Array(2);
  if (libc.clock_gettime(CLOCK_MONOTONIC, new Uint8Array(time.buffer)) !== 0) return undefined;
  return time[0] * 1_000_000n + time[1] / 1000n;
}
