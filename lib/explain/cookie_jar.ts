/** The cookies of a test's client: only names, values and whether they have ended, of one site. */

export class CookieJar {
  readonly #cookies = new Map<string, string>();

  /** Takes what an answer sets; `now` is wall ms. */
  take(headers: readonly (readonly [name: string, value: string])[], now: number): void {
    for (const [name, value] of headers) {
      if (name.toLowerCase() !== "set-cookie") continue;
      const [pair, ...attributes] = value.split(";").map((part) => part.trim());
      const equals = pair.indexOf("=");
      if (equals <= 0) continue;
      const key = pair.slice(0, equals);
      if (hasEnded(attributes, now)) this.#cookies.delete(key);
      else this.#cookies.set(key, pair.slice(equals + 1));
    }
  }

  /** The fields of a request with the cookies that there are; its own `Cookie` stays first. */
  add(headers: readonly string[]): readonly string[] {
    if (this.#cookies.size === 0) return headers;
    const own = headers.filter((field) => /^cookie:/i.test(field))
      .map((field) => field.slice(field.indexOf(":") + 1).trim());
    const kept = [...this.#cookies].map(([name, value]) => `${name}=${value}`);
    const others = headers.filter((field) => !/^cookie:/i.test(field));
    return [...others, `Cookie: ${[...own, ...kept].join("; ")}`];
  }
}

function hasEnded(attributes: readonly string[], now: number): boolean {
  for (const attribute of attributes) {
    const [name, value = ""] = attribute.split(/=(.*)/s);
    if (name.toLowerCase() === "max-age") return Number(value) <= 0;
    if (name.toLowerCase() === "expires") return Date.parse(value.replaceAll("-", " ")) <= now;
  }
  return false;
}
