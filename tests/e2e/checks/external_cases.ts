/** `option external-check`: exit codes, time, arguments and environment of the program. */
import type { Scope } from "../../support/scope.ts";
import type { CheckCase } from "./rig.ts";
import { banner } from "./scripts.ts";

/** The programs are written below `scope.dir`; `seen.out` there has what one of them was given. */
export function externalCases(scope: Scope): readonly CheckCase[] {
  const program = (name: string, text: string): string => {
    const path = scope.write(`programs/${name}`, `#!/bin/sh\n${text}\n`);
    Deno.chmodSync(path, name === "notexec" ? 0o644 : 0o755);
    return path;
  };
  const runs = (
    name: string,
    command: string,
    more: readonly string[] = [],
  ): CheckCase => ({
    name,
    backend: ["option external-check", `external-check command ${command}`, ...more],
    server: "maxconn 7 id 12",
    serve: banner(""),
  });
  return [
    runs("a program that succeeds", "/bin/true"),
    runs("a program that fails", "/bin/false"),
    runs("another exit code", program("exit3", "exit 3")),
    runs("a program that a signal ends", program("signal", "kill -9 $$")),
    runs("a program that takes too long", program("slow", "exec /bin/sleep 5")),
    runs(
      "a program that takes longer than inter with timeout check",
      program("slow", "exec /bin/sleep 5"),
      [
        "timeout check 300",
      ],
    ),
    runs("a program that is not there", "/nonexistent/program"),
    runs("a program in its path", "true", ["external-check path /nonexistent:/bin"]),
    runs("a program that says something", program("says", "echo something; echo more >&2; exit 1")),
    {
      ...runs(
        "a program that tells what it was given",
        program("seen", `(/usr/bin/env; echo "$@") > ${scope.path("seen.out")}`),
        ["external-check path /usr/bin:/bin"],
      ),
    },
  ];
}
