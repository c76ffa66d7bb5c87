// The styles of the report's pages.

export const style = `:root {
  color-scheme: light dark;
  --ground: #f6f7f9;
  --card: #fff;
  --ink: #1a1f27;
  --soft: #5b6573;
  --line: #dfe3e8;
  --green: #12703f;
  --red: #b3231b;
  --amber: #8a5a00;
  --fill: #c9d2dd;
  --blue: #3b76c4;
  --mark: #fff3c4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161b;
    --card: #1a2027;
    --ink: #e8ecf1;
    --soft: #9aa6b4;
    --line: #2c343e;
    --green: #4cc38a;
    --red: #ff8b80;
    --amber: #e5b567;
    --fill: #3a4552;
    --blue: #6ea8fe;
    --mark: #4a3f12;
  }
}
* {
  box-sizing: border-box;
}
body {
  margin: 0;
  background: var(--ground);
  color: var(--ink);
  font:
    15px/1.5 system-ui,
    sans-serif;
}
header {
  padding: 1.4rem max(1rem, calc(50vw - 34rem));
  background: var(--card);
  border-bottom: 4px solid;
}
header.green {
  border-color: var(--green);
}
header.red {
  border-color: var(--red);
}
header p {
  margin: 0;
  color: var(--soft);
}
h1 {
  margin: 0.1rem 0 0;
  font-size: 1.5rem;
}
main {
  max-width: 70rem;
  margin: 0 auto;
  padding: 1rem;
}
section {
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 10px;
  margin: 0 0 1rem;
  padding: 0.8rem 1rem;
}
h2 {
  font-size: 1.05rem;
  margin: 0 0 0.4rem;
}
.first {
  border-left: 4px solid var(--red);
}
.first ul {
  margin: 0;
  padding-left: 1.2rem;
  overflow-wrap: anywhere;
}
.scroll {
  overflow-x: auto;
}
table {
  border-collapse: collapse;
  width: 100%;
}
thead th {
  color: var(--soft);
  font-weight: 500;
  font-size: 0.8rem;
}
th,
td {
  text-align: left;
  padding: 0.35rem 0.6rem 0.35rem 0;
  vertical-align: top;
}
tbody tr {
  border-top: 1px solid var(--line);
}
table {
  table-layout: fixed;
  min-width: 40rem;
}
th:nth-child(1) {
  width: 7rem;
}
th:nth-child(2) {
  width: 8rem;
}
th:nth-child(3) {
  width: 9.5rem;
}
th:nth-child(4) {
  width: 9.5rem;
}
@media (max-width: 640px) {
  table {
    min-width: 0;
  }
  table,
  tbody,
  tr,
  th,
  td {
    display: block;
  }
  thead {
    display: none;
  }
  tbody tr {
    padding: 0.5rem 0;
  }
  th,
  td {
    padding: 0.05rem 0;
  }
  td:empty {
    display: none;
  }
  th[scope="row"],
  td:nth-child(2) {
    display: inline-block;
    width: auto !important;
    margin-right: 0.6rem;
  }
}
th[scope="row"] {
  font-weight: 600;
  white-space: nowrap;
}
.time {
  white-space: nowrap;
}
.number,
.time {
  font-variant-numeric: tabular-nums;
}
.reason {
  min-width: 14rem;
  overflow-wrap: anywhere;
}
.pill {
  font-size: 0.8rem;
  padding: 0.05rem 0.5rem;
  border-radius: 99px;
  border: 1px solid;
  white-space: nowrap;
}
.passed .pill {
  color: var(--green);
}
.failed .pill {
  color: var(--red);
}
.inconclusive .pill {
  color: var(--amber);
}
.skipped .pill,
.notApplicable .pill {
  color: var(--soft);
}
.bar,
.meter {
  display: block;
  position: relative;
  width: 6.5rem;
  height: 6px;
  background: var(--line);
  border-radius: 3px;
  margin: 0.15rem 0;
}
.bar i,
.meter i {
  display: block;
  height: 100%;
  background: var(--fill);
  border-radius: 3px;
}
.meter i {
  background: var(--green);
}
.failed .meter i {
  background: var(--red);
}
.meter b {
  position: absolute;
  top: -3px;
  width: 2px;
  height: 12px;
  background: var(--ink);
}
details > summary h2 {
  display: inline;
}
h3 {
  font-size: 0.95rem;
  margin: 0.7rem 0 0.2rem;
  overflow-wrap: anywhere;
}
pre {
  margin: 0.2rem 0;
  padding: 0.5rem 0.7rem;
  background: var(--ground);
  border: 1px solid var(--line);
  border-radius: 6px;
  overflow-x: auto;
  font-size: 0.82rem;
  line-height: 1.45;
  tab-size: 4;
}
.code b {
  display: inline-block;
  min-width: 2.5rem;
  color: var(--soft);
  font-weight: 400;
}
.code .here {
  display: block;
  background: var(--mark);
}
.code .here b {
  color: var(--ink);
  font-weight: 700;
}
.trend {
  display: block;
}
.timeline ol {
  list-style: none;
  margin: 0;
  padding: 0;
}
.timeline li {
  display: grid;
  grid-template-columns: minmax(9rem, 17rem) 1fr 5.5rem;
  gap: 0.6rem;
  align-items: center;
  padding: 0.1rem 0;
}
.timeline span {
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}
.timeline i {
  height: 10px;
  background: var(--line);
  border-radius: 5px;
}
.timeline b {
  display: block;
  height: 100%;
  min-width: 3px;
  background: var(--blue);
  border-radius: 5px;
}
.timeline small {
  text-align: right;
  font-variant-numeric: tabular-nums;
}
.timeline p {
  margin: 0.3rem 0 0;
  color: var(--soft);
}
.coverage th:nth-child(1) {
  width: auto;
}
.coverage th:nth-child(2),
.coverage th:nth-child(3) {
  width: 9rem;
}
.coverage th[scope="row"] {
  font-weight: 400;
  white-space: normal;
  overflow-wrap: anywhere;
}
@media (max-width: 640px) {
  .timeline li {
    grid-template-columns: 7.5rem 1fr 4.5rem;
  }
}
.files {
  display: block;
}
summary {
  cursor: pointer;
}
a {
  color: inherit;
}
footer a {
  margin-right: 1rem;
}
small {
  color: var(--soft);
}
@media (max-width: 640px) {
  .bar {
    display: none;
  }
}
`

