/** AES and JSON Web Tokens (manual 7.3.1). */
import { casesOf, type ValueCase } from "./types.ts";

const TOKEN =
  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyLCJhZG1pbiI6dHJ1ZX0.F-cvL2RcfQhUtCavIM7q7zYE8drmj2LJk0JRkrS6He4";
const TAG = "q25H1CzsE731OmeyEle93w==";
const SET = [
  `http-request set-var(txn.jwt) str(${TOKEN})`,
  "http-request set-var(txn.bad) str(a.b.c)",
  `http-request set-var(txn.forged) str(${TOKEN.slice(0, -1)}A)`,
  `http-request set-var(txn.none) str(${TOKEN.split(".").slice(0, 2).join(".")}.)`,
  "http-request set-var(txn.alg) str(HS256)",
  "http-request set-var(txn.nonce) str(AAAAAAAAAAAAAAAA)",
  `http-request set-var(txn.tag) str(${TAG})`,
  "http-request set-var(txn.no64) str(@)",
];
const CIPHERED = "bin(0388dace60b6a392f328c2b971b2fe78)";
const KEY = "AAAAAAAAAAAAAAAAAAAAAA==";
const OTHER = "BAAAAAAAAAAAAAAAAAAAAA==";

const value = casesOf("7.3.1", SET);

export const CRYPTO_CASES: readonly ValueCase[] = [
  value("var(txn.jwt),jwt_header_query", '{"alg":"HS256","typ":"JWT"}', {
    haproxy: "",
    why: "without a path the whole header is given, as the manual says",
  }),
  value("var(txn.jwt),jwt_header_query('$.alg')", "HS256"),
  value("var(txn.jwt),jwt_payload_query('$.name')", "John Doe"),
  value("var(txn.jwt),jwt_payload_query('$.iat','int'),add(1)", "1516239023"),
  value("var(txn.jwt),jwt_payload_query('$.admin')", "1"),
  value("var(txn.jwt),jwt_payload_query('$.none')", ""),
  value("str(abc),jwt_payload_query", ""),
  value("str(a.b),jwt_header_query", ""),
  value('var(txn.jwt),jwt_verify(HS256,"your-256-bit-secret")', "1"),
  value('var(txn.jwt),jwt_verify(txn.alg,"your-256-bit-secret")', "1"),
  value('var(txn.jwt),jwt_verify(HS256,"another secret")', "0"),
  value('var(txn.jwt),jwt_verify(HS384,"your-256-bit-secret")', "0"),
  value('var(txn.forged),jwt_verify(HS256,"your-256-bit-secret")', "0"),
  value('var(txn.none),jwt_verify(HS256,"your-256-bit-secret")', "-3"),
  value('var(txn.none),jwt_verify(none,"")', "1"),
  value('var(txn.jwt),jwt_verify(none,"")', "0"),
  value('str(abc),jwt_verify(HS256,"x")', "-3"),
  value('var(txn.jwt),jwt_verify(txn.nonce,"x")', "-1"),
  value(`${CIPHERED},aes_gcm_dec(128,txn.nonce,${KEY},txn.tag),hex`, "0".repeat(32)),
  value(`${CIPHERED},aes_gcm_dec(128,AAAAAAAAAAAAAAAA,${KEY},${TAG}),hex`, "0".repeat(32)),
  value(`${CIPHERED},aes_gcm_dec(128,txn.nonce,${OTHER},txn.tag),hex`, ""),
  value(`${CIPHERED},aes_gcm_dec(256,txn.nonce,${KEY},txn.tag),hex`, ""),
  value(`${CIPHERED},aes_gcm_dec(128,txn.no64,${KEY},txn.tag),hex`, ""),
  value(`${CIPHERED},aes_gcm_dec(128,txn.never,${KEY},txn.tag),hex`, ""),
  value(
    `bin(${"00".repeat(16)}),aes_gcm_enc(128,txn.nonce,${KEY},txn.made),hex`,
    "0388DACE60B6A392F328C2B971B2FE78",
    { since: "3.0" },
  ),
  value(
    `bin(${
      "00".repeat(16)
    }),aes_gcm_enc(128,txn.nonce,${KEY},txn.made),unset-var(txn.x),hex,length,concat(,txn.made)`,
    `32${TAG}`,
    { since: "3.0" },
  ),
  value(
    `str(plain),aes_gcm_enc(256,txn.nonce,${
      "A".repeat(42)
    }8=,txn.made,YWFk),aes_gcm_dec(256,txn.nonce,${"A".repeat(42)}8=,txn.made,YWFk)`,
    "plain",
    { since: "3.0" },
  ),
  value(
    `str(plain),aes_gcm_enc(256,txn.nonce,${
      "A".repeat(42)
    }8=,txn.made,YWFk),aes_gcm_dec(256,txn.nonce,${"A".repeat(42)}8=,txn.made,YWFl)`,
    "",
    { since: "3.0" },
  ),
  value(`str(plain),aes_cbc_enc(128,${KEY},${KEY}),aes_cbc_dec(128,${KEY},${KEY})`, "plain", {
    since: "3.2",
  }),
  value(`str(plain),aes_cbc_enc(128,${KEY},${KEY}),hex,length`, "32", { since: "3.2" }),
  value(`str(plain),aes_cbc_enc(128,${KEY},${KEY}),aes_cbc_dec(128,${KEY},${OTHER})`, "", {
    since: "3.2",
  }),
  value(`str(no cipher),aes_cbc_dec(128,${KEY},${KEY})`, "", { since: "3.2" }),
];
