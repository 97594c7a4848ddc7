/** All kinds of health checks, in one explicit list. */
import type { CheckKind } from "./check.ts";
import { externalCheck } from "./external/external_check.ts";
import { icmpCheck } from "./icmp/icmp_check.ts";
import { ldapCheck } from "./protocols/ldap.ts";
import { mysqlCheck } from "./protocols/mysql.ts";
import { pgsqlCheck } from "./protocols/pgsql.ts";
import { redisCheck } from "./protocols/redis.ts";
import { smtpCheck } from "./protocols/smtp.ts";
import { sslHelloCheck } from "./protocols/ssl_hello.ts";
import { openDenoDatagram } from "../net/datagram.ts";
import { udpChecks } from "./udp/udp_check.ts";
import { httpCheck, plainCheck, tcpCheck } from "./sequence/kinds.ts";

export const checkKinds: readonly CheckKind[] = [
  plainCheck,
  httpCheck,
  tcpCheck,
  mysqlCheck,
  pgsqlCheck,
  redisCheck,
  smtpCheck,
  ldapCheck,
  sslHelloCheck,
  externalCheck,
  icmpCheck,
  ...udpChecks(openDenoDatagram),
];

/** Finds a kind of check by its name. */
export function checkKindNamed(name: string): CheckKind | undefined {
  return checkKinds.find((kind) => kind.name === name);
}
