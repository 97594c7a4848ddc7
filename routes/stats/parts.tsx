/** Small parts of the statistics page. */
import type { Series } from "../../lib/runtime/stats/history.ts";
import { SAMPLES } from "../../lib/runtime/stats/history.ts";
import type { CellText, Row } from "./model.ts";
import { LEGEND } from "./state.ts";
import { HEIGHT, pathOf, WIDTH } from "./sparkline.ts";
import { instant } from "./units.ts";

/** The two lines of a row: requests, and errors on the same scale. */
export function pathsOf({ rates, errors }: Series): [rates: string, errors: string] {
  const top = Math.max(1, ...rates, ...errors);
  return [
    pathOf(rates, top, SAMPLES),
    errors.some((each) => each > 0) ? pathOf(errors, top, SAMPLES) : "",
  ];
}

export function Sparkline({ series }: { series: Series }) {
  const [rates, errors] = pathsOf(series);
  return (
    <svg
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label="requests and errors a second, the last five minutes"
    >
      <path d={rates} />
      <path class="e" d={errors} />
    </svg>
  );
}

/** Percent of a bar. */
export function percentOf(bar: number): number {
  return Math.round(bar * 100);
}

export function Bar({ bar }: { bar: number }) {
  const percent = percentOf(bar);
  const kind = percent >= 95 ? "bar full" : percent >= 75 ? "bar high" : "bar";
  return (
    <div class={kind}>
      <i style={`width:${percent}%`} />
    </div>
  );
}

/** Characters of the second line that fit; longer ones are shown whole when the pointer is held over them. */
const FITS = 14;

export function Cell({ cell, index }: { cell: CellText; index: number }) {
  const empty = cell.main === "" && cell.sub === "";
  return (
    <td data-i={index} class={empty ? "empty" : undefined}>
      <b>{cell.main}</b>
      <small title={cell.sub.length > FITS ? cell.sub : undefined}>{cell.sub}</small>
      {cell.bar === undefined ? "" : <Bar bar={cell.bar} />}
    </td>
  );
}

/** One square for each of the last changes of a server, the newest at the right. */
export function HealthHistory({ row }: { row: Row }) {
  const { events } = row;
  return (
    <details>
      <summary>
        {lastReason(row)}
        <span class="health">
          {[...events].reverse().map(({ message, at }) => (
            <i class={colourOf(message)} title={`${instant(at)}: ${message}`} />
          ))}
        </span>
      </summary>
      <ol class="events">
        {events.map(({ at, message }) => (
          <li>
            <time>{instant(at)}</time> {message}
          </li>
        ))}
      </ol>
    </details>
  );
}

/** Why the server was found dead last, in short. */
function lastReason({ events }: Row): string {
  const down = events.find(({ message }) => / is DOWN|going DOWN|failed/.test(message));
  if (down === undefined) return "history";
  const reason = /reason: ([^.]*?)(?:, check duration|\.|$)/.exec(down.message)?.[1];
  const time = instant(down.at).slice(11, 19);
  return reason === undefined ? `down at ${time}` : `${time}: ${reason}`;
}

function colourOf(message: string): string {
  if (/maintenance/.test(message) && !/leaving/.test(message)) return "maintain";
  if (/drain/.test(message) && !/leaving/.test(message)) return "active_draining";
  return / is UP|UP\/|leaving|succeeded/.test(message) ? "active_up" : "active_down";
}

export function Legend() {
  return (
    <ul class="legend">
      {LEGEND.map(([state, text]) => (
        <li>
          <i class={`dot ${state}`} /> {text}
        </li>
      ))}
    </ul>
  );
}
