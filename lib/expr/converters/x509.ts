/** Converters of what TLS says of certificates (manual 7.3.1 of HAProxy 3.0). */
import { verifyName } from "../../net/tls/verify_names.ts";
import type { ConverterRow } from "../rows.ts";

export const X509_CONVERTERS: readonly ConverterRow[] = [
  {
    name: "x509_v_err_str",
    args: [],
    input: "sint",
    output: "str",
    doc: "the constant's name for a number of ssl_c_verify, ssl_c_err or ssl_c_ca_err",
    section: "7.3.1 (HAProxy 3.0)",
    make: () => (value) => verifyName(Number(value)) ?? String(value),
  },
];
