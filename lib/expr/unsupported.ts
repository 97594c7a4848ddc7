/**
 * Keywords of HAProxy that sluice does not have (yet). They are refused by name, so that nobody looks for a
 * spelling mistake. A name that gets a row in the tables is never looked up here.
 */

const FETCH_FAMILIES = new RegExp(
  "^(sc[0-9]?_|src_(?!port$|is_local$)|ssl_|table_|internal\\.|51d|da-csv|fc_|bc_|distcc_|" +
    "aes_|jwt_|mqtt_|quic_|fix_|accept_|cur_|res\\.ssl|wurfl)",
);

const words = (text: string) => new Set(text.split(/\s+/).filter((word) => word !== ""));

const FETCHES = words(`
  avg_queue base32 base32+src be_conn_free be_server_timeout be_sess_rate
  be_tunnel_timeout capture.req.method capture.req.uri capture.req.ver capture.res.ver
  connslots cookie cpu_calls cpu_ns_avg cpu_ns_tot cur_server_timeout cur_tunnel_timeout
  dst_conn fe_client_timeout fe_defbe fe_req_rate fe_sess_rate http_auth http_auth_bearer
  http_auth_group http_auth_pass http_auth_type http_auth_user last_rule_file
  last_rule_line lat_ns_avg lat_ns_tot nbsrv payload payload_lv prio_class prio_offset
  queue rdp_cookie rdp_cookie_cnt rep_ssl_hello_type req.body req.body_len req.body_param
  req.body_size req.hdrs req.hdrs_bin req.len req.payload req.payload_lv req.rdp_cookie
  req.rdp_cookie_cnt req.ssl_alpn req.ssl_ec_ext req.ssl_hello_type req.ssl_sni
  req.ssl_st_ext req.ssl_ver req_len req_ssl_hello_type req_ssl_sni req_ssl_ver res.body
  res.body_len res.body_size res.cache_hit res.cache_name res.comp res.comp_algo res.hdrs
  res.hdrs_bin res.len res.payload res.payload_lv set-cookie srv_conn_free srv_iweight
  srv_queue srv_sess_rate srv_uweight srv_weight thread unique-id url32 url32+src url_ip
  url_port var
`);

const CONVERTER_FAMILIES = /^(table_|map_|51d|da-csv|aes_|jwt_|mqtt_|fix_|ip\.|tcp\.|eth\.)/;

const CONVERTERS = words(`
  51d.single add_item aes_cbc_dec aes_cbc_enc aes_gcm_dec aes_gcm_enc base2 be2dec be2hex
  capture-req capture-res concat crc32c cut_crlf da-csv-conv date debug digest
  djb2 fe_exists fix_is_valid fix_tag_value has_ctl hash_mod hex2i hmac host_only htonl
  http_date in_table json json_query jwt_header_query jwt_payload_query jwt_verify
  language le2dec ltime map mqtt_field_value mqtt_is_valid ms_ltime ms_utime nbsrv param
  port_only protobuf regsub reverse reverse_dom rfc7239_field rfc7239_is_valid
  rfc7239_n2nn rfc7239_n2np rfc7239_nn rfc7239_np sdbm secure_memcmp set-var sha1 sha2
  srv_is_up srv_queue strcmp ub64dec ub64enc ungrpc unset-var us_ltime us_utime utime when
  wt6 x509_v_err_str xxh3 xxh32 xxh64
`);

/** True for a fetch of HAProxy's that sluice has no row for. */
export function isUnsupportedFetch(name: string): boolean {
  return FETCHES.has(name) || FETCH_FAMILIES.test(name);
}

/** True for a converter of HAProxy's that sluice has no row for. */
export function isUnsupportedConverter(name: string): boolean {
  return CONVERTERS.has(name) || CONVERTER_FAMILIES.test(name);
}
