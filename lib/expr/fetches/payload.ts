/** Bytes that a client or a server has sent and nobody has consumed (manual 7.3.5). */
import { parseHelloType, parseTlsVersion } from "../../net/client_hello.ts";
import type { Arriving } from "../arriving.ts";
import type { StreamView } from "../context.ts";
import { MORE, rdpCookie } from "../rdp.ts";
import type { ArgSpec, ArgValue, Fetch, FetchRow, Need } from "../rows.ts";
import type { SampleType, Value } from "../sample.ts";

const SECTION = "7.3.5";
const position = (value: unknown) => Number(value) >= 0 ? undefined : "0 or more";
const OFFSET: ArgSpec = { name: "offset", type: "int", check: position };
const LENGTH: ArgSpec = { name: "length", type: "int", check: position };
const LV_LENGTH: ArgSpec = {
  name: "length",
  type: "int",
  check: (value) => Number(value) >= 1 && Number(value) <= 8 ? undefined : "1 to 8",
};
const OFFSET2: ArgSpec = {
  name: "offset2",
  type: "str",
  optional: true,
  check: (value) => /^[+-]?[0-9]{1,9}$/.test(value as string) ? undefined : "a number, or +n, -n",
};

/** What the fetches of one side look at. */
interface Side {
  readonly needs: Need;
  readonly who: string;
  readonly of: (stream: StreamView) => Arriving | undefined;
}

const REQUEST: Side = { needs: "request", who: "client", of: ({ arriving }) => arriving };
const RESPONSE: Side = { needs: "response", who: "server", of: ({ answering }) => answering };

type Read = (arriving: Arriving, args: readonly ArgValue[]) => Value | undefined;

function row(
  side: Side,
  name: string,
  type: SampleType,
  doc: string,
  read: Read,
  more: Partial<Pick<FetchRow, "args" | "aliases">> = {},
): FetchRow {
  return {
    name,
    args: [],
    type,
    needs: side.needs,
    rawBytes: true,
    doc,
    section: SECTION,
    make: (args): Fetch => (stream) => {
      const arriving = side.of(stream);
      return arriving && read(arriving, args);
    },
    ...more,
  };
}

const length: Read = (arriving) => {
  arriving.miss();
  return arriving.bytes.length;
};

const payload: Read = (arriving, [offset, count]) => {
  const from = offset as number;
  const { text } = arriving;
  if (from + (count as number) > arriving.limit) return undefined;
  if (count !== 0) {
    return text.length < from + (count as number)
      ? arriving.miss()
      : text.slice(from, from + (count as number));
  }
  arriving.miss();
  return text.length <= from ? undefined : text.slice(from);
};

/** A block whose length stands before it, most significant byte first. */
const lengthValue: Read = (arriving, [offset, size, other]) => {
  const at = offset as number;
  const behind = at + (size as number);
  const { bytes, limit } = arriving;
  if (behind > limit) return undefined;
  if (bytes.length < behind) return arriving.miss();
  let count = 0;
  for (let i = at; i < behind; i++) count = count * 256 + bytes[i];
  const told = other as string | undefined;
  const from = told === undefined
    ? behind
    : /^[+-]/.test(told)
    ? behind + Number(told)
    : Number(told);
  if (from < 0 || count === 0 || from + count > limit) return undefined;
  return bytes.length < from + count ? arriving.miss() : arriving.text.slice(from, from + count);
};

const helloType: Read = (arriving) => {
  const type = parseHelloType(arriving.bytes);
  return type === "more" ? arriving.miss() : type;
};

function sideRows(side: Side, prefix: string): FetchRow[] {
  return [
    row(side, `${prefix}.len`, "sint", `how many bytes the ${side.who} has sent`, length, {
      aliases: prefix === "req" ? ["req_len"] : [],
    }),
    row(
      side,
      `${prefix}.payload`,
      "bin",
      `bytes of what the ${side.who} has sent; length 0: all that there are`,
      payload,
      { args: [OFFSET, LENGTH] },
    ),
    row(
      side,
      `${prefix}.payload_lv`,
      "bin",
      "a block whose length (of so many bytes) stands at the offset; it follows the length, or stands at offset2",
      lengthValue,
      { args: [OFFSET, LV_LENGTH, OFFSET2] },
    ),
  ];
}

const NAME: ArgSpec = { name: "name", type: "str", optional: true };

function cookieOf(arriving: Arriving, [name]: readonly ArgValue[]): string | undefined {
  const cookie = rdpCookie(arriving.text, name as string | undefined);
  return cookie === MORE ? arriving.miss() : cookie;
}

