/** What a test needs of the machine, and the sentence that says what is not there. */
import { underTest } from "./under_test.ts";

export interface Needs {
  /** programs that must be installed */
  readonly programs?: readonly string[];
  /** must run as root (low ports, other users) */
  readonly root?: boolean;
  /** network namespaces must be possible (root and CAP_SYS_ADMIN) */
  readonly namespaces?: boolean;
  /** descriptors this process must be allowed to open */
  readonly descriptors?: number;
  /** any other condition: a sentence when it is not met */
  readonly unless?: string | undefined;
}

const SBIN = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];

/** The absolute path of a program, also of one in an sbin directory that PATH lacks. */
export function findProgram(name: string): string | undefined {
  if (name.startsWith("/")) return isFile(name) ? name : undefined;
  for (const dir of [...(Deno.env.get("PATH") ?? "").split(":"), ...SBIN]) {
    if (dir !== "" && isFile(`${dir}/${name}`)) return `${dir}/${name}`;
  }
  return undefined;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** True when this process is root. */
export const isRoot = Deno.uid() === 0;

function succeeds(program: string, args: readonly string[]): boolean {
  return new Deno.Command(program, { args: [...args], stdout: "null", stderr: "null" })
    .outputSync().success;
}

let namespacesWork: boolean | undefined;

/** True when a network namespace can be made and entered here. */
export function canMakeNamespaces(): boolean {
  if (namespacesWork === undefined) {
    const ip = findProgram("ip");
    const name = `sluice-probe-${Deno.pid}-${Math.trunc(performance.now() * 1000)}`;
    namespacesWork = isRoot && ip !== undefined &&
      // In some containers one can be made and then not be entered.
      succeeds(ip, ["netns", "add", name]) && succeeds(ip, ["netns", "exec", name, "true"]);
    if (ip !== undefined) succeeds(ip, ["netns", "del", name]);
  }
  return namespacesWork;
}

/** The number of descriptors this process may open now. */
export function descriptorLimit(): number {
  const line = Deno.readTextFileSync("/proc/self/limits").split("\n")
    .find((each) => each.startsWith("Max open files"));
  return Number(line?.trim().split(/\s+/)[3] ?? 1024);
}

/** A sentence that says what is missing, or undefined when all is there. */
export function missingNeeds(needs: Needs): string | undefined {
  if (needs.unless !== undefined) return needs.unless;
  const wanted = [...needs.programs ?? []];
  if (underTest === "haproxy") wanted.push("haproxy");
  const absent = wanted.filter((each) => findProgram(each) === undefined);
  if (absent.length > 0) return `not installed: ${absent.join(", ")}`;
  if (needs.root === true && !isRoot) return "must run as root";
  if (needs.namespaces === true && !canMakeNamespaces()) {
    return "network namespaces cannot be made here";
  }
  if (needs.descriptors !== undefined && descriptorLimit() < needs.descriptors) {
    return `needs ${needs.descriptors} descriptors, ulimit -n is ${descriptorLimit()}`;
  }
  return undefined;
}
