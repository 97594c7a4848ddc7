import assert from "node:assert/strict";
import { curlTimes, tally } from "../support/curl.ts";
import { startProxy } from "../support/sluice.ts";
import { underTest } from "../support/under_test.ts";
import { bothChecked, globalWithSocket, socat, webcluster } from "./runtime_socket.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

const needs = { programs: ["nginx", "curl", "socat"] };
const address = `${proxy}:${port80}`;

row("A10: the runtime socket answers as HAProxy does", needs, async (scope, form) => {
  await twoWebServers(scope);
  const text = globalWithSocket(scope, "mode 600 level admin")[form] + DEFAULTS[form] +
    webcluster(address, [1, 1])[form];
  await startProxy(scope, text, { form, listening: [address] });
  assert.equal((Deno.statSync(scope.path("stats")).mode ?? 0) & 0o777, 0o600);
  await bothChecked(scope);

  const help = await socat(scope, "help");
  assert.ok(help.startsWith("The following commands are valid at this level:\n"));
  for (
    const command of [
      "show info",
      "show stat",
      "show servers state",
      "get weight",
      "set weight",
      "disable server",
      "enable server",
      "prompt",
      "quit",
    ]
  ) assert.match(help, new RegExp(`^  ${command} .*: \\S.*$`, "m"));
  assert.ok(help.endsWith("\n\n"));

  const info = await socat(scope, "show info");
  const fields = ["Name", "Version", "Pid", "Uptime", "Uptime_sec", "Maxconn", "CurrConns"];
  let from = 0;
  for (const name of fields) {
    const at = info.indexOf(`${name}: `, from);
    assert.ok(at >= from, `${name} in its place in:\n${info}`);
    from = at;
  }
  assert.match(info, /^Uptime: 0d 0h00m\d\ds\nUptime_sec: \d+$/m);

  assert.equal(await socat(scope, "get weight webserver-80/web1"), "1 (initial 1)\n\n");
  assert.equal(await socat(scope, "set weight webserver-80/web1 4"), "\n");
  assert.equal(await socat(scope, "get weight webserver-80/web1"), "4 (initial 1)\n\n");
  assert.equal(await socat(scope, "set weight webserver-80/web1 100%"), "\n");
  assert.equal(await socat(scope, "get weight webserver-80/web1"), "1 (initial 1)\n\n");

  const state = await socat(scope, "show servers state");
  const columns = "be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state " +
    "srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result " +
    "srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn " +
    "srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port";
  assert.equal(columns.split(" ").length, 25);
  const line = (id: number, name: string, ip: string) =>
    `3 webserver-80 ${id} ${name} ${ip} 2 0 1 1 # 6 3 7 6 0 0 0 - ${port80} - 0 0 - - 0\n`;
  assert.equal(
    state.replace(/ 2 0 1 1 \d+ /g, " 2 0 1 1 # "),
    `1\n# ${columns}\n${line(1, "web1", web1)}${line(2, "web2", web2)}\n`,
  );

  assert.equal(await socat(scope, "disable server webserver-80/web1"), "\n");
  assert.match(await socat(scope, "show servers state"), / web1 \S+ 0 1 1 1 \d+ 6 3 0 14 /);
  assert.deepEqual(tally(await curlTimes(6, `http://${address}/`)), { web2: 6 });
  const stat = await socat(scope, "show stat");
  assert.match(stat, /^webserver-80,web1,(?:[^,]*,){15}MAINT,1,1,0,/m);
  assert.match(stat, /^webserver-80,web2,(?:[^,]*,){15}UP,1,1,0,/m);
  assert.match(stat, /^webserver-80,BACKEND,(?:[^,]*,){15}UP,1,1,0,/m);
  assert.match(stat, /^webcluster,FRONTEND,(?:[^,]*,){15}OPEN,/m);
  const lines = stat.split("\n");
  assert.ok(lines[0].startsWith("# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,"));
  const commas = lines[0].split(",").length;
  for (const each of lines.slice(1, -2)) assert.equal(each.split(",").length, commas, each);
  assert.deepEqual(lines.slice(-2), ["", ""]);

  assert.equal(await socat(scope, "enable server webserver-80/web1"), "\n");
  assert.deepEqual(tally(await curlTimes(6, `http://${address}/`)), { web1: 3, web2: 3 });

  const session = await socat(scope, "prompt\nget weight webserver-80/web2\nquit");
  assert.equal(session, "\n> 1 (initial 1)\n\n> ");
  assert.ok((await socat(scope, "what is this")).startsWith("Unknown command"));
  if (underTest !== "haproxy") assert.match(info, /^Name: sluice$/m);
});
