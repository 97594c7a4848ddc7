/**
 * Keywords of HAProxy that sluice does not have (yet). They are refused by name, so that nobody looks for a
 * spelling mistake. A name that gets a row in the tables is never looked up here.
 */

const FETCH_FAMILIES = new RegExp(
  "^(ssl_|internal\\.|51d|da-csv|fc_|bc_|cpu_|lat_|distcc_|fcgi\\.|" +
    "aes_|quic_|accept_|res\\.ssl|wurfl)",
);

const words = (text: string) => new Set(text.split(/\s+/).filter((word) => word !== ""));

const CONVERTER_FAMILIES = /^(51d|da-csv|ip\.|tcp\.|eth\.)/;

const CONVERTERS = words(`51d.single da-csv-conv`);

/** True for a fetch of HAProxy's that sluice has no row for. */
export function isUnsupportedFetch(name: string): boolean {
  return FETCH_FAMILIES.test(name);
}

/** True for a converter of HAProxy's that sluice has no row for. */
export function isUnsupportedConverter(name: string): boolean {
  return CONVERTERS.has(name) || CONVERTER_FAMILIES.test(name);
}
