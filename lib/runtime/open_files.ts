/** The limit of open descriptors: `ulimit-n`, and whether `maxconn` fits (management guide, section 5). */
import { systemCalls } from "./system_calls.ts";
import { openFilesLimit } from "./file_limit.ts";

const RLIMIT_NOFILE = 7;
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

/** Descriptors kept for everything that is no client or server connection. */
const RESERVED = 100;

export interface OpenFilesResult {
  /** the soft limit that holds now; undefined where it cannot be known */
  readonly limit: number | undefined;
  /** a sentence when what was wanted could not be had */
  readonly warning?: string;
}

/** Soft and hard limit, as far as they are known. */
export function openFiles(): { soft: number; hard: number } | undefined {
  const libc = systemCalls();
  if (libc !== undefined) {
    const both = new BigUint64Array(2);
    if (libc.getrlimit(RLIMIT_NOFILE, new Uint8Array(both.buffer)) === 0) {
      return { soft: toNumber(both[0]), hard: toNumber(both[1]) };
    }
  }
  const soft = openFilesLimit();
  return soft === undefined ? undefined : { soft, hard: soft };
}

/**
 * Raises the soft limit to `wanted` (`ulimit-n`), or as far as the hard limit allows when nothing is wanted. The
 * hard limit is raised too where the process may.
 */
export function raiseOpenFiles(wanted: number | undefined): OpenFilesResult {
  const now = openFiles();
  if (now === undefined) return { limit: undefined };
  const target = wanted ?? now.hard;
  if (target === now.soft) return { limit: target };
  const libc = systemCalls();
  if (libc === undefined) {
    if (wanted === undefined || wanted <= now.soft) return { limit: now.soft };
    return {
      limit: now.soft,
      warning:
        `'ulimit-n ${wanted}' cannot be applied without FFI: the limit stays at ${now.soft}; ` +
        "set it where the process is started (ulimit -n, LimitNOFILE=)",
    };
  }
  const both = new BigUint64Array([toLimit(target), toLimit(Math.max(target, now.hard))]);
  if (libc.setrlimit(RLIMIT_NOFILE, new Uint8Array(both.buffer)) === 0) return { limit: target };
  // Not allowed to go beyond the hard limit: go as far as possible.
  const best = Math.min(target, now.hard);
  both[0] = toLimit(best);
  both[1] = toLimit(now.hard);
  const limit = libc.setrlimit(RLIMIT_NOFILE, new Uint8Array(both.buffer)) === 0 ? best : now.soft;
  return {
    limit,
    warning: `'ulimit-n ${target}' is beyond the hard limit ${now.hard}: the limit is ${limit}`,
  };
}

/** A sentence when `maxconn` connections need more descriptors than `limit`. */
export function checkMaxconn(
  maxconn: number | undefined,
  limit: number | undefined,
): string | undefined {
  if (maxconn === undefined || limit === undefined) return undefined;
  const needed = 2 * maxconn + RESERVED;
  if (needed <= limit) return undefined;
  return `'maxconn ${maxconn}' may need ${needed} open files, the limit is ${limit}: ` +
    `raise it (ulimit -n, LimitNOFILE=) or lower 'maxconn' to ${
      Math.max(1, Math.floor((limit - RESERVED) / 2))
    }`;
}

function toNumber(limit: bigint): number {
  return limit === RLIM_INFINITY ? Infinity : Number(limit);
}

function toLimit(limit: number): bigint {
  return limit === Infinity ? RLIM_INFINITY : BigInt(limit);
}
