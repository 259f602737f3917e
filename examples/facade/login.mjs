// A real browser at the server's own pages, and a real MCP client before it.
//
// The client finds the server's authorization server, registers and asks for a login by itself; the browser is driven as a person
// would use it: with the mouse, without scripts, with the keyboard alone; saying yes, and saying no. Then it is tried what must not
// work: a script in a page, a page in a frame, and a login that ends in another browser.
//
// Usage: node login.mjs URL CHROMIUM

import { createServer } from 'node:http';
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { chromium } from 'playwright-core';

const [url, executablePath] = process.argv.slice(2);
const { origin } = new URL(url);
const PATIENCE = 20_000;

function expect(holds, message) {
  if (!holds) throw new Error(message);
}

/** Where the program waits for the answer: a port of this machine. */
async function waiting() {
  const answers = [];
  const server = createServer((request, response) => {
    const address = new URL(request.url, 'http://127.0.0.1');
    if (address.pathname === '/callback') answers.push(address.searchParams);
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>done</title>You may close this window.');
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return { answers, server, address: `http://127.0.0.1:${server.address().port}/callback` };
}

/** Keeps what the client learns; a person is asked by `person`. */
class Memory {
  constructor(redirectUrl, person) {
    this.redirectUrl = redirectUrl;
    this.person = person;
    this.clientMetadata = { client_name: 'An <script>editor</script>', redirect_uris: [redirectUrl], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' };
  }
  clientInformation = () => this.client;
  saveClientInformation = (client) => void (this.client = client);
  tokens = () => this.kept;
  discoveryState = () => this.discovered;
  saveDiscoveryState = (discovered) => void (this.discovered = discovered);
  saveTokens = (tokens) => void (this.kept = tokens);
  codeVerifier = () => this.verifier;
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  redirectToAuthorization = (address) => this.person(String(address));
}

/** Begins a login with a client of its own; what a person does is `person`. Gives the client, once it may call, or what the program was told. */
async function logIn(person) {
  const program = await waiting();
  try {
    const memory = new Memory(program.address, person);
    const transport = () => new StreamableHTTPClientTransport(new URL(url), { authProvider: memory });
    const client = new Client({ name: 'example', version: '1.0.0' });
    const first = transport();
    await client.connect(first).then(() => expect(false, 'nobody was asked'), (error) => {
      if (!(error instanceof UnauthorizedError)) throw error;
    });
    const [answer] = program.answers;
    expect(program.answers.length === 1, `one answer: ${program.answers.length}`);
    expect(answer.get('iss') === origin, `the answer is from ${answer.get('iss')}`);
    if (answer.has('error')) return { error: answer.get('error') };
    await first.finishAuth(answer);
    await client.connect(transport());
    return { client };
  } finally {
    program.server.close();
    program.server.closeAllConnections();
  }
}

async function calls({ client, error }) {
  expect(client, `nobody is logged in: ${error}`);
  const result = await client.callTool({ name: 'get_assignment_tasks', arguments: { srid: 'cw09-47623', assignmentId: 'PLAY000313' } });
  expect(!result.isError, JSON.stringify(result.content));
  await client.close();
}

const ended = (page) => page.waitForURL((address) => address.pathname === '/callback', { timeout: PATIENCE });

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

/** Does something with a page of a browser that has never been here. */
async function inBrowser(action, options) {
  const context = await browser.newContext(options);
  try {
    return await action(await context.newPage());
  } finally {
    await context.close();
  }
}

const tests = {
  'a person says yes': () =>
    inBrowser(async (page) => {
      const outcome = await logIn(async (address) => {
        await page.goto(address);
        const shown = await page.innerText('main');
        expect(shown.includes('An <script>editor</script>') && shown.includes('127.0.0.1:'), `what is asked: ${shown}`);
        expect((await page.title()).startsWith('Let An '), await page.title());
        await page.getByRole('button', { name: 'Yes, log in at GitHub' }).click();
        await ended(page);
      });
      await calls(outcome);
      // Whoever said yes once is asked again.
      const again = await logIn(async (address) => {
        await page.goto(address);
        await page.getByRole('button', { name: 'No', exact: true }).click();
        await ended(page);
      });
      expect(again.error === 'access_denied', JSON.stringify(again));
    }),
  'a person uses the keyboard alone': () =>
    inBrowser(async (page) => {
      const focused = () => page.evaluate(() => document.activeElement?.textContent);
      const press = async (label) => {
        for (let tabs = 0; tabs < 10 && (await focused()) !== label; tabs += 1) await page.keyboard.press('Tab');
        expect((await focused()) === label, `the keyboard does not reach ${label}`);
        const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
        expect(outline === 'solid', `what has the focus is not seen: ${outline}`);
        await page.keyboard.press('Enter');
        await ended(page);
      };
      await calls(await logIn(async (address) => {
        await page.goto(address);
        await press('Yes, log in at GitHub');
      }));
      const outcome = await logIn(async (address) => {
        await page.goto(address);
        await press('No');
      });
      expect(outcome.error === 'access_denied', JSON.stringify(outcome));
    }),
  'a person has scripts switched off': () =>
    inBrowser(
      async (page) => {
        await calls(await logIn(async (address) => {
          await page.goto(address);
          await page.getByRole('button', { name: 'Yes, log in at GitHub' }).click();
          await ended(page);
        }));
      },
      { javaScriptEnabled: false },
    ),
  'no script runs in a page, and no page in a frame': () =>
    inBrowser(async (page) => {
      const run = () =>
        page.evaluate(() => {
          delete globalThis.ran;
          const script = document.createElement('script');
          script.textContent = 'globalThis.ran = true';
          document.body.append(script);
          document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="globalThis.ran = true">');
          return new Promise((told) => setTimeout(() => told(globalThis.ran === true), 200));
        });
      await page.setContent('<p>a page without a policy</p>');
      expect(await run(), 'the check sees a script that runs');
      await logIn(async (address) => {
        await page.goto(address);
        expect(!(await run()), 'an inline script ran');
        const elsewhere = await page.evaluate(() => {
          const form = document.createElement('form');
          form.action = 'https://evil.example.com/';
          document.body.append(form);
          return new Promise((told) => {
            document.addEventListener('securitypolicyviolation', (event) => told(event.effectiveDirective), { once: true });
            form.submit();
            setTimeout(() => told('nothing'), 2000);
          });
        });
        expect(elsewhere === 'form-action', `a form went elsewhere: ${elsewhere}`);
        const frame = await inBrowser(async (other) => {
          await other.setContent(`<iframe src="${address.replaceAll('&', '&amp;')}"></iframe>`);
          await other.waitForLoadState('networkidle');
          return other.frames()[1].evaluate(() => document.querySelector('button')?.textContent ?? 'nothing').catch(() => 'nothing');
        });
        expect(frame === 'nothing', `the page is shown in a frame: ${frame}`);
        // The form that was stopped is a navigation that never ends.
        await page.goto(address);
        await page.getByRole('button', { name: 'No', exact: true }).click();
        await ended(page);
      });
    }),
  'a login does not end in another browser': () =>
    inBrowser(async (page) => {
      const outcome = await logIn(async (address) => {
        await page.goto(address);
        // The browser is kept from following, and somebody else opens what it would have opened.
        let stolen;
        await page.route((to) => to.pathname === '/login/oauth/authorize', (route) => {
          stolen = route.request().url();
          return route.abort();
        });
        await page.getByRole('button', { name: 'Yes, log in at GitHub' }).click();
        for (let waited = 0; waited < PATIENCE && !stolen; waited += 50) await page.waitForTimeout(50);
        const [status, shown] = await inBrowser(async (victim) => {
          const response = await victim.goto(stolen);
          return [response.status(), await victim.innerText('main')];
        });
        expect(status === 403 && shown.includes('does not go on'), `${status} ${shown}`);
        await page.unrouteAll();
        await page.goto(address);
        await page.getByRole('button', { name: 'No', exact: true }).click();
        await ended(page);
      });
      expect(outcome.error === 'access_denied', JSON.stringify(outcome));
    }),
};

try {
  for (const [name, test] of Object.entries(tests)) {
    await test().catch((error) => {
      throw new Error(`${name}: ${error.stack}`);
    });
    console.log(`facade: ${name}`);
  }
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
} finally {
  await browser.close();
}
