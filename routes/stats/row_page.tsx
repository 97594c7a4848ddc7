/** Everything about one frontend, backend or server: all fields with their meaning, what happened, its form. */
import { valueOf } from "../../lib/runtime/stats/column.ts";
import { statColumns } from "../../lib/runtime/stats/columns.ts";
import { serverActions } from "../../lib/runtime/server_actions.ts";
import { rowOf } from "./model.ts";
import { Sparkline } from "./parts.tsx";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";
import { instant } from "./units.ts";
import type { StatsView } from "./view.ts";

/** The page of the row with this key in pieces; undefined: there is none. */
export function rowPage(view: StatsView, key: string): Iterable<string> | undefined {
  const subject = view.find(key);
  if (subject === undefined) return undefined;
  const row = rowOf(subject, view.process);
  const hidden = new Set(view.config.showModules ? ["-"] : modules());
  const fields = statColumns.filter(({ name }) => !hidden.has(name)).flatMap((column) => {
    const value = valueOf(column, subject);
    return value === undefined
      ? []
      : [{ name: column.name, value: String(value), doc: column.doc }];
  });
  const server = subject.kind === "server" ? subject : undefined;
  return [
    "<!DOCTYPE html>\n" + String(
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width,initial-scale=1" />
          <title>{`${row.proxy}/${row.name}`}</title>
          <link rel="icon" href="data:," />
          <style dangerouslySetInnerHTML={{ __html: STYLE }} />
        </head>
        <body>
          <header>
            <h1>{`${row.proxy}/${row.name}`}</h1>
            <h2>
              <a href={`${view.config.uri}#${row.proxy}`}>all proxies</a>
            </h2>
            <p class={row.state}>
              <span class="badge">{row.status}</span> {row.since}
            </p>
            <Sparkline series={row.series} />
          </header>
          <main>
            {row.events.length === 0 ? "" : (
              <section>
                <h3>What happened</h3>
                <ol class="events">
                  {row.events.map(({ at, message }) => (
                    <li>
                      <time>{instant(at)}</time> {message}
                    </li>
                  ))}
                </ol>
              </section>
            )}
            {server === undefined || !view.admin ? "" : (
              <section>
                <h3>Change</h3>
                <form method="post" action={view.config.uri} class="apply">
                  <select name="action" aria-label="action">
                    {serverActions.map(({ name, label }) => <option value={name}>{label}</option>)}
                  </select>
                  <input type="number" name="w" min={0} max={256} placeholder="weight" />
                  <input type="hidden" name="s" value={row.name} />
                  <input type="hidden" name="b" value={`#${server.backend.id}`} />
                  <input type="hidden" name="token" value={view.token} />
                  <input type="submit" value="Apply" />
                </form>
              </section>
            )}
            <section>
              <h3>Fields</h3>
              <table class="fields">
                <tbody>
                  {fields.map(({ name, value, doc }) => (
                    <tr>
                      <td>{name}</td>
                      <td>{value}</td>
                      <td>{doc}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
          </main>
          <script dangerouslySetInnerHTML={{ __html: SCRIPT }} />
        </body>
      </html>,
    ) + "\n",
  ];
}

/** The names of the columns from `-` on, which belong to protocol modules (`stats show-modules`). */
function modules(): string[] {
  const at = statColumns.findIndex(({ name }) => name === "-");
  return statColumns.slice(at).map(({ name }) => name);
}
