/**
 * Writing words: quoting for each format, and carrying `raw` (with its `${NAME}`) from one format to another.
 * Law: reading what is written here gives words of the same text.
 */
import type { Document, DocumentFormat, Statement, Word } from "./document.ts";
import { lex } from "./lexer.ts";
import { readVariable } from "./lexer_variable.ts";

/**
 * The text as one word of haproxy.cfg or of a YAML string: the same quoting is understood in both.
 * `always` puts quotes around it even where none are needed.
 */
export function quoteWord(text: string, always = false): string {
  // a `${` would be a variable in YAML; a lone `$` is none in either
  const bare = text !== "" && !/[\s"'\\#]|\$\{/.test(text) && !hasControl(text);
  if (bare) return always ? doubleQuoted(text) : text;
  if (hasControl(text) || text.includes("'")) return doubleQuoted(text);
  return /["\\$]/.test(text) ? `'${text}'` : `"${text}"`;
}

/** A character that must be escaped; a tab may stand in quotes as it is. */
function hasControl(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return /[\x00-\x08\x0a-\x1f\x7f]/.test(text);
}

function doubleQuoted(text: string): string {
  return `"${escapeWeak(text)}"`;
}

/** Escapes for inside double quotes. */
function escapeWeak(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/["\\$\x00-\x1f\x7f]/g, (char) => {
    if (char === "\n") return "\\n";
    if (char === "\r") return "\\r";
    if (char === "\t") return "\\t";
    if (char >= " " && char !== "\x7f") return `\\${char}`;
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

/**
 * The word as it is written in `to`, its variables kept. "" for a word that the one before it brings along.
 * `from` is the format of the Document it comes from.
 */
export function writeWord(word: Word, from: DocumentFormat, to: "cfg" | "yaml"): string {
  const raw = word.raw;
  if (raw === "") return "";
  if (raw === undefined || from === "env") return quoteWord(word.text, word.quoted);
  if (from === to) return isOneWord(raw, to) ? raw : quoteWord(word.text, word.quoted);
  if (to === "yaml" && raw.includes("${") && ONLY_FOR_VARIABLES.test(raw)) return raw.slice(1, -1);
  const bare = bareParts(raw, from);
  if (!bare.differs) return raw;
  return bare.variables ? requote(raw) : quoteWord(word.text, word.quoted);
}

/** Double quotes that haproxy.cfg needs for the sake of `${NAME}` alone, and YAML does not. */
const ONLY_FOR_VARIABLES = /^"(?:[^"'\\\s#$]|\$\{[A-Za-z_]\w*(?::?-[^}"'\\\s]*)?\})+"$/;

/** Guards against a raw that its reader would take for something else (it never does for our readers). */
function isOneWord(raw: string, style: "cfg" | "yaml"): boolean {
  const { tokens, error, comment } = lex(raw, { style });
  return error === undefined && comment === undefined && tokens.length <= 1;
}

/** Whether `raw` has anything that the two text formats understand differently. */
function bareParts(raw: string, from: "cfg" | "yaml"): { differs: boolean; variables: boolean } {
  let quote = "";
  let differs = false;
  let variables = false;
  for (let at = 0; at < raw.length; at++) {
    const char = raw[at];
    if (quote === "'") {
      if (char === "'") quote = "";
    } else if (char === "\\") {
      // `\$` outside quotes keeps its backslash in cfg only
      if (raw[at + 1] === "$" && quote === "") differs = true;
      at++;
    } else if (char === '"') quote = quote === "" ? '"' : "";
    else if (char === "$" && (quote === '"' || (from === "yaml" && raw[at + 1] === "{"))) {
      variables = true;
      if (quote === "") differs = true;
      const use = readVariable(raw, at);
      if (!("message" in use)) at = use.end - 1;
    } else if (quote === "" && (char === "#" || (char === "$" && raw[at + 1] === "{"))) {
      differs = true;
    } else if (quote === "" && char === "'") quote = "'";
  }
  return { differs, variables };
}

/** A raw word of YAML with its variables, as one double quoted word. */
function requote(raw: string): string {
  let out = "";
  let quote = "";
  for (let at = 0; at < raw.length;) {
    const char = raw[at];
    if (quote === "'") {
      if (char === "'") quote = "";
      else out += escapeWeak(char);
      at++;
    } else if (char === "$" && (quote === '"' || raw[at + 1] === "{")) {
      const use = readVariable(raw, at);
      const end = "message" in use ? at + 1 : use.end;
      out += raw.slice(at, end);
      at = end;
    } else if (char === "\\") {
      const length = raw[at + 1] === "x" ? 4 : 2;
      const piece = raw.slice(at, at + length);
      const { tokens } = lex(`"${piece}"`, { style: "yaml" });
      // bytes above ASCII make sense together only: they are kept as they are
      out += tokens.length === 1 ? escapeWeak(tokens[0].text) : piece;
      at += length;
    } else if (char === '"') {
      quote = quote === "" ? '"' : "";
      at++;
    } else if (char === "'" && quote === "") {
      quote = "'";
      at++;
    } else {
      out += escapeWeak(char);
      at++;
    }
  }
  return `"${out}"`;
}

/** The Document with every `raw` as it would be written in another format. */
export function convertRaw(document: Document, to: DocumentFormat): Document {
  const from = document.format;
  if (from === to || to === "env") return document;
  const words = (list: readonly Word[]) =>
    list.map((word): Word => {
      if (word.raw === undefined || word.raw === "") return word;
      return { ...word, raw: writeWord(word, from, to) };
    });
  const statement = (one: Statement): Statement => ({ ...one, words: words(one.words) });
  return {
    ...document,
    format: to,
    sections: document.sections.map((section) => ({
      ...section,
      args: words(section.args),
      statements: section.statements.map(statement),
    })),
  };
}