/** In a health check the server's answer is a text already. */
function checkable(
  row: FetchRow,
  read: (answer: string, args: readonly ArgValue[]) => Value | undefined,
): FetchRow {
  return {
    ...row,
    make: (args, lookup) => {
      const live = row.make(args, lookup);
      return (stream) => stream.answer === undefined ? live(stream) : read(stream.answer, args);
    },
  };
}

/** The oldest names: what the server has sent where rules look at answers, else what the client has sent. */
const EITHER: Side = {
  needs: "message",
  who: "client, or the server,",
  of: ({ arriving, answering }) => answering ?? arriving,
};

const [resLen, resPayload, resLv] = sideRows(RESPONSE, "res");

export const PAYLOAD_FETCHES: readonly FetchRow[] = [
  ...sideRows(REQUEST, "req"),
  checkable(resLen, (answer) => answer.length),
  checkable(resPayload, (answer, [offset, count]) => {
    const from = offset as number;
    const size = count as number;
    if (answer.length < from + size || answer.length === 0) return undefined;
    return size === 0 ? answer.slice(from) : answer.slice(from, from + size);
  }),
  resLv,
  row(EITHER, "payload", "bin", "req.payload or res.payload, by where it stands", payload, {
    args: [OFFSET, LENGTH],
  }),
  row(
    EITHER,
    "payload_lv",
    "bin",
    "req.payload_lv or res.payload_lv, by where it stands",
    lengthValue,
    { args: [OFFSET, LV_LENGTH, OFFSET2] },
  ),
  row(
    REQUEST,
    "req.ssl_hello_type",
    "sint",
    "1 when the client has sent a whole ClientHello of TLS",
    helloType,
    {
      aliases: ["req_ssl_hello_type"],
    },
  ),
  row(
    RESPONSE,
    "res.ssl_hello_type",
    "sint",
    "2 when the server has sent a whole ServerHello of TLS",
    helloType,
    {
      aliases: ["rep_ssl_hello_type"],
    },
  ),
  row(
    REQUEST,
    "req.ssl_sni",
    "str",
    "the server name in the client's TLS hello, which nobody decrypts here",
    (arriving) => arriving.clientHello?.sni,
    { aliases: ["req_ssl_sni"] },
  ),
  {
    ...row(
      REQUEST,
      "req.ssl_alpn",
      "str",
      "the first protocol that the client's TLS hello offers by ALPN; as an ACL: all of them",
      (arriving) => arriving.clientHello?.alpn[0],
    ),
    scan: () => (stream, visit) => {
      for (const name of stream.arriving?.clientHello?.alpn ?? []) {
        const seen = visit(name, stream);
        if (seen !== 0) return seen === 1;
      }
      return false;
    },
  },
  row(
    REQUEST,
    "req.ssl_ec_ext",
    "bool",
    "true when the client's TLS hello offers elliptic curves",
    (arriving) => arriving.clientHello?.curves,
  ),
  row(
    REQUEST,
    "req.ssl_st_ext",
    "sint",
    "session tickets in the client's TLS hello: 0 none, 1 wanted, 2 one is sent",
    (arriving) => arriving.clientHello?.ticket,
  ),
  row(
    REQUEST,
    "req.ssl_ver",
    "sint",
    "the version that the client's TLS hello announces: major * 65536 + minor",
    (arriving) => {
      const version = parseTlsVersion(arriving.bytes);
      return version === "more" ? arriving.miss() : version;
    },
    { aliases: ["req_ssl_ver"] },
  ),
  row(REQUEST, "req.rdp_cookie", "str", "the cookie of RDP of that name, or any", cookieOf, {
    args: [NAME],
    aliases: ["rdp_cookie"],
  }),
  row(
    REQUEST,
    "req.rdp_cookie_cnt",
    "sint",
    "how many cookies of RDP there are of that name, or any: 0 or 1",
    (arriving, args) => cookieOf(arriving, args) === undefined ? 0 : 1,
    { args: [NAME], aliases: ["rdp_cookie_cnt"] },
  ),
  {
    name: "wait_end",
    args: [],
    type: "bool",
    needs: "internal",
    doc: "true once content inspection has ended; before that it makes a rule wait",
    section: SECTION,
    make: () => (stream) => {
      const looking = stream.answering ?? stream.arriving;
      return looking === undefined || looking.final ? true : looking.miss();
    },
  },
];
