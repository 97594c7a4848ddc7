import assert from "node:assert/strict";
import { Diagnostics } from "../../lib/config/diagnostic.ts";
import { Environment } from "../../lib/config/environment.ts";
import {
  type ConfigFiles,
  detectFormat,
  loadDocument,
  MAX_CONFIG_BYTES,
} from "../../lib/config/load.ts";
import { outline } from "./document_text.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Files in memory; a value `null` is a directory. */
function inMemory(files: Record<string, string | Uint8Array | null>): ConfigFiles {
  const get = (path: string) => {
    const found = files[path.replace(/\/$/, "")];
    if (found === undefined) throw new Deno.errors.NotFound("no such file");
    return found;
  };
  return {
    isDirectory: (path) => Promise.resolve().then(() => get(path) === null),
    listFiles: (path) => {
      const prefix = path.replace(/\/$/, "") + "/";
      const names = Object.keys(files).filter((name) => name.startsWith(prefix));
      return Promise.resolve(names.map((name) => name.slice(prefix.length)).reverse());
    },
    read: (path, limit) =>
      Promise.resolve().then(() => {
        const content = get(path)!;
        return (typeof content === "string" ? bytes(content) : content).subarray(0, limit);
      }),
  };
}

async function load(paths: string[], files: Record<string, string | Uint8Array | null>, env = {}) {
  const diagnostics = new Diagnostics();
  const loaded = await loadDocument(paths, diagnostics, { env, files: inMemory(files) });
  return { ...loaded, said: diagnostics.list.map(({ message }) => message), diagnostics };
}

Deno.test("files are read in the order given, a directory in the order of its bytes", async () => {
  const { files, document } = await load(["last.cfg", "d", "e/"], {
    "d": null,
    "d/b.cfg": "backend b\n",
    "d/Z.cfg": "backend z\n",
    "d/10.cfg": "backend ten\n",
    "d/9.yaml": "backends: { nine: {} }\n",
    "d/\u00e9.cfg": "backend e\n",
    "d/.hidden.cfg": "backend hidden\n",
    "d/note.txt": "backend note\n",
    "e": null,
    "e/x.yml": "backends: { x: {} }\n",
    "last.cfg": "backend first\n",
  });
  assert.deepEqual(files, [
    "last.cfg",
    "d/10.cfg",
    "d/9.yaml",
    "d/Z.cfg",
    "d/b.cfg",
    "d/\u00e9.cfg",
    "e/x.yml",
  ]);
  const names = outline(document).map(([head]) => head.slice("backend|".length));
  assert.deepEqual(names, ["first", "ten", "nine", "z", "b", "e", "x"]);
});

Deno.test("a section does not continue in the next file, the environment does", async () => {
  const { said, document } = await load(["a", "b"], {
    a: "global\n setenv X 1\nfrontend f\n",
    b: 'bind :80\nbackend b\n description "$X $HAPROXY_CFGFILES"\n',
  });
  assert.deepEqual(said, ["'bind' stands before any section"]);
  assert.equal(outline(document)[2][1], "description|1 a;b");
});

Deno.test("an environment that is passed learns the names of the files", async () => {
  const env = new Environment();
  await loadDocument(["a"], new Diagnostics(), { env, files: inMemory({ a: "global\n" }) });
  assert.equal(env.get("HAPROXY_CFGFILES"), "a");
});

Deno.test("what cannot be read is told, the rest is read", async () => {
  const { said, document } = await load(["nope.cfg", "empty", "ok.cfg"], {
    "empty": null,
    "ok.cfg": "global\n",
  });
  assert.deepEqual(said, [
    "cannot open 'nope.cfg': there is no such file or directory",
    "the directory 'empty' has no file ending in .cfg, .yaml or .yml",
  ]);
  assert.deepEqual(outline(document), [["global"]]);
});

Deno.test("bytes that are not UTF-8 are refused with their place, except in comment lines", async () => {
  const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
  const { diagnostics, document } = await load(["a", "b"], {
    a: latin1("global\n  # caf\xe9\n  description caf\xe9\n"),
    b: latin1("# caf\xe9\nglobal\n  daemon\n"),
  });
  assert.equal(diagnostics.list.length, 1);
  assert.deepEqual(diagnostics.list[0].span, { file: "a", line: 3, column: 18, length: 1 });
  assert.deepEqual(outline(document), [["global", "daemon"]]);
});

Deno.test("a byte order mark is no mistake", async () => {
  const { said, document } = await load(["a"], { a: "\ufeffglobal\n" });
  assert.deepEqual([said, outline(document)], [[], [["global"]]]);
});

Deno.test("a file that is too large is refused", async () => {
  const { said } = await load(["big"], { big: new Uint8Array(MAX_CONFIG_BYTES + 1) });
  assert.deepEqual(said, ["'big' is larger than 64 MiB"]);
});

Deno.test("the format is known by the name, else by the first line", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["x.yaml", "global", "yaml"],
    ["x.YML", "", "yaml"],
    ["haproxy.cfg", "global:", "cfg"],
    ["x", "", "cfg"],
    ["x", "# c\n\nglobal\n", "cfg"],
    ["x", "global # a: b\n", "cfg"],
    ["x", "# c\n\nglobal:\n", "yaml"],
    ["x", "global: { a: b }", "yaml"],
    ["x", "---\nglobal", "yaml"],
    ["x", "- global: {}", "yaml"],
    ["x", "{global: {}}", "yaml"],
    ["x", "frontend web:\n", "yaml"],
    ["x", "  frontend web\n  bind :80\n", "cfg"],
    ["x", ".if 1\n", "cfg"],
    ["x", "listen a :80", "cfg"],
    ["x", "\r\nglobal\r\n", "cfg"],
  ];
  for (const [name, text, expected] of cases) {
    assert.equal(detectFormat(name, text), expected, text);
  }
});

Deno.test("the real file system: files, directories, links and what is missing", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/sub.cfg`);
    await Deno.writeTextFile(`${folder}/b.cfg`, "backend b\n");
    await Deno.writeTextFile(`${folder}/long.cfg`, `# ${"x".repeat(200_000)}\nbackend long\n`);
    await Deno.symlink(`${folder}/b.cfg`, `${folder}/a.cfg`);
    const diagnostics = new Diagnostics();
    const { document, files } = await loadDocument([folder, `${folder}/c.cfg`], diagnostics, {
      env: {},
    });
    assert.deepEqual(outline(document), [["backend|b"], ["backend|b"], ["backend|long"]]);
    assert.equal(files.length, 3);
    assert.match(diagnostics.list[0].message, /c\.cfg': there is no such file/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
