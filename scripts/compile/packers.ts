/** Compressors for the self-extracting file: what packs here, and what the target machine unpacks with. */

export interface Packer {
  readonly name: "xz" | "zstd" | "gzip";
  /** packs stdin to stdout */
  readonly pack: readonly string[];
  /** as pack, in seconds instead of half a minute: for tests */
  readonly packFast: readonly string[];
  /** one line of sh that unpacks stdin to stdout */
  readonly unpack: string;
  /** sh: ends with a sentence when the target machine lacks the program */
  readonly need: string;
}

// The filter for machine code makes the runtime 3 % smaller.
const FILTER = Deno.build.arch === "x86_64" ? ["--x86"] : [];

const need = (commands: readonly string[], say: string) =>
  commands.map((each) => `command -v ${each} >/dev/null 2>&1`).join(" || ") +
  ` ||\n    fail "the first start needs ${say}, which is not installed"`;

/** In the order of preference. */
export const PACKERS: readonly Packer[] = [
  {
    name: "xz",
    pack: ["xz", "-T0", "--check=sha256", ...FILTER, "--lzma2=preset=6", "-c"],
    packFast: ["xz", "-T0", "--check=sha256", "-0", "-c"],
    unpack: "if command -v xz >/dev/null 2>&1; then xz -dc; else busybox xz -dc; fi",
    need: need(["xz", "busybox"], "xz (Debian: apt-get install xz-utils)"),
  },
  {
    name: "zstd",
    pack: ["zstd", "-q", "-T0", "-19", "--check", "-c"],
    packFast: ["zstd", "-q", "-T0", "-1", "--check", "-c"],
    unpack: "zstd -qdc",
    need: need(["zstd"], "zstd"),
  },
  {
    name: "gzip",
    pack: ["gzip", "-9", "-c"],
    packFast: ["gzip", "-1", "-c"],
    unpack: "gzip -dc",
    need: need(["gzip"], "gzip"),
  },
];

/** The first packer whose program is here, or the one asked for by name. Throws when there is none. */
export function choosePacker(name?: string): Packer {
  for (const packer of PACKERS) {
    if (name !== undefined && packer.name !== name) continue;
    if (isHere(packer.pack[0])) return packer;
  }
  throw new Error(
    name === undefined
      ? "none of xz, zstd and gzip is installed"
      : `${name} is not installed, or no compressor that is known (xz, zstd, gzip)`,
  );
}

function isHere(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** Packs a file's bytes. */
export async function packFile(command: readonly string[], path: string): Promise<Uint8Array> {
  const [program, ...args] = command;
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const file = await Deno.open(path);
  const [output] = await Promise.all([child.output(), file.readable.pipeTo(child.stdin)]);
  if (!output.success) throw new Error(`${program} ended with ${output.code}`);
  return output.stdout;
}
