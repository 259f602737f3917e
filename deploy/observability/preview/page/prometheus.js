// Questions to Prometheus, and its answers as the frames that Grafana's components take.

import { FieldType, rangeUtil } from '@grafana/data';
import { replace } from './replace.js';

/** The points that Prometheus gives at most for one question. */
export const MOST_POINTS = 11_000;

export async function ask(what, parameters) {
  const response = await fetch(`/api/v1/${what}?${new URLSearchParams(parameters)}`);
  const answer = await response.json();
  if (answer.status !== 'success') throw new Error(answer.error ?? `status ${response.status}`);
  return answer.data;
}

/** The seconds between two points, and what Grafana has for windows in queries, for a panel of this width. */
function intervals(range, width, scrape, least) {
  const shortest = least || scrape;
  const { interval, intervalMs } = rangeUtil.calculateInterval(range, Math.max(100, Math.round(width)), shortest);
  const span = (range.to.valueOf() - range.from.valueOf()) / 1000;
  const step = Math.max(intervalMs / 1000, Math.ceil(span / MOST_POINTS));
  const scraped = rangeUtil.intervalToSeconds(shortest);
  const rate = Math.max(step + scraped, 4 * scraped);
  return {
    step,
    values: {
      __interval: interval,
      __interval_ms: String(intervalMs),
      __rate_interval: `${rate}s`,
      __range: `${Math.round(span)}s`,
      __range_s: String(Math.round(span)),
    },
  };
}

/** What a target gives, a frame for each series. */
export async function query(target, { range, width, scrape, values }) {
  const { step, values: windows } = intervals(range, width, scrape, target.interval);
  const expression = replace(target.expr, { ...values, ...windows });
  const align = (time) => Math.floor(time.valueOf() / 1000 / step) * step;
  const asked = target.instant
    ? await ask('query', { query: expression, time: range.to.valueOf() / 1000 })
    : await ask('query_range', { query: expression, start: align(range.from), end: align(range.to), step });
  if (!['matrix', 'vector'].includes(asked.resultType)) throw new Error(`a ${asked.resultType} cannot be drawn`);
  return asked.result.map(({ metric, value, values }) => frame(metric, values ?? [value], target, step));
}

function frame(metric, points, target, step) {
  const times = points.map(([time]) => time * 1000);
  const legend = target.legendFormat;
  const name = legend && legend !== '__auto' ? legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? '') : undefined;
  const { __name__, ...labels } = metric;
  return {
    refId: target.refId,
    length: points.length,
    fields: [
      { name: 'Time', type: FieldType.time, config: { interval: step * 1000 }, values: times },
      { name: __name__ ?? 'Value', type: FieldType.number, config: { displayNameFromDS: name }, labels, values: points.map(([, value]) => number(value)) },
    ],
  };
}

/** What is not a number has no place in a drawing. */
function number(text) {
  if (text === '+Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  const value = Number(text);
  return Number.isNaN(value) ? null : value;
}

/** Whether anything in these frames can be seen. */
export function holdsSomething(frames) {
  return frames.some(({ fields }) => fields.some(({ type, values }) => type === FieldType.number && values.some((value) => value !== null)));
}
