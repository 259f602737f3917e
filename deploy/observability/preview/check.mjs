// What must hold of the dashboard and of the program that draws it: every panel of the one shows something of a set that is called, and
// the other tells everything that is wrong with a dashboard in which little is right.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { picture } from './picture.mjs';

/** How often Prometheus asks here, so that half a minute is enough to see rates. */
export const SCRAPE = '1s';
const CALLED = 30_000;

/** What is wrong with every-type.json, each the beginning of a line. */
const WRONG = [
  'dashboard: variable place: variables of the type adhoc are not known here',
  'dashboard: annotation Wrong: 1:4: parse error',
  'Nothing there: no data for query A',
  'Half of it: no data for query B',
  'Not a number: no data for query A',
  'No query: query A: 1:8: parse error',
  'Not known: panels of the type heatmap are not drawn here',
  'Not known: it lies upon Upon it',
  'Asks nothing: it asks nothing',
  'Made over: transformations are not made here',
];

function hold(truth, what) {
  if (!truth) throw new Error(what);
}

/** Runs `show` as a person does. Gives its exit status, and the lines that say what is wrong. */
function shown(options) {
  const preview = fileURLToPath(new URL('preview.mjs', import.meta.url));
  const said = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  return new Promise((done) => {
    execFile(process.execPath, [preview, 'show', ...said], (error, stdout) => {
      const lines = stdout.split('\n').filter((line) => line.startsWith('preview: '));
      done({ status: error?.code ?? 0, lines: lines.map((line) => line.replace('preview: ', '')) });
    });
  });
}

export async function check({ root, page, browser, prometheus, dashboard, signal }) {
  await setTimeout(CALLED, undefined, { signal });
  const made = (name) => join(page, name);
  const address = { from: 'now-1m', to: 'now', scrape: SCRAPE };
  const { panels, wrong } = await picture({ dashboard, prometheus, page, browser, file: made('dashboard.png'), address });
  hold(wrong.length === 0, `the dashboard:\n${wrong.join('\n')}`);
  console.log(`   ${panels.length} panels, each with data: ${made('dashboard.png')}`);

  const odd = join(root, 'deploy/observability/preview/every-type.json');
  const { status, lines } = await shown({ root, page, browser, prometheus, dashboard: odd, scrape: SCRAPE, picture: made('every-type.png') });
  hold(status === 1, `exit status ${status} where panels show nothing`);
  const lacking = WRONG.filter((what) => !lines.some((line) => line.startsWith(what)));
  const besides = lines.filter((line) => !WRONG.some((what) => line.startsWith(what)));
  hold(lacking.length === 0 && besides.length === 0, `every-type.json: not told: ${lacking.join('; ')}. Told besides: ${besides.join('; ')}`);
  console.log(`   ${lines.length} faults of a dashboard with faults, each told`);
}
