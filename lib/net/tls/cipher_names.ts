/** OpenSSL's names of cipher suites that clients offer today (IANA's TLS registry). */

const NAMES: ReadonlyMap<number, string> = new Map([
  [0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"],
  [0x002f, "AES128-SHA"],
  [0x0032, "DHE-DSS-AES128-SHA"],
  [0x0033, "DHE-RSA-AES128-SHA"],
  [0x0035, "AES256-SHA"],
  [0x0038, "DHE-DSS-AES256-SHA"],
  [0x0039, "DHE-RSA-AES256-SHA"],
  [0x003c, "AES128-SHA256"],
  [0x003d, "AES256-SHA256"],
  [0x0040, "DHE-DSS-AES128-SHA256"],
  [0x0067, "DHE-RSA-AES128-SHA256"],
  [0x006a, "DHE-DSS-AES256-SHA256"],
  [0x006b, "DHE-RSA-AES256-SHA256"],
  [0x009c, "AES128-GCM-SHA256"],
  [0x009d, "AES256-GCM-SHA384"],
  [0x009e, "DHE-RSA-AES128-GCM-SHA256"],
  [0x009f, "DHE-RSA-AES256-GCM-SHA384"],
  [0x00a2, "DHE-DSS-AES128-GCM-SHA256"],
  [0x00a3, "DHE-DSS-AES256-GCM-SHA384"],
  [0x1301, "TLS_AES_128_GCM_SHA256"],
  [0x1302, "TLS_AES_256_GCM_SHA384"],
  [0x1303, "TLS_CHACHA20_POLY1305_SHA256"],
  [0xc009, "ECDHE-ECDSA-AES128-SHA"],
  [0xc00a, "ECDHE-ECDSA-AES256-SHA"],
  [0xc013, "ECDHE-RSA-AES128-SHA"],
  [0xc014, "ECDHE-RSA-AES256-SHA"],
  [0xc023, "ECDHE-ECDSA-AES128-SHA256"],
  [0xc024, "ECDHE-ECDSA-AES256-SHA384"],
  [0xc027, "ECDHE-RSA-AES128-SHA256"],
  [0xc028, "ECDHE-RSA-AES256-SHA384"],
  [0xc02b, "ECDHE-ECDSA-AES128-GCM-SHA256"],
  [0xc02c, "ECDHE-ECDSA-AES256-GCM-SHA384"],
  [0xc02f, "ECDHE-RSA-AES128-GCM-SHA256"],
  [0xc030, "ECDHE-RSA-AES256-GCM-SHA384"],
  [0xc09c, "AES128-CCM"],
  [0xc09d, "AES256-CCM"],
  [0xc09e, "DHE-RSA-AES128-CCM"],
  [0xc09f, "DHE-RSA-AES256-CCM"],
  [0xc0ac, "ECDHE-ECDSA-AES128-CCM"],
  [0xc0ad, "ECDHE-ECDSA-AES256-CCM"],
  [0xcca8, "ECDHE-RSA-CHACHA20-POLY1305"],
  [0xcca9, "ECDHE-ECDSA-CHACHA20-POLY1305"],
  [0xccaa, "DHE-RSA-CHACHA20-POLY1305"],
]);

/** The name of a suite, given by its two bytes; `UNKNOWN(c0ff)` for one that is not listed. */
export function cipherName(high: number, low: number): string {
  const number = high * 256 + low;
  return NAMES.get(number) ?? `UNKNOWN(${number.toString(16).padStart(4, "0")})`;
}
