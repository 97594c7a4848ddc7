/** One row of a proxy's table. */
import { cellColumns, type Row } from "./model.ts";
import { Cell, HealthHistory, Sparkline } from "./parts.tsx";

export interface RowProps {
  readonly row: Row;
  /** servers can be chosen */
  readonly admin: boolean;
  /** requests and errors as lines */
  readonly sparks: boolean;
  /** where everything about it is shown */
  readonly link: string;
  readonly legend: string;
}

export function TableRow({ row, admin, sparks, link, legend }: RowProps) {
  const server = row.kind === "server";
  return (
    <tr class={row.state} data-k={row.key}>
      {admin
        ? (
          <td class="sel">
            {server
              ? (
                <input
                  type="checkbox"
                  name="s"
                  value={row.name}
                  aria-label={`choose ${row.name}`}
                />
              )
              : ""}
          </td>
        )
        : ""}
      <td class="name">
        <a href={link} title={legend}>{row.name}</a>
        {legend === "" ? "" : <small>{legend}</small>}
        {row.events.length === 0 ? "" : <HealthHistory row={row} />}
      </td>
      <td class="status">
        <span class="badge">{row.status}</span>
        <small class="since">{row.since}</small>
      </td>
      {sparks
        ? (
          <td class="spark">
            <Sparkline series={row.series} />
          </td>
        )
        : ""}
      {row.cells.map((cell, i) => <Cell cell={cell} index={i} />)}
    </tr>
  );
}

export interface HeadProps {
  readonly admin: boolean;
  /** there are servers to choose */
  readonly choice: boolean;
  readonly sparks: boolean;
}

export function TableHead({ admin, choice, sparks }: HeadProps) {
  return (
    <thead>
      <tr>
        {admin
          ? (
            <th class="sel">
              {choice ? <input type="checkbox" class="all" aria-label="choose all" hidden /> : ""}
            </th>
          )
          : ""}
        <th class="name">Name</th>
        <th class="status">Status</th>
        {sparks
          ? <th class="spark" title="Requests and errors a second, five minutes">Traffic</th>
          : ""}
        {cellColumns.map(({ id, label, title }) => <th class={`n-${id}`} title={title}>{label}
        </th>)}
      </tr>
    </thead>
  );
}
