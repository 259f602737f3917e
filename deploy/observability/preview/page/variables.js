// What the variables of a dashboard stand for.

import { ask } from './prometheus.js';

const LABELS = /^label_values\((?:(.+),)?\s*(\w+)\s*\)$/;
const escaped = (value) => value.replace(/[\\^$.*+?()[\]{}|]/g, '\\\\$&');

/** The values that a variable may have, in the order of its list. */
async function options(variable, range) {
  if (variable.type === 'custom') return String(variable.query).split(',').map((value) => value.trim());
  if (variable.type !== 'query') throw new Error(`variables of the type ${variable.type} are not known here`);
  const query = String(variable.query.query ?? variable.query);
  const [, selector, label] = LABELS.exec(query) ?? [];
  if (!label) throw new Error(`${query}: of queries for a variable only label_values(...) is known here`);
  const match = selector ? { 'match[]': selector } : {};
  return ask(`label/${label}/values`, { ...match, start: range.from.unix(), end: range.to.unix() });
}

/** One variable as Prometheus takes it: a value, or an expression that matches each of several. */
async function resolved(variable, range, chosen) {
  if (variable.type === 'datasource') return variable.current?.value ?? '';
  if (variable.type === 'constant' || variable.type === 'textbox') return String(variable.query);
  const known = await options(variable, range);
  if (known.length === 0) throw new Error('there is nothing to choose from');
  const given = chosen.length > 0 ? chosen : [variable.current?.value ?? known[0]].flat();
  if (given.includes('$__all')) {
    if (variable.allValue) return variable.allValue;
    return `(${known.map(escaped).join('|')})`;
  }
  return given.length > 1 ? `(${given.map(escaped).join('|')})` : escaped(given[0]);
}

/** Every variable by its name, and what is wrong with those that have no value. `address` is what the page's address says of them. */
export async function readVariables(dashboard, range, address) {
  const values = {};
  const faults = [];
  for (const variable of dashboard.templating?.list ?? []) {
    try {
      values[variable.name] = await resolved(variable, range, address.getAll(`var-${variable.name}`));
    } catch (error) {
      faults.push(`variable ${variable.name}: ${error.message}`);
    }
  }
  return { values, faults };
}
