/** The other threads of threads_test.ts. */
import type { StickTableConfig } from "../../lib/config/model_stick.ts";
import { DT } from "../../lib/config/stick_data.ts";
import { StickTable } from "../../lib/stick/table.ts";

interface Work {
  readonly config: StickTableConfig;
  readonly buffer: SharedArrayBuffer;
  readonly rounds: number;
  readonly thread: number;
  readonly wall: number;
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Work>) => void;
  postMessage(answer: string): void;
};

scope.onmessage = ({ data: { config, buffer, rounds, thread, wall } }) => {
  const table = new StickTable("t", config, buffer);
  for (let i = 0; i < rounds; i++) {
    const entry = table.acquire(1 + (i + thread) % 4, wall);
    table.count(entry, DT.http_req_cnt, DT.http_req_rate, wall, 1);
    table.add(entry, table.columns[DT.bytes_in_cnt]!, wall, 3e9);
    table.release(entry);
    const other = table.acquire(1000 + (i * 7 + thread * 131) % 500, wall);
    if (other !== 0 && i % 3 === 0) table.remove(other);
    else if (other !== 0) table.release(other);
  }
  scope.postMessage("done");
};
