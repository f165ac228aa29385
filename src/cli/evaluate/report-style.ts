/** Of the HTML report. */
export const REPORT_STYLE = `
:root{color-scheme:light;--ink:#111827;--soft:#6b7280;--line:#e5e7eb}
*{box-sizing:border-box}
body{font:14px/1.45 system-ui,sans-serif;color:var(--ink);background:#fff;margin:0 auto;padding:24px;max-width:1560px}
h1{font-size:22px;margin:0 0 4px}h2{font-size:17px;margin:0 0 4px}h3{font-size:13px;color:var(--soft);margin:14px 0 4px}
section{border-top:1px solid var(--line);padding-top:16px;margin-top:22px}
.note{color:var(--soft);margin:0 0 8px;max-width:90ch}.missed{color:#c92a2a;margin:0 0 4px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:2px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
tr>th:first-child{text-align:left;font-weight:500}th{font-weight:600}
th i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px}
.best{font-weight:700}.floor,.unit{color:var(--soft)}.unit{text-align:left}
.columns{display:flex;flex-wrap:wrap;gap:20px;align-items:flex-start}
.charts{display:flex;flex-wrap:wrap;gap:6px;flex:1 1 680px}
.chart{width:330px;height:120px}.chart text{font-size:9px;fill:var(--soft)}.chart .title{font-size:10px;fill:var(--ink)}
.chart path{fill:none;stroke-width:1.2}.chart .grid{stroke:var(--line)}
.strip td,.strip th{border:0;padding:2px;text-align:center;vertical-align:middle}.strip th:first-child{padding-right:8px;text-align:left}
.strip th{font-weight:400;color:var(--soft);font-size:12px}
img{display:block;width:auto;height:190px;border-radius:3px}.strip img{height:170px}
.worst{display:flex;flex-wrap:wrap;gap:16px}
figure{margin:0}figcaption{font-size:12px;margin-bottom:3px}figure div{display:flex;gap:4px}small{color:var(--soft)}
.contents{line-height:1.9}a{color:#1864ab}
`;
