// The TypeScript MCP clients of both generations as rows of the matrix: each lists, pages, calls, confirms and cancels.
//
// It starts no server: it is given the address of one, or for stdio the program to launch. What is called stands in calls.json. It prints
// one line of JSON: the row, with what is wrong. That a call that was cancelled has ended at the server too is for whoever reads the
// server's log.

import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

const REVISIONS = { legacy: '2025-11-25', modern: '2026-07-28' };
const PASSED_ON = ['API_BASE_URL', 'API_TOKEN', 'MCP_TOOLS_PAGE_SIZE', 'LOG_FORMAT', 'PATH'];
const PATIENCE = 30_000;

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string' },
    client: { type: 'string' },
    era: { type: 'string' },
    stdio: { type: 'string' },
    tools: { type: 'string' },
    url: { type: 'string' },
  },
});
const CALLS = JSON.parse(await readFile(options.calls, 'utf8'));
const ABOUT = { name: 'matrix', version: '1.0.0' };
const CAPABILITIES = { elicitation: {} };

const expect = (holds, message) => {
  if (!holds) throw new Error(message);
};
const textOf = (result) => result.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(' ');

/** What the two generations do differently. `lacks` is why one has no row of this era, if that is so. */
const generations = {
  async v1() {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const { CallToolResultSchema, ElicitRequestSchema, SUPPORTED_PROTOCOL_VERSIONS } = await import('@modelcontextprotocol/sdk/types.js');
    const newest = [...SUPPORTED_PROTOCOL_VERSIONS].sort().at(-1);
    return {
      name: `sdk ${await versionOf('sdk')} (TypeScript)`,
      lacks: SUPPORTED_PROTOCOL_VERSIONS.includes(REVISIONS[options.era]) ? undefined : `its newest revision is ${newest}`,
      StdioClientTransport,
      StreamableHTTPClientTransport,
      client: () => new Client(ABOUT, { capabilities: CAPABILITIES }),
      ask: (client, handler) => client.setRequestHandler(ElicitRequestSchema, handler),
      page: (client, cursor) => client.listTools(cursor === undefined ? {} : { cursor }),
      call: (client, params, more) => client.callTool(params, CallToolResultSchema, more),
    };
  },
  async v2() {
    const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
    const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
    const mode = options.era === 'modern' ? 'auto' : 'legacy';
    return {
      name: `client ${await versionOf('client')} (TypeScript)`,
      StdioClientTransport,
      StreamableHTTPClientTransport,
      client: () => new Client(ABOUT, { capabilities: CAPABILITIES, versionNegotiation: { mode } }),
      ask: (client, handler) => client.setRequestHandler('elicitation/create', handler),
      // Without a cursor `listTools` gathers all pages; the first page alone is a plain request.
      page: (client, cursor) => (cursor === undefined ? client.request({ method: 'tools/list', params: {} }) : client.listTools({ cursor })),
      call: (client, params, more) => client.callTool(params, more),
    };
  },
};

async function versionOf(name) {
  const path = new URL(`node_modules/@modelcontextprotocol/${name}/package.json`, import.meta.url);
  return JSON.parse(await readFile(path, 'utf8')).version;
}

async function connect(sdk, person) {
  const client = sdk.client();
  let transport;
  if (options.url) {
    transport = new sdk.StreamableHTTPClientTransport(new URL(options.url));
  } else {
    const env = Object.fromEntries(PASSED_ON.flatMap((name) => (name in process.env ? [[name, process.env[name]]] : [])));
    transport = new sdk.StdioClientTransport({ command: options.stdio, args: ['stdio'], env });
  }
  let revision; // The first generation keeps the negotiated revision to itself, but tells it to its transport.
  const setProtocolVersion = transport.setProtocolVersion?.bind(transport);
  transport.setProtocolVersion = (version) => {
    revision = version;
    setProtocolVersion?.(version);
  };
  sdk.ask(client, async (request) => {
    person.asked.push(request.params.message);
    return person.saysYes ? { action: 'accept', content: { confirm: true } } : { action: 'decline' };
  });
  await client.connect(transport);
  return { client, revision: client.getNegotiatedProtocolVersion?.() ?? revision };
}

async function pages(sdk, client) {
  const found = [];
  let cursor;
  do {
    const page = await sdk.page(client, cursor);
    found.push(page.tools.map((tool) => tool.name));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
}

const paramsOf = ({ tool, arguments: given }) => ({ name: tool, arguments: given });

// What is left under way when a call is cancelled may forbid other changes, so that comes last.
const checks = {
  async lists(sdk, { client, revision }) {
    expect(revision === REVISIONS[options.era], `it speaks ${revision}`);
    const names = (await pages(sdk, client)).flat();
    expect(new Set(names).size === names.length && names.length === Number(options.tools), `${names.length} tools, not ${options.tools}`);
    const gathered = (await client.listTools()).tools.length;
    const size = Number(process.env.MCP_TOOLS_PAGE_SIZE);
    expect(gathered === names.length || gathered === size, `without a cursor it lists ${gathered} tools`);
  },
  async calls(sdk, { client }) {
    const result = await sdk.call(client, paramsOf(CALLS.read));
    expect(!result.isError, textOf(result));
    expect(result.structuredContent !== undefined, 'an answer without structured content');
  },
  async pages(sdk, { client }) {
    const sizes = (await pages(sdk, client)).map((page) => page.length);
    const size = Number(process.env.MCP_TOOLS_PAGE_SIZE);
    expect(sizes.length > 1 && sizes.slice(0, -1).every((one) => one === size), `pages of ${sizes} tools, not of ${size}`);
  },
  async confirms(sdk, { client }, person) {
    person.saysYes = false;
    const refused = await sdk.call(client, paramsOf(CALLS.confirm));
    expect(refused.isError && textOf(refused).includes('said no'), `after a no: ${textOf(refused)}`);
    person.saysYes = true;
    const made = await sdk.call(client, paramsOf(CALLS.confirm));
    expect(!made.isError, `after a yes: ${textOf(made)}`);
    expect(person.asked.length === 2 && person.asked[0].includes('PLAY000313'), `asked: ${person.asked}`);
  },
  async cancels(sdk, { client }) {
    const leaving = new AbortController();
    let underWay = false;
    const onprogress = () => {
      underWay = true;
      leaving.abort('enough');
    };
    const outcome = await sdk.call(client, paramsOf(CALLS.wait), { signal: leaving.signal, onprogress, timeout: PATIENCE }).then(
      () => 'answered',
      () => 'ended',
    );
    expect(underWay && outcome === 'ended', `a call that was cancelled was ${outcome}`);
    const after = await sdk.call(client, paramsOf(CALLS.read));
    expect(!after.isError, 'nothing can be called after a call was cancelled');
  },
};

async function cell(sdk, check) {
  if (sdk.lacks) return `no: ${sdk.lacks}`;
  const person = { saysYes: true, asked: [] };
  let connected;
  try {
    connected = await connect(sdk, person);
    await check(sdk, connected, person);
    return 'yes';
  } catch (error) {
    return `FAILED: ${error.name}: ${error.message}`;
  } finally {
    await connected?.client.close();
  }
}

const sdk = await generations[options.client]();
const cells = {};
for (const [name, check] of Object.entries(checks)) cells[name] = await cell(sdk, check);
console.log(JSON.stringify({ client: sdk.name, cells }));
process.exit(0);
