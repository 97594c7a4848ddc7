import assert from "node:assert/strict";
import { isPassword } from "../../lib/expr/password.ts";

const LONG = "a".repeat(100);

/** Passwords (one character for each byte) and what the C library's crypt(3) makes of them. */
const VECTORS: readonly [password: string, hash: string][] = [
  ["hello", "$1$abcdefgh$rwnEbRiN0agqVgZBovWNQ/"],
  ["hello", "$1$s$X65rl0LNqzEpQQPBrAytq0"],
  ["hello", "$5$abc$W6SISEcmf6GfVdGFK0lGBXz2NPDhGZ.FBBMOz418YA7"],
  ["hello", "$5$rounds=1234$longsaltlongsalt$uMzFGk2Mj1ZvyQbkrVeX80gL5AHRRcVmBhbOVZ.5KmD"],
  [
    "hello",
    "$6$k6y3o.eP$FdSMFNnpu7lvEVPKcwD/08TzpGFXgISpUmWPokld.MuY4kJR9YMxDYvu6HhGZNBJPtSbgUmhKLN65rVKrMeiz.",
  ],
  [
    "hello",
    "$6$rounds=1000$x$yVON95350dfupWo4fiiG5gC.PWkmmdEQxslNuto/3h2pPGdtSdwnjTWoCVt4gVR4rqMnwnJySq146wnDafSYP0",
  ],
  ["hello", "$2a$04$abcdefghijklmnopqrstuuwHJMEGjfAzmL1lWmUmlphguIbWfjYey"],
  ["hello", "$2b$05$abcdefghijklmnopqrstuuWHxnxkyNt6AHCwFMQaY6auyqJA8E98a"],
  ["hello", "$2y$04$abcdefghijklmnopqrstuuwHJMEGjfAzmL1lWmUmlphguIbWfjYey"],
  [LONG, "$1$s$LoYb3EmJLcrDFmUH5CeS1."],
  [
    LONG,
    "$6$rounds=1000$x$gkyD82ppEtOlnIhN9fXaLAwZ7Wfi5CqfQ57SXSxowOft.nwKWZVPrnrPOPhvMDUoataR27ZWFUZerZ9IWcevu.",
  ],
  ["p\xc3\xa4ss", "$1$abcdefgh$QLc60jVoQ2PaFW/QsiK900"],
  ["p\xc3\xa4ss", "$5$abc$rbJIji9FGZ1LNFXwILu1yxkvK/c/SCH9ijeD7pT6QM8"],
  [
    "p\xc3\xa4ss",
    "$6$rounds=1000$x$98srrfQplUAcQueRX/lMsaa/bvBpOn6BjsBz0pz6DTYUKwtkuofnBt5jZYtlJNDHUvzY/ZZskMI9j.zyaTYgO0",
  ],
  ["p\xc3\xa4ss", "$2b$05$abcdefghijklmnopqrstuuQNr.NUko7cjRuTOhPz.WP0eA4f4.Xuq"],
];

for (const [password, text] of VECTORS) {
  Deno.test(`${text.slice(0, 20)}… is the hash of ${password.slice(0, 10)}`, () => {
    const kept = { kind: "crypt", text } as const;
    assert.equal(isPassword(password, kept), true);
    assert.equal(isPassword(`${password.slice(0, 60)}!`, kept), false);
    assert.equal(isPassword("", kept), false);
  });
}

Deno.test("bcrypt looks at 72 bytes only, as crypt(3) does", () => {
  const kept = {
    kind: "crypt",
    text: "$2b$05$abcdefghijklmnopqrstuuGUnCqbfgs3htOkLrFduUjAyLBw1Rq/u",
  } as const;
  assert.equal(isPassword(LONG, kept), true);
  assert.equal(isPassword("a".repeat(72), kept), true);
  assert.equal(isPassword("a".repeat(71), kept), false);
});

Deno.test("a plain password is compared byte for byte", () => {
  assert.equal(isPassword("elgato", { kind: "plain", text: "elgato" }), true);
  assert.equal(isPassword("Elgato", { kind: "plain", text: "elgato" }), false);
  assert.equal(isPassword("elgato ", { kind: "plain", text: "elgato" }), false);
  // the configuration is UTF-8
  assert.equal(isPassword("p\xc3\xa4ss", { kind: "plain", text: "p\u00e4ss" }), true);
});

Deno.test("what crypt(3) would not take is no password", () => {
  const kept = { kind: "crypt", text: VECTORS[2][1] } as const;
  assert.equal(isPassword("x".repeat(513), kept), false);
  // its hash could be made by crypt(3), but not by what is used here
  assert.equal(isPassword("\xff\xfe", kept), false);
});
