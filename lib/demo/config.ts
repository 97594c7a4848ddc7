/** The configuration that the demonstration runs with. Ports come from the environment, as they may in any file. */
export const DEMO_CONFIG =
  `# The configuration of the sluice demonstration. Change it and reload: nothing is interrupted.
global:
  maxconn: 1000
  log: "stdout format raw local0"

defaults:
  mode: http
  log: global
  option:
    httplog: true
    dontlognull: true
    forwardfor: true
    redispatch: true
  retries: 2
  retry-on: all-retryable-errors
  timeout:
    connect: 2s
    client: 30s
    server: 30s
    http-request: 10s
    http-keep-alive: 15s

frontends:
  web:
    bind: "\${DEMO_BIND}"
    acl:
      api: "path_beg /api/"
      private: "path_beg /private"
    http-request:
      - deny deny_status 403 if private
      - set-header X-Served-Through sluice
    use_backend:
      - { backend: api, if: api }
    default_backend: pages

listens:
  statistics:
    bind: "\${DEMO_STATS}"
    http-request:
      - set-log-level silent
    stats:
      enable: true
      uri: /
      refresh: 2s
      show-legends: true
      admin: "if { src 127.0.0.0/8 ::1 }"

backends:
  pages:
    balance: roundrobin
    servers:
      red: { address: "127.0.0.1:\${DEMO_RED}", check: true, inter: 1s, fall: 2, rise: 2, weight: 2 }
      green: "127.0.0.1:\${DEMO_GREEN} check inter 1s fall 2 rise 2"
  api:
    servers:
      blue: "127.0.0.1:\${DEMO_BLUE} check inter 1s fall 2 rise 2"
`;
