/**
 * The metrics of HAProxy's exporter: their names, types, and the field of `show info` or the column of `show stat` that
 * each is made of.
 */

export interface Metric {
  /** behind `haproxy_process_`, `haproxy_frontend_` … */
  readonly name: string;
  readonly type: "counter" | "gauge";
  /** of `show info` or `show stat` */
  readonly field: string;
  /** the field is in ms, the metric in seconds */
  readonly ms?: boolean;
  /** only of proxies in mode http */
  readonly http?: boolean;
  /** NaN while the field is empty; otherwise there is no line then */
  readonly always?: boolean;
}

/** `name field [flags]` in lines: c counter, g gauge (default), m ms, h http, n NaN when empty. */
function metrics(text: string): readonly Metric[] {
  return text.trim().split("\n").map((line) => {
    const [name, field, flags = ""] = line.trim().split(/\s+/);
    return {
      name,
      field: field.replaceAll("+", " "),
      type: flags.includes("c") || name.endsWith("_total") ? "counter" : "gauge",
      ms: flags.includes("m"),
      http: flags.includes("h"),
      always: flags.includes("n"),
    };
  });
}

export const processMetrics: readonly Metric[] = metrics(`
  nbthread Nbthread
  nbproc Nbproc
  relative_process_id Process_num
  uptime_seconds Uptime_sec
  pool_failures_total PoolFailed
  max_fds Ulimit-n
  max_sockets Maxsock
  max_connections Maxconn
  hard_max_connections Hard_maxconn
  current_connections CurrConns
  connections_total CumConns
  requests_total CumReq
  max_ssl_connections MaxSslConns
  current_ssl_connections CurrSslConns
  ssl_connections_total CumSslConns
  max_pipes Maxpipes
  pipes_used_total PipesUsed
  pipes_free_total PipesFree
  current_connection_rate ConnRate
  limit_connection_rate ConnRateLimit
  max_connection_rate MaxConnRate
  current_session_rate SessRate
  limit_session_rate SessRateLimit
  max_session_rate MaxSessRate
  current_ssl_rate SslRate
  limit_ssl_rate SslRateLimit
  max_ssl_rate MaxSslRate
  current_frontend_ssl_key_rate SslFrontendKeyRate
  max_frontend_ssl_key_rate SslFrontendMaxKeyRate
  frontend_ssl_reuse SslFrontendSessionReuse_pct
  current_backend_ssl_key_rate SslBackendKeyRate
  max_backend_ssl_key_rate SslBackendMaxKeyRate
  ssl_cache_lookups_total SslCacheLookups
  ssl_cache_misses_total SslCacheMisses
  http_comp_bytes_in_total CompressBpsIn
  http_comp_bytes_out_total CompressBpsOut
  limit_http_comp CompressBpsRateLim
  current_zlib_memory ZlibMemUsage n
  max_zlib_memory MaxZlibMemUsage n
  current_tasks Tasks
  current_run_queue Run_queue
  idle_time_percent Idle_pct
  stopping Stopping
  jobs Jobs
  unstoppable_jobs Unstoppable+Jobs
  listeners Listeners
  active_peers ActivePeers
  connected_peers ConnectedPeers
  dropped_logs_total DroppedLogs
  busy_polling_enabled BusyPolling
  failed_resolutions FailedResolutions c
  bytes_out_total TotalBytesOut
  spliced_bytes_out_total TotalSplicdedBytesOut
  bytes_out_rate BytesOutRate
  recv_logs_total CumRecvLogs
  build_info Version
  max_memory_bytes Memmax_bytes
  pool_allocated_bytes PoolAlloc_bytes
  pool_used_bytes PoolUsed_bytes
  start_time_seconds Start_time_sec
`);

