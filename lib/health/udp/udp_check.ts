/**
 * `option dns-check` and `option udp-check`, which HAProxy has not: a datagram is sent to the server, and one comes
 * back from it.
 */
import { bytesOfLatin1, latin1OfText } from "../../http1/bytes.ts";
import type { Target } from "../../net/conn.ts";
import { type Datagram, datagramAddress, type OpenDatagram } from "../../net/datagram.ts";
import { Timer } from "../../net/timers.ts";
import type { Check, CheckContext, CheckKind, CheckLimits, RunningCheck } from "../check.ts";
import { type CheckResult, checkResult } from "../result.ts";
import { dnsAnswer, dnsQuery } from "./dns.ts";

/** What one run sends, and how an answer is judged; undefined: it is none of ours, wait for another. */
interface Question {
  readonly bytes: Uint8Array;
  judge(answer: Uint8Array): { readonly good: boolean; readonly info: string } | undefined;
}

const LARGEST = 16384;
/** A datagram may be lost: it is sent again after each of these parts of the time. */
const TRIES = 3;

export class UdpCheck implements Check {
  readonly #context: CheckContext;
  readonly #ask: () => Question;
  readonly #open: OpenDatagram;

  constructor(context: CheckContext, open: OpenDatagram, ask: () => Question) {
    this.#context = context;
    this.#open = open;
    this.#ask = ask;
  }

  run(target: Target, limits: CheckLimits): RunningCheck {
    let finish!: (result: CheckResult | undefined) => void;
    const promise = new Promise<CheckResult | undefined>((resolve) => finish = resolve);
    const { wheel } = this.#context;
    const start = wheel.now();
    const took = () => wheel.now() - start;
    const to = target.type === "tcp" ? datagramAddress(target.host, target.port) : undefined;
    const socket = to === undefined
      ? undefined
      : this.#open(to.hostname.includes(":") ? "::" : "0.0.0.0", 0);
    if (to === undefined || socket === undefined || "failed" in socket) {
      const why = socket !== undefined && "failed" in socket ? socket.message : undefined;
      finish(checkResult("SOCKERR", 0, why ?? "a UDP check needs an IP address"));
      return { promise, cancel() {} };
    }
    const question = this.#ask();
    const limit = limits.read ?? limits.total;
    let left = TRIES;
    const end = (result: CheckResult | undefined) => {
      timer.clear();
      socket.close();
      finish(result);
    };
    const timer = new Timer(wheel, () => {
      if (left === 0) return end(checkResult("L7TOUT", took(), "no answer"));
      send();
    });
    const send = () => {
      left--;
      // What could not be sent is a datagram that was lost.
      socket.send(question.bytes, to)?.catch(() => {});
      timer.set(limit / TRIES);
    };
    this.#listen(
      socket,
      to,
      question,
      (good, info) => end(checkResult(good ? "L7OK" : "L7STS", took(), info)),
    );
    send();
    return { promise, cancel: () => end(undefined) };
  }

  #listen(
    socket: Datagram,
    to: Deno.NetAddr,
    question: Question,
    done: (good: boolean, info: string) => void,
  ): void {
    socket.start(LARGEST, (bytes, from) => {
      if (from.port !== to.port || from.hostname !== to.hostname) return undefined;
      const judged = question.judge(bytes);
      if (judged !== undefined) done(judged.good, judged.info);
      return undefined;
    });
  }
}

/** Answers that tell of a server that works: also that a name is not there. */
const GOOD: ReadonlySet<string> = new Set(["NOERROR", "NXDOMAIN"]);

export function udpChecks(open: OpenDatagram): readonly CheckKind[] {
  return [
    {
      name: "dns-check",
      section: "sluice's own",
      doc: "Asks a DNS server by UDP for a name.",
      compile: (proxy) => {
        const name = proxy.checks.dnsName ?? ".";
        return (context) =>
          new UdpCheck(context, open, () => {
            const bytes = dnsQuery(Math.floor(context.process.random() * 65536), name)!;
            return {
              bytes,
              judge(answer) {
                const code = dnsAnswer(bytes, answer);
                return code === undefined ? undefined : { good: GOOD.has(code), info: code };
              },
            };
          });
      },
    },
    {
      name: "udp-check",
      section: "sluice's own",
      doc: "Sends a datagram and wants one back.",
      compile: (proxy) => {
        const { send = "", expect } = proxy.checks.udp ?? {};
        const bytes = bytesOfLatin1(latin1OfText(send));
        const wanted = expect === undefined ? undefined : bytesOfLatin1(latin1OfText(expect));
        return (context) =>
          new UdpCheck(context, open, () => ({
            bytes,
            judge: (answer) => ({
              good: wanted === undefined || contains(answer, wanted),
              info: "",
            }),
          }));
      },
    },
  ];
}

function contains(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let at = 0; at + part.length <= bytes.length; at++) {
    let i = 0;
    while (i < part.length && bytes[at + i] === part[i]) i++;
    if (i === part.length) return true;
  }
  return false;
}
