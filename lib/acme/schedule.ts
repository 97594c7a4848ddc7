/** When a certificate is renewed, and when a failure is tried again. Pure. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FIRST_RETRY = 5 * MINUTE;
const LONGEST_RETRY = 6 * HOUR;

/**
 * Wall ms at which a certificate is renewed: when a third of its life is left, and up to a thirtieth of its life
 * before, so that many certificates (and many proxies) do not come at once. `random`: 0 to 1.
 */
export function renewalTime(notBefore: number, notAfter: number, random: number): number {
  const life = Math.max(0, notAfter - notBefore);
  return notAfter - life / 3 - random * life / 30;
}

/** ms after which an order that failed `failures` times in a row is tried again; never before `retryAfter`. */
export function retryDelay(
  failures: number,
  random: number,
  retryAfter: number | undefined,
): number {
  const delay = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(20, failures - 1));
  return Math.max(delay * (0.9 + random / 5), retryAfter ?? 0);
}