export const frontendMetrics: readonly Metric[] = metrics(`
  current_sessions scur
  max_sessions smax
  limit_sessions slim
  sessions_total stot
  bytes_in_total bin
  bytes_out_total bout
  requests_denied_total dreq
  responses_denied_total dresp
  request_errors_total ereq
  status status
  limit_session_rate rate_lim
  max_session_rate rate_max
  http_responses_total hrsp h
  http_requests_rate_max req_rate_max h
  http_requests_total req_tot h
  http_comp_bytes_in_total comp_in h
  http_comp_bytes_out_total comp_out h
  http_comp_bytes_bypassed_total comp_byp h
  http_comp_responses_total comp_rsp h
  connections_rate_max conn_rate_max
  connections_total conn_tot
  intercepted_requests_total intercepted h
  denied_connections_total dcon
  denied_sessions_total dses
  failed_header_rewriting_total wrew
  http_cache_lookups_total cache_lookups h
  http_cache_hits_total cache_hits h
  internal_errors_total eint
`);

export const listenerMetrics: readonly Metric[] = metrics(`
  current_sessions scur
  max_sessions smax
  limit_sessions slim
  sessions_total stot
  bytes_in_total bin
  bytes_out_total bout
  requests_denied_total dreq
  responses_denied_total dresp
  request_errors_total ereq
  status status
  denied_connections_total dcon
  denied_sessions_total dses
  failed_header_rewriting_total wrew
  internal_errors_total eint
`);

const TIMES = `
  queue_time_average_seconds qtime m
  connect_time_average_seconds ctime m
  response_time_average_seconds rtime m
  total_time_average_seconds ttime m`;

const HIGHEST_TIMES = `
  max_queue_time_seconds qtime_max m
  max_connect_time_seconds ctime_max m
  max_response_time_seconds rtime_max m
  max_total_time_seconds ttime_max m`;

export const backendMetrics: readonly Metric[] = metrics(`
  current_queue qcur
  max_queue qmax
  current_sessions scur
  max_sessions smax
  limit_sessions slim
  sessions_total stot
  bytes_in_total bin
  bytes_out_total bout
  requests_denied_total dreq
  responses_denied_total dresp
  connection_errors_total econ
  response_errors_total eresp
  retry_warnings_total wretr
  redispatch_warnings_total wredis
  status status
  weight weight
  active_servers act
  backup_servers bck
  check_up_down_total chkdown
  check_last_change_seconds lastchg
  downtime_seconds_total downtime n
  loadbalanced_total lbtot
  max_session_rate rate_max
  http_responses_total hrsp h
  http_requests_total req_tot h
  client_aborts_total cli_abrt
  server_aborts_total srv_abrt
  http_comp_bytes_in_total comp_in h
  http_comp_bytes_out_total comp_out h
  http_comp_bytes_bypassed_total comp_byp h
  http_comp_responses_total comp_rsp h
  last_session_seconds lastsess${TIMES}
  failed_header_rewriting_total wrew
  connection_attempts_total connect
  connection_reuses_total reuse
  http_cache_lookups_total cache_lookups h
  http_cache_hits_total cache_hits h${HIGHEST_TIMES}
  internal_errors_total eint
  uweight uweight
  agg_server_status agg_server_status
  agg_server_check_status agg_server_check_status
  agg_check_status agg_check_status
`);

export const serverMetrics: readonly Metric[] = metrics(`
  current_queue qcur
  max_queue qmax
  current_sessions scur
  max_sessions smax
  limit_sessions slim n
  sessions_total stot
  bytes_in_total bin
  bytes_out_total bout
  responses_denied_total dresp
  connection_errors_total econ
  response_errors_total eresp
  retry_warnings_total wretr
  redispatch_warnings_total wredis
  status status
  weight weight
  check_failures_total chkfail n
  check_up_down_total chkdown n
  check_last_change_seconds lastchg
  downtime_seconds_total downtime n
  queue_limit qlimit n
  current_throttle throttle n
  loadbalanced_total lbtot
  max_session_rate rate_max
  check_status check_status
  check_code check_code
  check_duration_seconds check_duration m
  http_responses_total hrsp h
  client_aborts_total cli_abrt
  server_aborts_total srv_abrt
  last_session_seconds lastsess${TIMES}
  failed_header_rewriting_total wrew
  connection_attempts_total connect
  connection_reuses_total reuse
  idle_connections_current srv_icur
  idle_connections_limit src_ilim n${HIGHEST_TIMES}
  internal_errors_total eint
  unsafe_idle_connections_current idle_conn_cur
  safe_idle_connections_current safe_conn_cur
  used_connections_current used_conn_cur
  need_connections_current need_conn_est
  uweight uweight
`);
