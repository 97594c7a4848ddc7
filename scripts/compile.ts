/**
 * `deno task compile [--form deno|self] [--compress xz|zstd|gzip] [--fast] [--output FILE]`
 *
 * Makes dist/sluice, one file that needs nothing else: by `deno compile` where that works, else self-extracting
 * (a sh header with the Deno runtime and sluice packed behind it). Then starts it and prints what it weighs.
 */
import { bundle } from "./compile/bundle.ts";
import { tryDenoCompile } from "./compile/deno_compile.ts";
import { choosePacker } from "./compile/packers.ts";
import { writeSelfExtracting } from "./compile/self_extracting.ts";
import config from "../deno.json" with { type: "json" };

const root = new URL("../", import.meta.url).pathname;

interface Options {
  form?: string;
  compress?: string;
  fast: boolean;
  output: string;
}

function parse(args: readonly string[]): Options {
  const options: Options = { fast: false, output: `${root}dist/sluice` };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--fast") options.fast = true;
    else if (arg === "--form") options.form = rest.shift();
    else if (arg === "--compress") options.compress = rest.shift();
    else if (arg === "--output") options.output = rest.shift() ?? options.output;
    else {
      console.error(`compile: ${arg}: no such option`);
      Deno.exit(2);
    }
  }
  return options;
}

async function timed(command: string, args: readonly string[], env: Record<string, string>) {
  const begin = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env,
    clearEnv: true,
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (!success) throw new Error(`${command} ${args.join(" ")} failed:\n${text}`);
  return { ms: performance.now() - begin, text };
}

async function report(output: string): Promise<void> {
  const { size } = await Deno.stat(output);
  console.log(`${output}: ${(size / 1e6).toFixed(1)} MB`);
  const cache = await Deno.makeTempDir({ prefix: "sluice-compile-" });
  try {
    const env = { SLUICE_CACHE: `${cache}/cache` };
    const first = await timed(output, ["version"], env);
    const times: number[] = [];
    for (let n = 0; n < 5; n++) times.push((await timed(output, ["version"], env)).ms);
    const next = times.sort((a, b) => a - b)[2];
    console.log(
      `first start ${(first.ms / 1000).toFixed(2)} s, later starts ${
        (next / 1000).toFixed(2)
      } s: ` +
        first.text.split("\n")[0],
    );
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

const options = parse(Deno.args);
const work = await Deno.makeTempDir({ prefix: "sluice-compile-" });
try {
  await Deno.mkdir(options.output.slice(0, options.output.lastIndexOf("/")) || "/", {
    recursive: true,
  });
  const main = `${work}/sluice.js`;
  await bundle(root, main);
  const say = (line: string) => console.log(line);
  const done = options.form !== "self" &&
    await tryDenoCompile(work, main, options.output, say);
  if (!done) {
    if (options.form === "deno") Deno.exit(1);
    const packer = choosePacker(options.compress);
    say(`making the self-extracting form with ${packer.name}`);
    await writeSelfExtracting({
      version: config.version,
      runtime: Deno.execPath(),
      main,
      output: options.output,
      packer,
      fast: options.fast,
    });
  }
  await report(options.output);
} finally {
  await Deno.remove(work, { recursive: true });
}
