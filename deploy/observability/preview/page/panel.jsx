// One panel: its frame, its questions, and what came of them.

import { Component, useEffect, useState } from 'react';
import { Badge, PanelChrome } from '@grafana/ui';
import { DRAWINGS } from './drawings.jsx';
import { withFields } from './fields.js';
import { holdsSomething, query } from './prometheus.js';
import { replace } from './replace.js';

/** What is wrong with a panel before anything is asked. */
function impossible(panel) {
  if (!DRAWINGS[panel.type]) return `panels of the type ${panel.type} are not drawn here`;
  if (panel.transformations?.length > 0) return 'transformations are not made here';
  if (!panel.targets?.length) return 'it asks nothing';
}

/** Asks each question of the panel. Gives the frames as they are drawn, and a complaint for each question that has no answer to show. */
async function answers(panel, context) {
  const wrong = impossible(panel);
  if (wrong) return { frames: [], complaints: [wrong] };
  const asked = panel.targets.filter(({ hide }) => !hide).map(async (target) => {
    try {
      const frames = await query(target, context);
      return { frames, complaints: holdsSomething(frames) ? [] : [`no data for query ${target.refId}`] };
    } catch (error) {
      return { frames: [], complaints: [`query ${target.refId}: ${error.message}`] };
    }
  });
  const all = await Promise.all(asked);
  const complaints = all.flatMap((one) => one.complaints);
  try {
    return { frames: withFields(all.flatMap(({ frames }) => frames), panel, context), complaints };
  } catch (error) {
    return { frames: [], complaints: [...complaints, `its fields: ${error.message}`] };
  }
}

/** Catches what a drawing throws, and tells it in its place. */
class Guard extends Component {
  state = {};
  static getDerivedStateFromError = (error) => ({ error });
  componentDidCatch(error) {
    this.props.onError(`it cannot be drawn: ${error.message}`);
  }
  render() {
    return this.state.error ? <p className="complaint">{this.state.error.message}</p> : this.props.children;
  }
}

/** Draws the panel at its place; `report` hears of it when it stands, `{ title, type, series, complaints }`. */
export function Panel({ panel, place, context, report }) {
  const [answer, setAnswer] = useState();
  const [broken, setBroken] = useState([]);
  useEffect(() => {
    let isOld = false;
    answers(panel, { ...context, width: place.width }).then((found) => {
      if (!isOld) setAnswer({ ...found, range: context.range });
    });
    return () => { isOld = true; };
  }, [panel, context, place.width]);
  const complaints = answer && [...answer.complaints, ...broken];
  useEffect(() => {
    if (answer) report({ id: panel.id, title: panel.title, type: panel.type, series: answer.frames.length, complaints });
  }, [answer, broken]);

  const Drawing = DRAWINGS[panel.type];
  const isEmpty = answer && !holdsSomething(answer.frames);
  const badge = complaints?.length > 0 && !isEmpty && <Badge key="complaint" color="red" text={complaints.join('; ')} />;
  return (
    <section style={{ position: 'absolute', ...place }} data-panel={panel.id}>
      <PanelChrome title={replace(panel.title ?? '', context.values)} description={panel.description} width={place.width} height={place.height} titleItems={badge ? [badge] : []}>
        {(width, height) => answer && (
          <Guard onError={(message) => setBroken([message])}>
            {isEmpty
              ? <p className="complaint">{complaints.join('; ')}</p>
              : <Drawing panel={panel} {...context} {...answer} width={width} height={height} />}
          </Guard>
        )}
      </PanelChrome>
    </section>
  );
}
