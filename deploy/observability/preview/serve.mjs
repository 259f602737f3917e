// The page, the dashboard's file, and the questions to Prometheus, all from one address of this machine: the page may ask nobody else.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const folderOf = (name) => dirname(require.resolve(`${name}/package.json`));
const PICTURES = join(folderOf('@grafana/ui'), 'dist');
/** The weights in which Grafana's style sheet asks for its font. */
const WEIGHTS = { Regular: 400, Medium: 500 };
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";
const KINDS = { js: 'text/javascript', css: 'text/css', json: 'application/json', svg: 'image/svg+xml', woff2: 'font/woff2' };
const QUESTIONS = /^\/api\/v1\/(query|query_range|series|labels|label\/\w+\/values)$/;
const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Dashboard</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"><body><div id="page"></div><script type="module" src="/page.js"></script></body></html>`;

/** Serves the dashboard of this file with what this Prometheus has; `page` is the folder that bundle.mjs filled. */
export async function serve({ dashboard, prometheus, page, port = 0 }) {
  const { panels } = JSON.parse(await readFile(dashboard, 'utf8'));
  if (!Array.isArray(panels)) throw new Error(`${dashboard}: expected a dashboard, which has a list of panels`);
  const files = {
    '/dashboard.json': dashboard,
    '/page.js': join(page, 'page.js'),
    '/page.css': join(page, 'page.css'),
  };
  for (const [name, weight] of Object.entries(WEIGHTS)) {
    files[`/public/fonts/inter/Inter-${name}.woff2`] = join(folderOf('@fontsource/inter'), `files/inter-latin-${weight}-normal.woff2`);
  }
  const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url, 'http://127.0.0.1');
    const say = (status, type, body) => response.writeHead(status, { 'content-type': type, 'content-security-policy': POLICY }).end(body);
    try {
      if (pathname === '/') return say(200, 'text/html', PAGE);
      if (QUESTIONS.test(pathname)) {
        const answer = await fetch(new URL(pathname + search, prometheus));
        return say(answer.status, 'application/json', await answer.text());
      }
      const file = files[pathname] ?? (pathname.startsWith('/public/img/') && join(PICTURES, pathname));
      if (!file) return say(404, 'text/plain', 'There is nothing here.');
      say(200, KINDS[pathname.split('.').at(-1)] ?? 'application/octet-stream', await readFile(file));
    } catch (error) {
      say(error.code === 'ENOENT' ? 404 : 502, 'application/json', JSON.stringify({ error: `${error.message}: ${error.cause ?? ''}` }));
    }
  });
  await new Promise((ready, fail) => server.once('error', fail).listen(port, '127.0.0.1', ready));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => (server.close(), server.closeAllConnections()) };
}
