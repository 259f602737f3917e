// What a panel says of its fields, with what Grafana takes for granted where the file says nothing.

import { FieldType, Registry, applyFieldOverrides } from '@grafana/data';
import { replace } from './replace.js';

const STANDARD = ['unit', 'decimals', 'min', 'max', 'displayName', 'noValue', 'color', 'thresholds', 'mappings', 'fieldMinMax'];
const GRAPH = {
  drawStyle: 'line',
  lineInterpolation: 'linear',
  lineWidth: 1,
  lineStyle: { fill: 'solid' },
  fillOpacity: 0,
  gradientMode: 'none',
  pointSize: 5,
  showPoints: 'auto',
  spanNulls: false,
  insertNulls: false,
  barAlignment: 0,
  stacking: { mode: 'none', group: 'A' },
  axisPlacement: 'auto',
  axisLabel: '',
  axisColorMode: 'text',
  axisBorderShow: false,
  axisCenteredZero: false,
  axisGridShow: true,
  scaleDistribution: { type: 'linear' },
  hideFrom: { tooltip: false, viz: false, legend: false },
  thresholdsStyle: { mode: 'off' },
};
/** Green, and red from 80 on: what Grafana draws where a panel names no thresholds. */
const THRESHOLDS = { mode: 'absolute', steps: [{ color: 'green', value: null }, { color: 'red', value: 80 }] };

const item = (id, path, isCustom) => ({ id, path, name: id, isCustom, process: (value) => value, shouldApply: (field) => !isCustom || field.type !== FieldType.time });
const registry = new Registry(() => [
  ...STANDARD.map((name) => item(name, name, false)),
  ...Object.keys(GRAPH).map((name) => item(`custom.${name}`, name, true)),
]);

/** JSON has no number for "from the beginning". */
const begun = (thresholds) => ({ ...thresholds, steps: thresholds.steps.map((step) => ({ ...step, value: step.value ?? -Infinity })) });

export function fieldConfig(panel) {
  const { defaults = {}, overrides = [] } = panel.fieldConfig ?? {};
  const isGraph = panel.type === 'timeseries';
  return {
    defaults: {
      mappings: [],
      color: { mode: isGraph ? 'palette-classic' : 'thresholds' },
      ...defaults,
      thresholds: begun(defaults.thresholds ?? THRESHOLDS),
      custom: isGraph ? { ...GRAPH, ...defaults.custom } : { ...defaults.custom },
    },
    overrides: overrides.map((rule) => ({
      ...rule,
      properties: rule.properties.map(({ id, value }) => ({ id, value: id === 'thresholds' ? begun(value) : value })),
    })),
  };
}

/** The frames, each field with its unit, colours and the words for its values. */
export function withFields(frames, panel, { theme, values, timeZone }) {
  return applyFieldOverrides({
    data: frames,
    fieldConfig: fieldConfig(panel),
    fieldConfigRegistry: registry,
    replaceVariables: (text) => replace(text, values),
    theme,
    timeZone,
  });
}
