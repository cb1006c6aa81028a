/** Look of the HTML rendering: paper on grey, one column, no colour but the integrity mark. Prints as it stands. */
export const SHEET_CSS = `
:root{color-scheme:light;--ground:#DFE2E5;--paper:#F5F6F7;--text:#1B1F23;--text-2:#434A51;--text-3:#535B63;--line:#C1C6CB;--line-2:#6F777F;--integrity:#A1007D;
--sans:"IBM Plex Sans","Segoe UI","Helvetica Neue",Arial,sans-serif;--mono:"IBM Plex Mono","Cascadia Mono","DejaVu Sans Mono",Consolas,monospace}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:400 12px/16px var(--sans);font-variant-numeric:tabular-nums}
main{max-width:940px;margin:24px auto;padding:0 16px}
.paper,.check{background:var(--paper);border:1px solid var(--line-2);border-radius:2px;padding:40px 56px 24px 72px;margin-bottom:24px;position:relative}
.check{padding-left:56px;font-size:14px;line-height:20px}
.paper::before{content:"";position:absolute;left:39px;top:44px;bottom:0;width:2px;background:var(--text)}
h1{font:600 28px/36px var(--sans);margin:16px 0}
h2{font:600 14px/20px var(--sans);margin:0}
section{margin-top:16px;border-top:1px solid var(--line-2);padding-top:4px;position:relative}
section::before{content:"";position:absolute;left:-41px;top:-2px;width:16px;height:4px;background:var(--text)}
.halves section+section::before,.check section::before{content:none}
.check section{border-top:0}
p{margin:0 0 4px}
b{font-weight:600}
.from,section>header,.foot{display:flex;justify-content:space-between;gap:24px;align-items:baseline}
.from{color:var(--text-2);align-items:flex-start}.from b{color:var(--text);font-size:14px}
.r{text-align:right;flex:none}
section>header p{color:var(--text-2);text-align:right;margin:0}
.halves{display:grid;grid-template-columns:1fr 1fr;gap:0 32px}
.verdict{font:400 20px/28px var(--sans);margin:16px 0 12px}
.simulated{border:3px solid var(--text);padding:8px 12px;font:600 16px/22px var(--sans);margin:0 0 12px}
.figures{display:grid;grid-template-columns:repeat(4,1fr);border:solid var(--line-2);border-width:1px 0}
.figures p{color:var(--text-2);padding:8px 8px 8px 12px;margin:0;border-left:1px solid var(--line)}
.figures p:nth-child(4n+1){border-left:0;padding-left:0}
.figures b{display:block;font:400 20px/26px var(--sans);color:var(--text)}
table{width:100%;min-width:620px;table-layout:fixed;border-collapse:collapse;border-bottom:1px solid var(--line-2)}
th{font:400 12px/16px var(--sans);color:var(--text-2);text-align:left;border-bottom:1px solid var(--line-2);padding:3px 8px 3px 0;vertical-align:bottom}
td,th{overflow-wrap:anywhere}
td{border-bottom:1px solid var(--line);padding:3px 8px 3px 0;vertical-align:top}
.num{text-align:right}.num+:not(.num){padding-left:12px}
td small{display:block;font-size:11px;line-height:15px;color:var(--text-2)}
.gap td{padding-left:16px;color:var(--text-2);background:repeating-linear-gradient(135deg,transparent 0 5px,var(--line) 5px 6px)}
dl{margin:0}
dl div{display:flex;gap:16px;border-bottom:1px solid var(--line);padding:3px 0}
dt{color:var(--text-2);flex:none;width:88px}dd{margin:0;overflow-wrap:anywhere}
ul{margin:4px 0 0;padding-left:18px}
.nots{list-style:none;padding:0;margin:0}.nots li{border-bottom:1px solid var(--line);padding:3px 0}
.check2{display:flex;gap:20px;margin-top:4px}
.qr{width:112px;height:112px;flex:none;fill:#000}
.foot{border-top:1px solid var(--line);margin-top:24px;padding-top:8px;color:var(--text-2)}
.bytes dd,p.bytes,code,textarea{font:400 11px/16px var(--mono);overflow-wrap:anywhere}
.note{font-size:12px;line-height:16px;color:var(--text-2)}
.curve{display:block;width:100%;height:auto;margin-top:4px}
.curve .line{fill:none;stroke:var(--text);stroke-width:1.5;stroke-linejoin:round}
.curve .hair{stroke:var(--line)}.curve .base{stroke:var(--line-2);fill:none}
.curve rect{fill:url(#hatch);stroke:var(--line-2);stroke-width:.7}
.hatch{stroke:var(--line-2);stroke-width:1}
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
@page{margin:12mm}
@media print{body,.paper{background:#fff}main{max-width:none;margin:0;padding:0}.paper{border:0;padding:0 0 0 32px}.paper::before{left:7px}section::before{left:-33px}.check{display:none}section,tr{break-inside:avoid}}
@media (max-width:640px){.steps .line,.compare,.from,section>header,.halves,.check2{display:block}.r,section>header p,.steps .line span{text-align:left}.figures{grid-template-columns:1fr 1fr}.figures p:nth-child(n){border-left:1px solid var(--line);padding-left:12px}.figures p:nth-child(odd){border-left:0;padding-left:0}.wide{overflow-x:auto}.compare div+div{border-left:0;border-top:1px solid var(--line-2)}.paper{padding:16px 16px 16px 32px}.paper::before{left:11px}section::before{left:-29px}.check{padding:16px}}
`
