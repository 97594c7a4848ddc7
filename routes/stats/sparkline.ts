/** Small lines of how something went: the `d` of an SVG path, made on the server. */

export const WIDTH = 100;
export const HEIGHT = 24;

/** The path of `values` (oldest first) on a field of WIDTH by HEIGHT; `top`: the value at its upper edge. */
export function pathOf(values: readonly number[], top: number, samples: number): string {
  if (values.length === 0) return "";
  const step = WIDTH / Math.max(1, samples - 1);
  const start = WIDTH - step * (values.length - 1);
  let path = "";
  values.forEach((value, i) => {
    const x = (start + i * step).toFixed(1);
    const y = (HEIGHT - 1 - (HEIGHT - 2) * Math.min(1, top > 0 ? value / top : 0)).toFixed(1);
    path += `${i === 0 ? "M" : "L"}${x} ${y}`;
  });
  return values.length === 1 ? `${path}h0.1` : path;
}
