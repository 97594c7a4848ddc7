/** What a configuration makes of a server's record: of a new one, and of one that was there before a reload. */
import { Admin, DELETED, F, OpState, SERVER_FIELDS } from "./server_fields.ts";
import type { ServerState } from "./server.ts";

/** What the configuration says that bears on the state. */
export interface ServerSetup {
  readonly weight: number;
  readonly disabled: boolean;
  readonly check: boolean;
  readonly rise: number;
  readonly fall: number;
  readonly agentCheck?: boolean;
  readonly maxconn?: number;
  readonly minconn?: number;
  /** where the configuration says it is: what was learned of its address holds as long as this stays */
  readonly address?: unknown;
  /** undefined: it follows no other server */
  readonly track?: unknown;
  /** manual 5.2 `init-state`; undefined: `up` */
  readonly initState?: "fully-up" | "up" | "down" | "fully-down";
}

/** The health that a server starts with, and comes back from maintenance with. */
export function initialHealth({ rise, fall, initState }: ServerSetup): number {
  switch (initState) {
    case "fully-up":
      return rise + fall - 1;
    case "down":
      return rise - 1;
    case "fully-down":
      return 0;
  }
  // Up, but so that the first failed check decides.
  return rise;
}

/**
 * A reload keeps what happened at run time: weight, maintenance, drain, health, times. What the
 * configuration itself changed wins: another `weight`, `disabled` added or removed, `check` removed.
 */
export function configure(
  state: ServerState,
  c: Int32Array,
  setup: ServerSetup,
  fresh: boolean,
  wallMs: number,
): void {
  const { weight, rise, fall } = setup;
  if (c[F.cdisabled] === DELETED) return reset(state, c, setup, wallMs);
  const disabled = setup.disabled ? 1 : 0;
  if (fresh) {
    c[F.op_state] = disabled ? OpState.Stopped : OpState.Running;
    c[F.admin_state] = disabled ? Admin.ForcedMaint | Admin.ConfigMaint : 0;
    c[F.uweight] = weight;
    c[F.check_health] = disabled ? 0 : initialHealth(setup);
    if (setup.check && c[F.check_health] < rise) c[F.op_state] = OpState.Stopped;
    c[F.last_change] = Math.floor(wallMs / 1000);
  } else {
    if (c[F.iweight] !== weight) c[F.uweight] = weight;
    const maint = (c[F.admin_state] & Admin.Maint) !== 0;
    if (setup.track === undefined) {
      const inherited = Admin.InheritedMaint | Admin.InheritedDrain;
      state.setAdmin(c[F.admin_state] & ~inherited, wallMs);
    }
    if (disabled !== c[F.cdisabled]) {
      const flags = Admin.ForcedMaint | Admin.ConfigMaint;
      const admin = c[F.admin_state];
      state.setAdmin(disabled ? admin | flags : admin & ~flags, wallMs);
    }
    const wasChecked = (c[F.check_state] & 2) !== 0;
    if ((c[F.admin_state] & Admin.Maint) !== 0) {
      state.setOp(OpState.Stopped, wallMs);
      c[F.check_health] = 0;
    } else if (maint || !setup.check || !wasChecked) {
      // Out of maintenance, or with no check of before: up until a check says otherwise.
      if (maint || wasChecked) state.setOp(OpState.Running, wallMs);
      c[F.check_health] = rise;
    } else if (c[F.op_state] === OpState.Stopped) {
      c[F.check_health] = Math.min(c[F.check_health], rise - 1);
    } else {
      const failures = c[F.rise] + c[F.fall] - 1 - c[F.check_health];
      c[F.check_health] = Math.max(rise, rise + fall - 1 - failures);
    }
  }
  const origin = hash(JSON.stringify(setup.address ?? null));
  if (!fresh && c[F.addr_origin] !== origin && c[F.addr_kind] + c[F.addr_port] !== 0) {
    c[F.addr_kind] = c[F.addr_port] = 0;
    Atomics.add(c, F.addr_version, 1);
  }
  c[F.addr_origin] = origin;
  const maxconn = Math.max(setup.maxconn ?? 0, setup.minconn ?? 0);
  if (fresh || c[F.imaxconn] !== maxconn) c[F.maxconn] = maxconn;
  c[F.imaxconn] = maxconn;
  const agent = setup.agentCheck === true;
  // Up until an agent says otherwise.
  if (!agent || (c[F.agent_state] & 2) === 0) c[F.agent_health] = 1;
  c[F.agent_state] = agent ? 2 | 4 | 16 : 0;
  c[F.iweight] = weight;
  c[F.cdisabled] = disabled;
  c[F.rise] = rise;
  c[F.fall] = fall;
  const paused = (c[F.admin_state] & Admin.Maint) !== 0 ? 8 : 0;
  // HAProxy marks the check of a server that starts disabled as paused even when there is none.
  c[F.check_state] = setup.check ? 2 | 4 | paused : disabled ? 8 : 0;
}

function reset(state: ServerState, c: Int32Array, setup: ServerSetup, wallMs: number): void {
  // What counts what is there still.
  const kept = new Set<number>([F.scur, F.qcur, F.open_conns, F.conns_wanted, F.addr_version]);
  for (let i = 0; i < SERVER_FIELDS.length; i++) {
    if (!kept.has(i)) Atomics.store(c, i, 0);
  }
  Atomics.add(c, F.addr_version, 1);
  configure(state, c, setup, true, wallMs);
}

/** 31 bits that tell texts apart (FNV-1a). */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 1;
}
