/** Numbers as people read them. */

const grouped = new Intl.NumberFormat("en", { useGrouping: true });

/** `12`, `9,983`, `1.2 M`. */
export function count(n: number): string {
  if (n >= 1e9) return `${(n / 1e9).toFixed(1)} G`;
  if (n >= 1e6) return `${(n / 1e6).toFixed(1)} M`;
  return n >= 1000 ? grouped.format(n) : String(n);
}

const SIZES = ["B", "kB", "MB", "GB", "TB", "PB"];

/** `0 B`, `1.4 MB` (powers of 1000). */
export function bytes(n: number): string {
  let step = 0;
  while (n >= 1000 && step < SIZES.length - 1) {
    n /= 1000;
    step++;
  }
  return `${step === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${SIZES[step]}`;
}

const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ["d", 86400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
];

/** Seconds as the two largest units: `3d4h`, `22s`. */
export function duration(seconds: number): string {
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0s";
  const [name, size] = UNITS[first];
  const next = UNITS[first + 1];
  const rest = next === undefined ? 0 : Math.floor(seconds % size / next[1]);
  return `${Math.floor(seconds / size)}${name}${rest > 0 ? `${rest}${next[0]}` : ""}`;
}

/** The same, `for …`. */
export function age(seconds: number): string {
  return `for ${duration(seconds)}`;
}

/** Wall ms as `2026-11-27 18:30:05 UTC`. */
export function instant(wall: number): string {
  return `${new Date(wall).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
