/** The look of the statistics page. Its text is part of the page's Content-Security-Policy, by its hash. */

import { cellColumns } from "./model.ts";

/** On a narrow screen each cell says itself what it is. */
const LABELS = cellColumns.map(({ label }, i) => `td[data-i="${i}"]:before{content:"${label}"}`)
  .join("\n");

export const STYLE: string = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1c2430;--dim:#5d6878;--line:#dfe3e9;
--accent:#2f5fd0;--up:#1f9d55;--bup:#2b86c5;--warn:#d98e04;--rise:#c77700;--down:#d22f2f;--none:#8a94a3;
--drain:#7a4fd0;--maint:#a0692b;--front:#2f5fd0;--bar:#c9d6f7}
@media(prefers-color-scheme:dark){:root:not([data-theme=light]){--bg:#12161c;--card:#1a2029;--ink:#e6eaf0;
--dim:#97a3b4;--line:#2b3441;--accent:#7da2ff;--up:#3ecf7f;--bup:#55b3f0;--warn:#f0b13c;--rise:#f0953c;
--down:#ff6b6b;--none:#8593a6;--drain:#b290ff;--maint:#d8a05e;--front:#7da2ff;--bar:#2c3f70}}
:root[data-theme=dark]{color-scheme:dark;--bg:#12161c;--card:#1a2029;--ink:#e6eaf0;--dim:#97a3b4;
--line:#2b3441;--accent:#7da2ff;--up:#3ecf7f;--bup:#55b3f0;--warn:#f0b13c;--rise:#f0953c;--down:#ff6b6b;
--none:#8593a6;--drain:#b290ff;--maint:#d8a05e;--front:#7da2ff;--bar:#2c3f70}
:root[data-theme=light]{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:14px/1.45 system-ui,-apple-system,"Segoe UI",
Roboto,"DejaVu Sans",sans-serif}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
header,main,footer{max-width:1700px;margin:0 auto;padding:0 20px}
header{padding-top:18px}
h1{font-size:20px;margin:0;letter-spacing:.2px}h1 small{font-weight:400;color:var(--dim);font-size:13px}
h2{font-size:13px;font-weight:400;color:var(--dim);margin:2px 0 14px}
h3{font-size:16px;margin:0}
.top{display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start;justify-content:space-between}
.facts{display:flex;flex-wrap:wrap;gap:10px;margin:0 0 14px}
.facts div{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:8px 14px;min-width:96px}
.facts dt{font-size:11px;color:var(--dim);text-transform:uppercase;letter-spacing:.4px}
.facts dd{margin:0;font-size:17px;font-variant-numeric:tabular-nums}
.facts dd small{font-size:12px;color:var(--dim)}
.tools{display:flex;flex-wrap:wrap;gap:8px;align-items:center}
input,select,button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);
border-radius:8px;padding:6px 10px}
input[type=search]{min-width:180px}input[type=number]{width:92px}
button,input[type=submit]{cursor:pointer}
button:hover,input[type=submit]:hover{border-color:var(--accent)}
.links{font-size:13px;color:var(--dim);display:flex;flex-wrap:wrap;gap:4px 14px;margin:10px 0 16px}
.legend{display:flex;flex-wrap:wrap;gap:4px 14px;font-size:12px;color:var(--dim);margin:0 0 16px;padding:0}
.legend li{list-style:none;display:flex;align-items:center;gap:6px}
.dot{width:10px;height:10px;border-radius:50%;background:var(--c,var(--none));flex:none}
.note{border-radius:10px;padding:10px 14px;margin:0 0 16px;border:1px solid var(--c);background:var(--card);
border-left-width:6px}
.good{--c:var(--up)}.bad{--c:var(--down)}
section{background:var(--card);border:1px solid var(--line);border-radius:14px;margin:0 0 18px;
padding:14px 16px 12px;overflow:hidden}
section>.head{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:baseline;margin-bottom:8px}
.head .meta{color:var(--dim);font-size:12px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-size:11px;font-weight:600;text-align:left;color:var(--dim);text-transform:uppercase;letter-spacing:.4px;
padding:4px 7px;white-space:nowrap;border-bottom:1px solid var(--line)}
td{padding:6px 7px;border-bottom:1px solid var(--line);vertical-align:top;white-space:nowrap}
tr:last-child td{border-bottom:0}
td b{font-size:13px}td small{display:block;font-weight:400;font-size:11px;color:var(--dim);max-width:220px;overflow:hidden;text-overflow:ellipsis}
td.name{font-weight:600}td.name details{font-weight:400}
table.stats{table-layout:fixed;min-width:1384px}table.stats td{overflow:hidden;text-overflow:ellipsis}
table.stats td.sel{overflow:visible;padding-right:0}
th.sel{width:34px}th.name{width:150px}th.status{width:92px}th.spark{width:116px}th.n-check{width:112px}
th.n-weight,th.n-queue{width:74px}th.n-rate,th.n-total{width:70px}th.n-sessions{width:104px}th.n-bytes{width:88px}
th.n-codes{width:124px}th.n-time{width:78px}th.n-errors{width:130px}
tr{--c:var(--none)}
tr.frontend,tr.socket{--c:var(--front)}tr.backend{--c:var(--front)}tr.backend.down{--c:var(--down)}
tr.frontend td,tr.backend td{background:color-mix(in srgb,var(--front) 5%,transparent)}
.active_up{--c:var(--up)}.backup_up{--c:var(--bup)}
.active_going_down,.backup_going_down{--c:var(--warn)}.active_going_up,.backup_going_up{--c:var(--rise)}
.active_down,.backup_down{--c:var(--down)}.active_no_check,.backup_no_check{--c:var(--none)}
.active_draining,.backup_draining,.active_nolb,.backup_nolb{--c:var(--drain)}.maintain{--c:var(--maint)}
tr.active_down td,tr.backup_down td,tr.backend.down td{background:color-mix(in srgb,var(--down) 9%,transparent)}
td:first-child{box-shadow:inset 4px 0 0 var(--c)}
.badge{display:inline-block;border-radius:99px;padding:1px 9px;font-size:12px;font-weight:600;color:var(--c);
background:color-mix(in srgb,var(--c) 15%,transparent)}
.bar{height:4px;border-radius:2px;background:var(--line);margin-top:3px;overflow:hidden;min-width:70px}
.bar i{display:block;height:100%;background:var(--accent);border-radius:2px}
.bar.high i{background:var(--warn)}.bar.full i{background:var(--down)}
svg{display:block;overflow:visible}
svg path{fill:none;stroke:var(--accent);stroke-width:1.5;vector-effect:non-scaling-stroke}
svg path.e{stroke:var(--down)}
.flash{animation:flash 1s}@keyframes flash{from{background:color-mix(in srgb,var(--accent) 25%,transparent)}}
.apply{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin-top:10px;font-size:13px;color:var(--dim)}
details summary{cursor:pointer;color:var(--dim);font-size:12px}
summary{white-space:normal}ol.events{margin:6px 0 0;padding-left:18px;font-size:12px;white-space:normal;max-width:520px}
ol.events time{color:var(--dim)}
.health{display:flex;gap:2px;margin-top:4px}.health i{width:9px;height:9px;border-radius:2px;background:var(--c)}
table.fields td{white-space:normal}table.fields td:nth-child(2){font-weight:600;overflow-wrap:anywhere}
[hidden]{display:none!important}
footer{color:var(--dim);font-size:12px;padding-bottom:30px}
.stale{opacity:.55}
@media(max-width:760px){
header,main,footer{padding-left:10px;padding-right:10px}
.facts div{flex:1 1 28%;padding:6px 10px}.facts dd{font-size:15px}
.tools{width:100%}input[type=search]{flex:1}
section{padding:10px 8px}
table.stats{min-width:0;display:block}table.stats tbody{display:block}table.stats thead{display:none}
table.stats tr{display:grid;grid-template-columns:1fr 1fr 1fr;gap:2px 8px;padding:8px 4px 8px 12px;
border-bottom:1px solid var(--line);box-shadow:inset 4px 0 0 var(--c);position:relative}
table.stats td{border:0;padding:1px 0;box-shadow:none!important;white-space:normal;background:none!important}
table.stats td.name{grid-column:1/3;padding-right:30px}table.stats td.spark{grid-column:1/4}
table.stats td.status{text-align:right}table.stats td.sel{position:absolute;right:4px;bottom:6px}
table.stats td.empty,table.stats td.sel:empty{display:none}
td[data-i]:before{display:block;font-size:10px;color:var(--dim);text-transform:uppercase;letter-spacing:.4px}
${LABELS}
}
`;
