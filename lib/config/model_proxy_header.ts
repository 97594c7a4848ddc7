/** What a server line says about the PROXY protocol (manual 5.2). */
import type { Word } from "./document.ts";

export const PROXY_V2_OPTIONS = [
  "ssl",
  "cert-cn",
  "ssl-cipher",
  "cert-sig",
  "cert-key",
  "authority",
  "crc32c",
  "unique-id",
] as const;
export type ProxyV2Option = typeof PROXY_V2_OPTIONS[number];

export interface SendProxyConfig {
  readonly v1: boolean;
  /** it precedes `v1` */
  readonly v2: boolean;
  readonly options: readonly ProxyV2Option[];
  /** `set-proxy-v2-tlv-fmt`: the format is a log format */
  readonly tlvs: readonly { readonly type: number; readonly format: Word }[];
}

export const NO_PROXY_HEADER: SendProxyConfig = { v1: false, v2: false, options: [], tlvs: [] };

/** True when connections to the server begin with a header. */
export function sendsProxy(config: SendProxyConfig | undefined): config is SendProxyConfig {
  return config !== undefined && (config.v1 || config.v2);
}
