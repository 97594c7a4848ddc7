/** Lists of revoked certificates (RFC 5280 5.1), as far as showing one needs it. Pure. */
import { algorithmName, nameEntries, type NameEntry } from "./certificate.ts";
import { derChildren, type DerValue, readDer, Tag } from "./der.ts";

export interface RevocationList {
  /** 1 or 2 */
  readonly version: number;
  /** OpenSSL's short name: `RSA-SHA256` */
  readonly signatureAlgorithm: string;
  readonly issuer: readonly NameEntry[];
  /** as written: `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ` */
  readonly lastUpdate: string;
  readonly nextUpdate: string | undefined;
  readonly revoked: readonly { readonly serial: Uint8Array; readonly date: string }[];
}

const isTime = ({ tag }: DerValue) => tag === Tag.UTC_TIME || tag === Tag.GENERALIZED_TIME;
const textOf = ({ value }: DerValue) => String.fromCharCode(...value);

/** Reads a list; undefined when it is none. Never throws. */
export function parseRevocationList(der: Uint8Array<ArrayBuffer>): RevocationList | undefined {
  const outer = readDer(der, 0);
  const tbs = outer?.tag === Tag.SEQUENCE ? derChildren(outer)[0] : undefined;
  if (tbs?.tag !== Tag.SEQUENCE) return undefined;
  const fields = derChildren(tbs);
  const hasVersion = fields[0]?.tag === Tag.INTEGER;
  const [algorithm, issuer, lastUpdate, ...rest] = hasVersion ? fields.slice(1) : fields;
  if (lastUpdate === undefined || !isTime(lastUpdate)) return undefined;
  const next = rest[0] !== undefined && isTime(rest[0]) ? rest[0] : undefined;
  const list = rest[next === undefined ? 0 : 1];
  const revoked = list?.tag === Tag.SEQUENCE ? derChildren(list) : [];
  return {
    version: hasVersion ? fields[0].value[0] + 1 : 1,
    signatureAlgorithm: algorithmName(algorithm),
    issuer: nameEntries(issuer),
    lastUpdate: textOf(lastUpdate),
    nextUpdate: next && textOf(next),
    revoked: revoked.flatMap((entry) => {
      const [serial, date] = derChildren(entry);
      if (serial?.tag !== Tag.INTEGER || date === undefined) return [];
      return [{ serial: serial.value, date: textOf(date) }];
    }),
  };
}
