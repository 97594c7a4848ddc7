/** Waiting that ends as soon as the awaited thing is true, and never later than its limit. */

export class WaitTimeout extends Error {
  override readonly name = "WaitTimeout";
}

export interface WaitOptions {
  /** ms, default 10 s */
  readonly limit?: number;
  /** ms between two looks, default 15 */
  readonly every?: number;
  /** Called on failure: text that helps to see why (a log). */
  readonly explain?: () => string;
}

/** Looks until `look` answers something other than `undefined` or `false`; throws WaitTimeout at the limit. */
export async function waitFor<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions = {},
): Promise<T> {
  const limit = options.limit ?? 10_000;
  const end = performance.now() + limit;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen as T;
    if (performance.now() > end) {
      const why = options.explain?.() ?? "";
      throw new WaitTimeout(`waited ${limit} ms for ${what}${why === "" ? "" : `\n${why}`}`);
    }
    await delay(options.every ?? 15);
  }
}

/** Resolves after `ms`. For tests of real timers only; to wait for something use waitFor. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** `work`, or a WaitTimeout after `ms`. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new WaitTimeout(`${what}: not done after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
