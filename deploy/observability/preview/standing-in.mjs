// What the set has around it in production and not here: an API that takes its time and now and then fails, before the simulator, which
// does neither; and a collector of logs.

import { createServer, request as ask } from 'node:http';

/** One request in so many is answered 503, so that it is repeated. */
const STUMBLES = 40;

const listening = (server) =>
  new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(`http://127.0.0.1:${server.address().port}`)));

/** Most answers take some tens of milliseconds, a few half a second. */
const pause = () => new Promise((done) => setTimeout(done, 10 + 60 * Math.random() + (Math.random() < 0.03 ? 500 : 0)));

/** The API at this address, but slower. `isDown` says whether it is in one of its bad moments, in which it answers nothing but 503. */
export async function slowly(upstream, isDown) {
  let count = 0;
  const server = createServer(async (request, response) => {
    await pause();
    count += 1;
    if (isDown() || count % STUMBLES === 0) {
      request.resume();
      return response.writeHead(503, { 'content-type': 'text/plain' }).end('down');
    }
    const passed = ask(new URL(request.url, upstream), { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    request.pipe(passed);
  });
  return { url: await listening(server), stop: () => (server.close(), server.closeAllConnections()) };
}

/** Takes whatever is sent; `isDown` as above. */
export async function collector(isDown) {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(isDown() ? 503 : 200, { 'content-type': 'application/json' }).end('{}'));
  });
  return { url: await listening(server), stop: () => (server.close(), server.closeAllConnections()) };
}
