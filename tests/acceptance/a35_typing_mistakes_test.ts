import assert from "node:assert/strict";
import { curlBody } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import { type BothForms, checkConfig, type Form, startProxy } from "../support/sluice.ts";
import { underTest } from "../support/under_test.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

const good: BothForms = {
  cfg: `${DEFAULTS.cfg}
frontend webcluster
    bind ${proxy}:${port80}
    use_backend webserver-80

backend webserver-80
    server web1 ${web1}:${port80} check inter 3s fall 3 rise 5
    server web2 ${web2}:${port80} check inter 3s fall 3 rise 5
`,
  yaml: `${DEFAULTS.yaml}
frontends:
  webcluster:
    bind: "${proxy}:${port80}"
    use_backend:
      - { backend: webserver-80 }
backends:
  webserver-80:
    servers:
      web1: "${web1}:${port80} check inter 3s fall 3 rise 5"
      web2: "${web2}:${port80} check inter 3s fall 3 rise 5"
`,
};

interface Mistake {
  readonly name: string;
  /** replaces this in the good text … */
  readonly replace: Readonly<Record<Form, readonly [string, string]>>;
  /** the word that is wrong */
  readonly word: string;
  /** what must be offered, when there is something near */
  readonly nearest?: string;
}

const MISTAKES: readonly Mistake[] = [
  {
    name: "dall 3 for fall 3",
    replace: { cfg: ["fall 3 rise", "dall 3 rise"], yaml: ["fall 3 rise", "dall 3 rise"] },
    word: "dall",
    nearest: "fall",
  },
  {
    name: "nbproc in defaults",
    replace: {
      cfg: ["    mode http\n", "    mode http\n    nbproc 2\n"],
      yaml: ["  mode: http\n", "  mode: http\n  nbproc: 2\n"],
    },
    word: "nbproc",
  },
  {
    name: "a backend that does not exist",
    replace: {
      cfg: ["use_backend webserver-80", "use_backend webserver-90"],
      yaml: ["{ backend: webserver-80 }", "{ backend: webserver-90 }"],
    },
    word: "webserver-90",
    nearest: "webserver-80",
  },
  {
    name: "an ACL that is not defined",
    replace: {
      cfg: [
        "use_backend webserver-80",
        "acl local src 127.0.0.0/8\n    use_backend webserver-80 if locall",
      ],
      yaml: [
        "    use_backend:\n      - { backend: webserver-80 }",
        '    acl: { local: "src 127.0.0.0/8" }\n' +
        "    use_backend:\n      - { backend: webserver-80, if: locall }",
      ],
    },
    word: "locall",
    nearest: "local",
  },
];

for (const mistake of MISTAKES) {
  row(`A35: -c names file, line and word of ${mistake.name}`, {}, async (scope, form) => {
    const text = applied(mistake, form);
    const answer = await checkConfig(scope, text, form);
    const said = `${answer.stdout}${answer.stderr}`;
    assert.equal(answer.code, 1, said);
    assert.ok(said.includes(mistake.word), said);
    if (underTest === "haproxy") return; // it names neither the line nor the nearest word of each
    const line = text.split("\n").findIndex((each) => each.includes(mistake.word)) + 1;
    assert.match(
      said,
      new RegExp(`${form === "cfg" ? "haproxy.cfg" : "sluice.yaml"}:${line}:\\d+`),
    );
    if (mistake.nearest !== undefined) {
      assert.match(said, new RegExp(`(?<![\\w-])${mistake.nearest}(?![\\w-])`));
    }
  });
}

row("A35: the good text passes -c with exit code 0", {}, async (scope, form) => {
  const answer = await checkConfig(scope, good[form], form);
  assert.equal(answer.code, 0, `${answer.stdout}${answer.stderr}`);
});

row("A35: all mistakes of a text are reported at once", {
  unless: underTest === "haproxy" ? "HAProxy stops before it resolves names" : undefined,
}, async (scope, form) => {
  let text = good[form];
  for (const { replace } of MISTAKES.slice(0, 3)) text = text.replace(...replace[form]);
  const answer = await checkConfig(scope, text, form);
  const said = `${answer.stdout}${answer.stderr}`;
  assert.equal(answer.code, 1);
  for (const { word } of MISTAKES.slice(0, 3)) assert.ok(said.includes(word), said);
});

row(
  "A35: a reload of a wrong file leaves the running proxy as it is, and says so",
  { programs: ["nginx", "curl"] },
  async (scope, form) => {
    await twoWebServers(scope);
    const address = `${proxy}:${port80}`;
    const running = await startProxy(scope, good[form], {
      form,
      listening: [address],
      args: ["-W", "-db"],
    });
    assert.match(await curlBody(`http://${address}/`), /^web[12]$/);
    for (const mistake of MISTAKES) {
      Deno.writeTextFileSync(running.configPath, applied(mistake, form));
      const before = running.process.output().length;
      running.reload();
      await waitFor(
        `a message about ${mistake.word}`,
        () => running.process.output().slice(before).includes(mistake.word),
        { explain: () => running.process.output() },
      );
      assert.match(await curlBody(`http://${address}/`), /^web[12]$/);
    }
    // And a good one is taken again.
    Deno.writeTextFileSync(
      running.configPath,
      good[form].replace(/^.*server web2.*$|^ *web2:.*$/m, ""),
    );
    running.reload();
    await waitFor("web1 alone", async () => {
      const bodies = [];
      for (let n = 0; n < 3; n++) bodies.push(await curlBody(`http://${address}/`));
      return bodies.every((each) => each === "web1");
    });
  },
);

function applied(mistake: Mistake, form: Form): string {
  const text = good[form].replace(...mistake.replace[form]);
  assert.notEqual(text, good[form]);
  return text;
}
