// Shows a Grafana dashboard's file in a browser, without Grafana.
//
// Usage: node preview.mjs show  --prometheus URL [--picture FILE] [--last 15m] [--scrape 15s] [--dashboard FILE] [--port PORT]
//        node preview.mjs set   --programs FOLDER [--seconds 60] [as for show, but for --prometheus]
//        node preview.mjs check --programs FOLDER
//
// `show` asks a Prometheus that runs; `set` starts one, with the servers and all that they need, and has them called. With --picture a
// PNG is written and the exit status is 1 where a panel shows nothing, and each that does is named; without it the page is there until
// Ctrl-C. `check` holds the dashboard of the repository to the set, and this program to a dashboard in which everything is wrong.
//
// `run` gives --page, --browser and --root: the folder that bundle.mjs filled, the browser's program, the repository.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SCRAPE, check } from './check.mjs';
import { load } from './load.mjs';
import { picture } from './picture.mjs';
import { serve } from './serve.mjs';
import { bringUp } from './set.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    browser: { type: 'string', default: 'chromium' },
    dashboard: { type: 'string' },
    last: { type: 'string' },
    page: { type: 'string' },
    picture: { type: 'string' },
    port: { type: 'string', default: '0' },
    programs: { type: 'string' },
    prometheus: { type: 'string' },
    root: { type: 'string' },
    scrape: { type: 'string' },
    seconds: { type: 'string', default: '60' },
  },
});
const ended = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ended.abort());
const dashboard = options.dashboard ?? join(options.root, 'deploy/observability/grafana/code-pipeline-mcp.json');
/** What the page's address is to say. */
const address = {
  ...(options.last && { from: `now-${options.last}`, to: 'now' }),
  ...(options.scrape && { scrape: options.scrape }),
};

/** Takes the picture and says of each panel what it shows, or serves the page until somebody has seen enough. */
async function show(prometheus) {
  if (!options.picture) {
    const { url, stop } = await serve({ dashboard, prometheus, page: options.page, port: Number(options.port) });
    console.log(`The dashboard is at ${url}/?${new URLSearchParams(address)}, Prometheus at ${prometheus}. Ctrl-C ends it.`);
    await once(ended.signal, 'abort');
    return stop();
  }
  const { panels, wrong } = await picture({ dashboard, prometheus, page: options.page, browser: options.browser, file: options.picture, address });
  for (const { title, type, series } of panels) console.log(`   ${title}: ${type}, ${series} series`);
  for (const what of wrong) console.log(`preview: ${what}`);
  console.log(`${panels.length} panels in ${resolve(options.picture)}`);
  if (wrong.length > 0) process.exitCode = 1;
}

/** The API is away for five seconds of every two minutes, from the twelfth second on. */
function badMoments() {
  const begun = Date.now();
  return () => {
    const second = ((Date.now() - begun) / 1000) % 120;
    return second >= 12 && second < 17;
  };
}

/** Brings up the set, has callers call all the time, does `then`, and ends all. */
async function withSet(then, plan = {}) {
  const scratch = await mkdtemp(join(tmpdir(), 'set-'));
  const called = new AbortController();
  let up;
  try {
    up = await bringUp({ ...options, ...plan, scratch, isDown: badMoments(), signal: ended.signal });
    console.log(`two servers, ${up.servers.join(' and ')}, and Prometheus, ${up.prometheus}`);
    const calls = load(up, called.signal);
    await then(up.prometheus);
    called.abort();
    await calls;
  } finally {
    called.abort();
    await up?.stop();
    await rm(scratch, { recursive: true, force: true });
  }
}

const commands = {
  show: () => show(options.prometheus),
  set: () =>
    withSet(async (prometheus) => {
      if (options.picture) await setTimeout(Number(options.seconds) * 1000, undefined, { signal: ended.signal });
      await show(prometheus);
    }),
  check: () => withSet((prometheus) => check({ ...options, prometheus, dashboard, signal: ended.signal }), { scrape: SCRAPE }),
};
try {
  const command = commands[positionals[0]];
  if (!command) throw new Error(`expected one of ${Object.keys(commands).join(', ')}, not ${positionals[0]}`);
  await command();
} catch (error) {
  console.log(`preview: ${error.message}`);
  process.exitCode = error.name === 'AbortError' ? 130 : 1;
}
