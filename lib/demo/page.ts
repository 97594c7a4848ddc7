/** What an example server answers: a page for a browser, lines of text for curl. */

export interface DemoAnswer {
  readonly name: string;
  readonly colour: string;
  readonly method: string;
  readonly path: string;
  /** requests that this server has answered, this one among them */
  readonly served: number;
  readonly fields: Iterable<readonly [string, string]>;
}

const escape = (text: string) =>
  text.replace(
    /[&<>"']/g,
    (each) => `&#${each.charCodeAt(0)};`,
  );

/** Plain text, two lines. */
export function textPage(answer: DemoAnswer): string {
  return `${answer.name} answers ${answer.method} ${answer.path} (request ${answer.served})\n` +
    `client: ${fieldOf(answer, "x-forwarded-for") ?? "unknown"}\n`;
}

/** A small page in the server's colour; everything from the request is escaped. */
export function htmlPage(answer: DemoAnswer): string {
  const rows = [...answer.fields].map(([name, value]) =>
    `<tr><th scope="row">${escape(name)}</th><td>${escape(value)}</td></tr>`
  ).join("");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(answer.name)} · sluice demonstration</title>
<style>
  :root { color-scheme: light dark; --c: ${answer.colour} }
  body { font: 16px/1.5 system-ui, sans-serif; margin: 0; border-top: 12px solid var(--c) }
  main { max-width: 44rem; margin: 3rem auto; padding: 0 1.5rem }
  h1 { font-size: 3rem; line-height: 1.1; margin: 0 }
  h1::before { content: ""; display: inline-block; width: .7em; height: .7em; border-radius: 50%;
    background: var(--c); margin-right: .4em }
  table { border-collapse: collapse; width: 100%; margin-top: 2rem; font-size: .9rem }
  th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0;
    border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
  td { overflow-wrap: anywhere } th { font-weight: 600; white-space: nowrap }
</style>
<main>
  <h1>${escape(answer.name)}</h1>
  <p>answered <b>${escape(answer.method)} ${escape(answer.path)}</b>, its request number
    ${answer.served}. Load the page again: the next server takes its turn.</p>
  <table><caption hidden>Fields that reached the server</caption>${rows}</table>
</main>
</html>
`;
}

function fieldOf(answer: DemoAnswer, name: string): string | undefined {
  for (const [each, value] of answer.fields) if (each === name) return value;
  return undefined;
}
