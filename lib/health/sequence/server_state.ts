/** The header of `http-check send-state` (manual 4.2): how the server is seen. */
import type { CheckView } from "./view.ts";
import { OpState } from "../../state/server_fields.ts";

/** `UP 2/3; address=…; port=…; name=b/s; node=…; weight=1/2; scur=0/0; qcur=0` */
export function serverState({ server, pool, backend, process }: CheckView): string {
  const { state, config, address } = server;
  const { rise, fall } = config;
  const { health } = state;
  let word: string;
  if (state.op === OpState.Stopped) {
    word = health > 0 ? `DOWN ${health}/${rise}` : "DOWN";
  } else {
    word = state.op === OpState.Stopping ? "NOLB" : "UP";
    if (health < rise + fall - 1) word += ` ${health - rise + 1}/${fall}`;
  }
  const unix = address.family === "unix";
  let total = 0;
  for (const candidate of pool.candidates) total += candidate.weight;
  return `${word}; address=${unix ? "unix" : address.host}; port=${
    unix ? "unix" : address.port
  }; ` +
    `name=${backend.name}/${server.name}; node=${process.node}; ` +
    `weight=${server.usable ? server.weight : 0}/${total}; ` +
    `scur=${state.current}/${backend.currentConnections}; qcur=${state.queued}`;
}