export const chainStyle = `.chain {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr));
  gap: 1rem;
  margin-bottom: 1rem;
}
.card {
  background: var(--card);
  border: 1px solid var(--line);
  border-top: 4px solid var(--soft);
  border-radius: 10px;
  padding: 0.8rem 1rem;
}
.card.passed {
  border-top-color: var(--green);
}
.card.failed {
  border-top-color: var(--red);
}
.card h2 {
  display: flex;
  justify-content: space-between;
  align-items: center;
}
.card ul {
  list-style: none;
  margin: 0;
  padding: 0;
}
.card li {
  display: grid;
  grid-template-columns: 1rem auto minmax(0, 1fr) auto;
  gap: 0 0.5rem;
  padding: 0.35rem 0;
  border-top: 1px solid var(--line);
  align-items: baseline;
}
.card li p {
  grid-column: 2/-1;
  margin: 0;
  color: var(--soft);
  font-size: 0.85rem;
  overflow-wrap: anywhere;
}
.dot {
  width: 0.6rem;
  height: 0.6rem;
  border-radius: 50%;
  background: var(--soft);
}
.passed .dot {
  background: var(--green);
}
.failed .dot {
  background: var(--red);
}
.inconclusive .dot {
  background: var(--amber);
}
.what {
  font-weight: 600;
}
.card .number,
.card .time {
  font-size: 0.85rem;
  color: var(--soft);
}
.card .number {
  text-align: right;
  white-space: normal;
}
li.skipped .dot,
li.notApplicable .dot {
  background: var(--line);
}
.slack {
  margin: 0;
  padding-left: 1.2rem;
}
.slack pre {
  white-space: pre-wrap;
  margin: 0.2rem 0 0.8rem;
  font: inherit;
  color: var(--soft);
  overflow-wrap: anywhere;
}
`

export const galleryStyle = `.gallery {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr));
  gap: 0.6rem;
}
.gallery img {
  width: 100%;
  height: 9rem;
  object-fit: cover;
  object-position: top;
  border: 1px solid var(--line);
  border-radius: 6px;
}
`

/** Added for the page of measures. */
export const insightsStyle = `
.measures {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr));
  gap: 1rem;
  margin: 0 0 1rem;
}
.measures dt {
  color: var(--soft);
  font-size: 0.85rem;
}
.measures dd {
  margin: 0;
  font-size: 1.5rem;
  font-variant-numeric: tabular-nums;
}
.measures small {
  display: block;
  color: var(--soft);
  font-size: 0.8rem;
}
figure {
  margin: 0;
  overflow-x: auto;
}
figure svg {
  width: 100%;
  min-width: 34rem;
  height: auto;
}
figure text {
  fill: var(--soft);
  font-size: 11px;
}
figure line {
  stroke: var(--line);
}
rect.green {
  fill: var(--green);
}
rect.red {
  fill: var(--red);
}
rect.undecided {
  fill: var(--amber);
}
figcaption {
  color: var(--soft);
  font-size: 0.85rem;
}
figcaption span::before {
  content: "■ ";
}
figcaption .green::before {
  color: var(--green);
}
figcaption .red::before {
  color: var(--red);
}
figcaption .undecided::before {
  color: var(--amber);
}
dl dt {
  font-weight: 600;
}
dl.measures dt {
  font-weight: 400;
}
`
