// How each type of panel is drawn, by Grafana's components of the same name.

import { useLayoutEffect } from 'react';
import { ReducerID, getDisplayValueAlignmentFactors, getFieldDisplayValues } from '@grafana/data';
import { BarGauge, BigValue, TimeSeries, VizRepeater } from '@grafana/ui';
import { fieldConfig } from './fields.js';
import { replace } from './replace.js';

/** Lines and areas over time, with a mark where something is to be told. */
function Graph({ panel, frames, range, width, height, timeZone, annotations }) {
  const legend = { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [], ...panel.options?.legend };
  return (
    <TimeSeries frames={frames} timeRange={range} timeZone={timeZone} width={width} height={height} legend={legend} options={panel.options ?? {}}>
      {(config) => <Marks config={config} annotations={annotations} />}
    </TimeSeries>
  );
}

/** A line for the beginning of each annotation, and a shade for as long as it lasts, behind what the panel shows. */
function Marks({ config, annotations }) {
  useLayoutEffect(() => {
    config.addHook('drawClear', (plot) => {
      const { ctx, bbox } = plot;
      for (const { from, to, color } of annotations) {
        const [left, right] = [from, to].map((time) => Math.min(Math.max(plot.valToPos(time, 'x', true), bbox.left), bbox.left + bbox.width));
        ctx.save();
        ctx.fillStyle = color;
        ctx.globalAlpha = 0.1;
        ctx.fillRect(left, bbox.top, right - left, bbox.height);
        ctx.globalAlpha = 0.9;
        ctx.fillRect(left, bbox.top, 2, bbox.height);
        ctx.restore();
      }
    });
  }, [config, annotations]);
  return null;
}

/** One drawing for each value that a panel has: each series, reduced as the panel says. */
function Values({ panel, frames, width, height, theme, timeZone, values, draw, options, ...rest }) {
  const getValues = () =>
    getFieldDisplayValues({
      fieldConfig: fieldConfig(panel),
      reduceOptions: { calcs: [ReducerID.lastNotNull], values: false, fields: '', ...panel.options?.reduceOptions },
      replaceVariables: (text) => replace(text, values),
      theme,
      data: frames,
      sparkline: options.graphMode === 'area',
      timeZone,
    });
  return (
    <VizRepeater
      getValues={getValues}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, alignmentFactors, count, ...place }) => draw({ value, alignmentFactors, count, ...place })}
      source={frames}
      renderCounter={0}
      width={width}
      height={height}
      orientation={options.orientation ?? 'auto'}
      {...rest}
    />
  );
}

function Stat(props) {
  const options = { graphMode: 'area', colorMode: 'value', justifyMode: 'auto', textMode: 'auto', ...props.panel.options };
  const draw = ({ value, alignmentFactors, count, width, height }) => (
    <BigValue
      value={value.display}
      sparkline={value.sparkline}
      alignmentFactors={alignmentFactors}
      count={count}
      width={width}
      height={height}
      theme={props.theme}
      text={options.text}
      colorMode={options.colorMode}
      graphMode={options.graphMode}
      justifyMode={options.justifyMode}
      textMode={options.textMode}
    />
  );
  return <Values {...props} options={options} draw={draw} autoGrid />;
}

function Bars(props) {
  const options = { orientation: 'auto', displayMode: 'gradient', valueMode: 'color', showUnfilled: true, ...props.panel.options };
  const draw = ({ value, alignmentFactors, width, height, orientation }) => (
    <BarGauge
      value={value.display}
      field={value.field}
      display={value.view?.getFieldDisplayProcessor(value.colIndex)}
      alignmentFactors={alignmentFactors}
      width={width}
      height={height}
      orientation={orientation}
      theme={props.theme}
      text={options.text}
      displayMode={options.displayMode}
      valueDisplayMode={options.valueMode}
      showUnfilled={options.showUnfilled}
      itemSpacing={10}
      lcdCellWidth={12}
    />
  );
  return <Values {...props} options={options} draw={draw} itemSpacing={10} />;
}

/** The types of panels that can be drawn here. */
export const DRAWINGS = { timeseries: Graph, stat: Stat, bargauge: Bars };
