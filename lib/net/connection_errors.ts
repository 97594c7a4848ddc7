/** What can be wrong with a connection before anything is exchanged on it: HAProxy's numbers and words (manual 7.3.3 `fc_err_str`). */

/** By number; 0: nothing is wrong. */
export const CONNECTION_ERRORS: readonly string[] = [
  "Success",
  "Reached configured maxconn value",
  "Too many sockets on the process",
  "Too many sockets on the system",
  "Out of system buffers",
  "Protocol or address family not supported",
  "General socket error",
  "Source port range exhausted",
  "Can't bind to source address",
  "Out of local source ports on the system",
  "Local source address already in use",
  "Connection closed while waiting for PROXY protocol header",
  "Connection error while waiting for PROXY protocol header",
  "Timeout while waiting for PROXY protocol header",
  "Truncated PROXY protocol header received",
  "Received something which does not look like a PROXY protocol header",
  "Received an invalid PROXY protocol header",
  "Received an unhandled protocol in the PROXY protocol header",
  "Connection closed while waiting for NetScaler Client IP header",
  "Connection error while waiting for NetScaler Client IP header",
  "Timeout while waiting for a NetScaler Client IP header",
  "Truncated NetScaler Client IP header received",
  "Received an invalid NetScaler Client IP magic number",
  "Received an unhandled protocol in the NetScaler Client IP header",
  "Connection closed during SSL handshake",
  "Connection error during SSL handshake",
  "Timeout during SSL handshake",
  "Too many SSL connections",
  "Out of memory when initializing an SSL connection",
  "Rejected a client-initiated SSL renegotiation attempt",
  "SSL client CA chain cannot be verified",
  "SSL client certificate not trusted",
  "Server presented an SSL certificate different from the configured one",
  "Server presented an SSL certificate different from the expected one",
  "SSL handshake failure",
  "SSL handshake failure after heartbeat",
  "Stopped a TLSv1 heartbeat attack (CVE-2014-0160)",
  "Attempt to use SSL on an unknown target (internal error)",
  "Server refused early data",
  "SOCKS4 Proxy write error during handshake",
  "SOCKS4 Proxy read error during handshake",
  "SOCKS4 Proxy deny the request",
  "SOCKS4 Proxy handshake aborted by server",
  "SSL fatal error",
];

/** The numbers that happen here. */
export const ConnError = {
  SOCKET: 6,
  CANT_BIND: 8,
  PROXY_CLOSED: 11,
  PROXY_ERROR: 12,
  PROXY_TIMEOUT: 13,
  PROXY_TRUNCATED: 14,
  CIP_CLOSED: 18,
  CIP_ERROR: 19,
  CIP_TIMEOUT: 20,
  CIP_TRUNCATED: 21,
  TLS_CLOSED: 24,
  TLS_TIMEOUT: 26,
  TLS_CA: 30,
  TLS_CRT: 31,
  TLS_HANDSHAKE: 34,
  SOCKS4_WRITE: 39,
  SOCKS4_READ: 40,
  SOCKS4_DENIED: 41,
  SOCKS4_ABORTED: 42,
} as const;

/** Why a connection could not be used. */
export interface ConnectionError {
  /** its place in CONNECTION_ERRORS */
  readonly code: number;
  /** the name that the client sent in TLS before it failed */
  readonly sni?: string;
  readonly tls?: TlsError;
}

/** What the TLS library says about it. */
export interface TlsError {
  /** OpenSSL's number; 0: it gave none */
  readonly code: number;
  /** `error:0A000086:SSL routines::certificate verify failed` */
  readonly text?: string;
  /** numbers of what is wrong with an authority, and its depth, and with the certificate */
  readonly caError?: number;
  readonly caErrorDepth?: number;
  readonly crtError?: number;
}
