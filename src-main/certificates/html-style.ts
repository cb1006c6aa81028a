/** Look of the HTML rendering: paper on grey, one column, no colour but the integrity mark. Prints as it stands. */
export const SHEET_CSS = `
:root{color-scheme:light;--ground:#DFE2E5;--paper:#F5F6F7;--text:#1B1F23;--text-2:#434A51;--text-3:#535B63;--line:#C1C6CB;--line-2:#6F777F;--integrity:#A1007D;
--sans:"IBM Plex Sans","Segoe UI","Helvetica Neue",Arial,sans-serif;--mono:"IBM Plex Mono","Cascadia Mono","DejaVu Sans Mono",Consolas,monospace}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:400 14px/20px var(--sans);font-variant-numeric:tabular-nums}
main{max-width:820px;margin:24px auto;padding:0 16px}
.paper,.check{background:var(--paper);border:1px solid var(--line-2);border-radius:2px;padding:32px;margin-bottom:24px}
h1{font:600 24px/32px var(--sans);margin:8px 0 16px}
h2{font:600 14px/20px var(--sans);margin:0;padding-top:8px;border-top:1px solid var(--line-2);position:relative}
h2::before{content:"";position:absolute;top:-1px;left:0;width:16px;height:3px;background:var(--text)}
section{margin-top:24px}
p{margin:0 0 4px}
.top{display:flex;justify-content:space-between;gap:16px;font-size:12px;line-height:16px;color:var(--text-2)}
.verdict{font:600 18px/24px var(--sans);margin:16px 0}
.simulated{border:2px solid var(--text);padding:8px 12px;font-weight:600;margin:16px 0}
table{width:100%;border-collapse:collapse;margin-top:8px}
th{font:400 12px/16px var(--sans);color:var(--text-2);text-align:left;border-bottom:1px solid var(--line-2);padding:4px 8px 4px 0}
td{border-bottom:1px solid var(--line);padding:6px 8px 6px 0;vertical-align:top}
th:nth-last-child(-n+3),td:nth-last-child(-n+3){text-align:right}
dl{margin:8px 0 0}
dl div{display:flex;justify-content:space-between;gap:24px;border-bottom:1px solid var(--line);padding:6px 0}
dt{color:var(--text-2)}dd{margin:0;text-align:right;overflow-wrap:anywhere}
ul{margin:8px 0 0;padding-left:18px}
.bytes dd,p.bytes,code,textarea{font:400 12px/16px var(--mono);overflow-wrap:anywhere}
.note{font-size:12px;line-height:16px;color:var(--text-2)}
.curve{display:block;width:100%;height:auto;margin-top:8px}
.curve path{fill:none;stroke:var(--text);stroke-width:1.5}
.curve line{stroke:var(--line-2)}
.curve rect{fill:var(--ground);stroke:var(--line-2)}
.curve text{font:400 12px var(--sans);fill:var(--text-2)}
.sprite{position:absolute;width:0;height:0}
.sign{width:40px;height:56px;flex:none}
.sy-k{fill:none;stroke:var(--text);stroke-width:1.8;stroke-linecap:round}
.sy-b{fill:var(--text)}.sy-x{fill:var(--integrity);stroke:var(--text);stroke-width:1.4}
.statement{display:flex;gap:24px;align-items:flex-start;margin:0}
.statement p{margin:0}
.statement .sentence{font:400 28px/36px var(--sans)}
.steps{list-style:none;margin:24px 0 0;padding:0;border-left:2px solid var(--text)}
.steps li{position:relative;padding:6px 0 6px 24px}
.steps li::before{content:"";position:absolute;left:-9px;top:14px;width:16px;height:4px;background:var(--text)}
.steps li[data-state=waits]::before,.steps li[data-state=not-run]::before{background:var(--paper);border:1px solid var(--line-2)}
.steps li[data-state=stops]::before{background:var(--integrity)}
.steps li[data-state=not-run],.steps li[data-state=waits]{color:var(--text-3)}
.steps .line{display:flex;justify-content:space-between;gap:24px}
.steps .line b{flex:none}
.steps .line span{font-size:12px;text-align:right;overflow-wrap:anywhere}
.steps li[data-state=stops] .line span{color:var(--integrity);font-weight:600}
.compare{display:flex;border:2px solid var(--integrity);border-radius:2px;margin-top:8px}
.compare div{flex:1;padding:8px 12px;min-width:0}
.compare div+div{border-left:1px solid var(--line-2)}
.policy{border:1px dashed var(--line-2);border-radius:2px;padding:16px;margin-top:24px}
.policy.over{border-color:var(--text);background:var(--ground)}
.policy textarea{width:100%;height:88px;margin:8px 0;border:1px solid var(--line-2);border-radius:2px;background:#fff;padding:8px}
button,.file{display:inline-block;font:600 14px/20px var(--sans);border:1px solid var(--line-2);border-radius:2px;background:var(--paper);color:var(--text);padding:5px 16px;cursor:pointer}
button:focus-visible,.file:focus-within,textarea:focus-visible{outline:2px solid var(--text);outline-offset:2px}
.file input{position:absolute;opacity:0;width:1px;height:1px}
#convenience{margin-top:16px}
.fingerprint{font:400 16px/24px var(--mono)}
@media print{body{background:#fff}main{max-width:none;margin:0}.paper,.check{border:0;padding:0}.policy{display:none}}
@media (max-width:640px){.steps .line,dl div,.top,.compare{display:block}dd,.steps .line span{text-align:left}.compare div+div{border-left:0;border-top:1px solid var(--line-2)}.paper,.check{padding:16px}}
`
