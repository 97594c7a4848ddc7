/** All converters that sluice knows. */
import type { ConverterRow } from "../rows.ts";
import { CAPTURE_CONVERTERS } from "./capture.ts";
import { CRYPTO_CONVERTERS } from "./crypto.ts";
import { DIGEST_CONVERTERS } from "./digest.ts";
import { ENCODING_CONVERTERS } from "./encoding.ts";
import { HTTP_FIELD_CONVERTERS } from "./http_field.ts";
import { JSON_CONVERTERS } from "./json.ts";
import { JWT_CONVERTERS } from "./jwt.ts";
import { MAP_CONVERTERS } from "./map.ts";
import { NUMBER_CONVERTERS } from "./number.ts";
import { PAYLOAD_CONVERTERS } from "./payload.ts";
import { PROTOBUF_CONVERTERS } from "./protobuf.ts";
import { REGSUB_CONVERTERS } from "./regsub.ts";
import { RFC7239_CONVERTERS } from "./rfc7239.ts";
import { STATE_CONVERTERS } from "./state.ts";
import { STICK_CONVERTERS } from "./stick.ts";
import { TEXT_CONVERTERS } from "./text.ts";
import { TIME_CONVERTERS } from "./time.ts";
import { X509_CONVERTERS } from "./x509.ts";
import { VARIABLE_CONVERTERS } from "./variable.ts";

export const CONVERTER_ROWS: readonly ConverterRow[] = [
  ...NUMBER_CONVERTERS,
  ...TEXT_CONVERTERS,
  ...REGSUB_CONVERTERS,
  ...HTTP_FIELD_CONVERTERS,
  ...JSON_CONVERTERS,
  ...ENCODING_CONVERTERS,
  ...DIGEST_CONVERTERS,
  ...CRYPTO_CONVERTERS,
  ...TIME_CONVERTERS,
  ...RFC7239_CONVERTERS,
  ...PAYLOAD_CONVERTERS,
  ...PROTOBUF_CONVERTERS,
  ...JWT_CONVERTERS,
  ...MAP_CONVERTERS,
  ...STATE_CONVERTERS,
  ...STICK_CONVERTERS,
  ...VARIABLE_CONVERTERS,
  ...X509_CONVERTERS,
  ...CAPTURE_CONVERTERS,
];

/** Name or alias → row. */
export const CONVERTERS: ReadonlyMap<string, ConverterRow> = new Map(
  CONVERTER_ROWS.flatMap((row) =>
    [row.name, ...row.aliases ?? []].map((name) => [name, row] as const)
  ),
);
