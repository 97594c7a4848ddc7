/** Versions of the configuration language: `2.6`, `2.6.12`, `2.4-dev19`, `2.6.12-4`. */

/** The HAProxy version whose configuration language is spoken; `version_atleast()` compares with it. */
export const LANGUAGE_VERSION = "2.6.12";

/** major, minor, patch, development number (a release is after all of them), commits. */
export type Version = readonly [number, number, number, number, number];

/** The version, or undefined when the text is not one. Missing parts are zero. */
export function parseVersion(text: string): Version | undefined {
  const found =
    /^(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:-(dev|rc)(\d{0,9}))?(?:-(\d{1,9}).*)?$/
      .exec(text);
  if (found === null) return undefined;
  const [, major, minor = 0, patch = 0, kind, number = 0, commits = 0] = found;
  const stage = kind === undefined ? Infinity : Number(number) + (kind === "rc" ? 1e9 : 0);
  return [Number(major), Number(minor), Number(patch), stage, Number(commits)];
}

/** Below, at or above zero, as `a` is older than, equal to or later than `b`. */
export function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}
