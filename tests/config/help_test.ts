import assert from "node:assert/strict";
import { helpFor, helpIndex } from "../../lib/config/help.ts";
import { keywordRows, optionTables, sectionRows } from "../../lib/config/keywords/index.ts";

Deno.test("help explains a keyword: how it is written, where, what it does", () => {
  const { text, found } = helpFor("timeout connect");
  assert.equal(found, true);
  assert.match(text, /^timeout connect <time>\n {4}in defaults, listen, backend\n/);
  assert.match(text, /<time>: a time such as 500, 5s or 1m/);
  assert.match(text, /HAProxy's manual, section 4\.2/);
});

Deno.test("help names everything that bears a name", () => {
  const { text } = helpFor("maxconn");
  assert.match(text, /in global/);
  assert.match(text, /in defaults, frontend, listen/);
  assert.match(text, /a setting of 'bind' lines/);
  assert.match(text, /a setting of 'server' lines/);
});

Deno.test("help lists the keywords of a section, of a first word, and the settings of a line", () => {
  assert.match(helpFor("backend").text, /^backend <name> \[from <defaults>\][\s\S]*\n {4}retries /);
  assert.match(helpFor("timeout").text, /'timeout' begins these keywords:[\s\S]*timeout queue/);
  assert.match(helpFor("server").text, /Settings of 'server' lines:[\s\S]*\n {4}inter <time>/);
  assert.match(helpFor("default-server").text, /Settings of 'default-server' lines:/);
});

Deno.test("help says why a keyword is refused or ignored", () => {
  assert.match(helpFor("fcgi-app").text, /Not supported: FastCGI is not spoken/);
  assert.match(helpFor("use-fcgi-app").text, /Not supported: .*nginx/);
  assert.match(helpFor("nopoll").text, /Ignored with a warning: /);
  assert.match(helpFor("program").text, /Not supported: /);
});

Deno.test("help leaves out a 'no' before the keyword", () => {
  assert.equal(helpFor("no option dontlognull").text, helpFor("option dontlognull").text);
});

Deno.test("help answers an unknown word with the nearest one", () => {
  const { text, found } = helpFor("timeout conect");
  assert.equal(found, false);
  assert.match(text, /There is no keyword 'timeout conect'; did you mean 'timeout connect'\?/);
  assert.equal(helpFor("zzzzzz").text, "There is no keyword 'zzzzzz'");
});

Deno.test("help has a text for every word of the language", () => {
  for (const { kind } of sectionRows) assert.ok(helpFor(kind).found, kind);
  for (const { name } of keywordRows) assert.ok(helpFor(name).found, name);
  for (const { rows } of optionTables) {
    for (const { name } of rows) assert.ok(helpFor(name).found, name);
  }
});

Deno.test("the index of help has every supported keyword", () => {
  const index = helpIndex();
  for (const row of keywordRows) {
    if (row.status === "supported") assert.ok(index.includes(`\n    ${row.name} `), row.name);
  }
});
