// A dashboard as Grafana lays it out, from its file. The address may say the time and the variables as Grafana's does
// (`?from=now-15m&to=now&var-instance=a`), and how often Prometheus asks (`scrape=15s`).

import { useCallback, useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { ThemeContext, createTheme, rangeUtil } from '@grafana/data';
import { GlobalStyles } from '@grafana/ui';
import { readAnnotations } from './annotations.js';
import { Panel } from './panel.jsx';
import { readVariables } from './variables.js';
import './page.css';

const [COLUMNS, ROW, GAP] = [24, 30, 8];
const address = new URLSearchParams(location.search);

/** The times that the page has links to; any other is written into the address. */
const SPANS = ['15m', '1h', '6h', '24h', '7d'];
const withSpan = (span) => new URLSearchParams([...[...address].filter(([name]) => name !== 'from' && name !== 'to'), ['from', `now-${span}`], ['to', 'now']]);

/** Where a panel stands on a page of this width. */
function placed({ x, y, w, h }, width) {
  const column = (width - GAP * (COLUMNS - 1)) / COLUMNS;
  return { left: x * (column + GAP), top: y * (ROW + GAP), width: w * (column + GAP) - GAP, height: h * (ROW + GAP) - GAP };
}

/** The panels themselves: those in rows that are folded too, and no headings. */
const panelsOf = (dashboard) => dashboard.panels.flatMap((panel) => (panel.type === 'row' ? panel.panels ?? [] : [panel]));

/** Everything that all panels share: the time, the variables, and what is marked in all of them. */
async function contextOf(dashboard, theme) {
  const { from, to } = { ...dashboard.time, ...Object.fromEntries(address) };
  const range = rangeUtil.convertRawToRange({ from, to });
  const { values, faults } = await readVariables(dashboard, range, address);
  const shared = { range, values, theme, scrape: address.get('scrape') ?? '15s', timeZone: dashboard.timezone || 'browser' };
  const { annotations, faults: more } = await readAnnotations(dashboard, shared);
  return { ...shared, annotations, faults: [...faults, ...more] };
}

function Dashboard({ dashboard }) {
  const theme = useMemo(() => createTheme({ colors: { mode: 'dark' } }), []);
  const [context, setContext] = useState();
  const [reports, setReports] = useState({});
  const panels = panelsOf(dashboard);
  useEffect(() => {
    const read = () => contextOf(dashboard, theme).then(setContext);
    read();
    const every = dashboard.refresh && setInterval(read, rangeUtil.intervalToMs(dashboard.refresh));
    return () => clearInterval(every);
  }, [dashboard, theme]);
  const report = useCallback((one) => setReports((before) => ({ ...before, [one.id]: one })), []);
  useEffect(() => {
    // What waits for the page takes it from here; two frames later what was reported is on the screen.
    const isDrawn = context && panels.every(({ id }) => reports[id]);
    if (isDrawn) requestAnimationFrame(() => requestAnimationFrame(() => { window.drawn = { faults: context.faults, panels: Object.values(reports) }; }));
  }, [context, reports]);

  const width = document.documentElement.clientWidth - 2 * GAP;
  const places = panels.map(({ gridPos }) => placed(gridPos, width));
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <header>
        <h1>{dashboard.title}</h1>
        {SPANS.map((span) => <a key={span} href={`?${withSpan(span)}`}>{span}</a>)}
        {context && <span>{context.range.from.format('YYYY-MM-DD HH:mm:ss')} to {context.range.to.format('HH:mm:ss')}</span>}
        {context?.faults.map((fault) => <span key={fault} className="complaint">{fault}</span>)}
      </header>
      <main style={{ position: 'relative', margin: GAP, height: Math.max(...places.map(({ top, height }) => top + height)) }}>
        {context && panels.map((panel, number) => <Panel key={panel.id} panel={panel} place={places[number]} context={context} report={report} />)}
      </main>
    </ThemeContext.Provider>
  );
}

window.__grafana_public_path__ = '/public/';
const dashboard = await (await fetch('/dashboard.json')).json();
document.title = dashboard.title;
createRoot(document.getElementById('page')).render(<Dashboard dashboard={dashboard} />);
