// The TypeScript MCP clients before a server that asks for a login: discovery, registration, login, refresh and step-up are their own.
//
// The only thing that is done for them is the person at the browser (browser.mjs). Each fails unless it logged in once to read,
// read again after its token had expired without another login, and logged in once more for the scope that a change needs.
//
// Usage: node client.mjs --client v1|v2 --url URL --lifetime SECONDS

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { logIn } from './browser.mjs';

const { values: options } = parseArgs({ options: { client: { type: 'string' }, url: { type: 'string' }, lifetime: { type: 'string' } } });
const ASSIGNMENT = { srid: 'cw09-47623', assignmentId: 'PLAY000313' };

const generations = {
  async v1() {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const { UnauthorizedError } = await import('@modelcontextprotocol/sdk/client/auth.js');
    return { Client, StreamableHTTPClientTransport, UnauthorizedError };
  },
  v2: () => import('@modelcontextprotocol/client'),
};

/** Keeps what the client learns, and asks a person to log in. */
class Memory {
  asked = [];
  issued = 0;
  redirectUrl = 'http://127.0.0.1:9/callback';
  clientMetadata = { client_name: 'example', redirect_uris: [this.redirectUrl], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] };
  clientInformation = () => this.client;
  saveClientInformation = (client) => void (this.client = client);
  tokens = () => this.kept;
  saveTokens(tokens) {
    this.kept = tokens;
    this.issued += 1;
  }
  codeVerifier = () => this.verifier;
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  async redirectToAuthorization(address) {
    this.asked.push(address.searchParams.get('scope') ?? '');
    this.ended = await logIn(address, 'alice');
  }
}

function expect(holds, message) {
  if (!holds) throw new Error(message);
}

const { Client, StreamableHTTPClientTransport, UnauthorizedError } = await generations[options.client]();
const memory = new Memory();
const transport = () => new StreamableHTTPClientTransport(new URL(options.url), { authProvider: memory });
let client, current;

async function connect() {
  client = new Client({ name: 'example', version: '1.0.0' });
  current = transport();
  await client.connect(current);
}

/** Does something, and where a login is needed for it, finishes that and does it again: the clients leave this to the program. */
async function loggingIn(action) {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    const { searchParams } = memory.ended;
    await current.finishAuth(options.client === 'v1' ? searchParams.get('code') : searchParams);
    return await action();
  }
}

async function call(name, more = {}) {
  const result = await loggingIn(() => client.callTool({ name, arguments: { ...ASSIGNMENT, ...more } }));
  expect(!result.isError, `${name}: ${JSON.stringify(result.content)}`);
}

try {
  await loggingIn(connect);
  await call('get_assignment_tasks');
  expect(memory.asked.length === 1, `one login: ${memory.asked}`);
  const { issued } = memory;
  await sleep((Number(options.lifetime) + 1) * 1000);
  await call('get_assignment_tasks');
  expect(memory.asked.length === 1, `a refresh asks nobody: ${memory.asked}`);
  expect(memory.issued > issued, 'there was no refresh');
  // With a refresh token the first generation asks for the same scopes again where it should ask a person for more.
  if (options.client === 'v1') delete memory.kept.refresh_token;
  await call('generate_assignment', { level: 'DEV2' });
  expect(memory.asked.length === 2, `one login for more: ${memory.asked}`);
  const [first, second] = memory.asked.map((scopes) => new Set(scopes.split(' ')));
  expect(first.isSubsetOf(second) && second.size > first.size, `more is asked for, and nothing less: ${memory.asked}`);
  console.log(`typescript ${options.client}: discovered, registered, logged in, refreshed, stepped up`);
} catch (error) {
  console.error(`typescript ${options.client}: ${error}`);
  process.exitCode = 1;
} finally {
  await client?.close().catch(() => {});
}
