/** What one connection has seen and sent, in the order of HAProxy's `h2_*` statistics. */
export const TALLY_NAMES = [
  "headers_rcvd",
  "data_rcvd",
  "settings_rcvd",
  "rst_stream_rcvd",
  "goaway_rcvd",
  "detected_conn_protocol_errors",
  "detected_strm_protocol_errors",
  "rst_stream_resp",
  "goaway_resp",
] as const;

export type TallyName = (typeof TALLY_NAMES)[number];

/** Counts since somebody took them last. */
export class Tally {
  /** by position in TALLY_NAMES */
  readonly counts: Uint32Array = new Uint32Array(TALLY_NAMES.length);
  /** there is something to take */
  any = false;

  add(position: number): void {
    this.counts[position]++;
    this.any = true;
  }

  /** Hands each count out and begins anew. */
  take(each: (position: number, count: number) => void): void {
    if (!this.any) return;
    this.any = false;
    for (let i = 0; i < this.counts.length; i++) {
      if (this.counts[i] > 0) each(i, this.counts[i]);
    }
    this.counts.fill(0);
  }
}

/** Positions in TALLY_NAMES. */
export const Tallied = {
  Headers: 0,
  Data: 1,
  Settings: 2,
  Resets: 3,
  Goaways: 4,
  ConnectionErrors: 5,
  StreamErrors: 6,
  ResetsSent: 7,
  GoawaysSent: 8,
} as const;
