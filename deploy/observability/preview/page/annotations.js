// What is marked in every panel that has a time axis: the times at which a query of the dashboard's annotations has a value.

import { MOST_POINTS, ask } from './prometheus.js';
import { replace } from './replace.js';

/** A point for each minute, as Grafana asks, unless these are more than Prometheus gives. */
const stepOf = ({ from, to }) => Math.max(60, Math.ceil((to.unix() - from.unix()) / MOST_POINTS));

/** Points that follow each other are one annotation, which lasts from the first to the last. */
function joined(points, step) {
  const spans = [];
  for (const [time, value] of points) {
    const last = spans.at(-1);
    if (value === '0') continue;
    if (last && time - last.to <= step) last.to = time;
    else spans.push({ from: time, to: time });
  }
  return spans.map(({ from, to }) => ({ from: from * 1000, to: to * 1000 }));
}

export async function readAnnotations(dashboard, { range, values, theme }) {
  const annotations = [];
  const faults = [];
  const step = stepOf(range);
  for (const { name, enable, expr, iconColor } of dashboard.annotations?.list ?? []) {
    if (!enable || !expr) continue;
    try {
      const { result } = await ask('query_range', { query: replace(expr, values), start: range.from.unix(), end: range.to.unix(), step });
      annotations.push(...result.flatMap((series) => joined(series.values, step)).map((span) => ({ ...span, color: theme.visualization.getColorByName(iconColor) })));
    } catch (error) {
      faults.push(`annotation ${name}: ${error.message}`);
    }
  }
  return { annotations, faults };
}
