// The TypeScript MCP clients, as judges of the server: each lists every tool, checks what each one promises, and calls it.
//
// It starts no server: it is given the address of one, or for stdio the program to launch. `--client v2` is
// @modelcontextprotocol/client (both eras), `--client v1` is @modelcontextprotocol/sdk (the handshake era, still the most used).
// The calls come from tests/requests/operations.json; exit status 1 when anything was found, each finding on a line of its own.

import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';

const REVISIONS = { legacy: '2025-11-25', modern: '2026-07-28' };
const TOOL_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const HINTS = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'];
const INVALID_PARAMS = -32602;
// What the server says when it was the API that refused; a refusal of the server's own is a finding.
// It is no operation of the API: it gives what did not fit into an answer, for a cursor that only the server can make.
const REST = 'get_rest_of_answer';
// Neither are these: they tell of the server and of whoever calls it.
const ABOUT = [
  { operation: 'none', tool: 'whoami', arguments: {} },
  { operation: 'none', tool: 'ping', arguments: {} },
  { operation: 'none', tool: 'echo', arguments: { message: 'Grüße' } },
  { operation: 'none', tool: 'health_check', arguments: {} },
];
const REFUSAL = /\bthe API (answered|reported)\b/i;

const { values: options } = parseArgs({
  options: {
    client: { type: 'string' },
    era: { type: 'string' },
    requests: { type: 'string' },
    stdio: { type: 'string' },
    url: { type: 'string' },
  },
});
if (!['v1', 'v2'].includes(options.client) || !(options.era in REVISIONS) || !options.requests || !options.url === !options.stdio) {
  console.error('usage: call-everything.mjs --client v1|v2 --era legacy|modern --requests FILE (--url URL | --stdio PROGRAM)');
  process.exit(2);
}

const findings = [];
const expect = (holds, message) => holds || findings.push(message);

/** The two generations of the client differ in their import paths, options and error classes, and in nothing that is judged. */
const generations = {
  async v1() {
    if (options.era === 'modern') throw new Error('the v1 client speaks the handshake era only');
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const client = new Client({ name: 'call-everything', version: '1.0.0' });
    return { client, StdioClientTransport, StreamableHTTPClientTransport };
  },
  async v2() {
    const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
    const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
    const mode = options.era === 'modern' ? 'auto' : 'legacy';
    const client = new Client({ name: 'call-everything', version: '1.0.0' }, { versionNegotiation: { mode } });
    return { client, StdioClientTransport, StreamableHTTPClientTransport };
  },
};

async function connect() {
  const { client, StdioClientTransport, StreamableHTTPClientTransport } = await generations[options.client]();
  let transport;
  let revision; // The v1 client keeps the negotiated revision to itself, but tells it to its transport.
  if (options.url) {
    transport = new StreamableHTTPClientTransport(new URL(options.url));
  } else {
    const env = Object.fromEntries(['API_BASE_URL', 'API_TOKEN', 'CONFIRM', 'PATH'].flatMap((name) => (name in process.env ? [[name, process.env[name]]] : [])));
    transport = new StdioClientTransport({ command: options.stdio, args: ['stdio'], env });
  }
  const setProtocolVersion = transport.setProtocolVersion?.bind(transport);
  transport.setProtocolVersion = (version) => {
    revision = version;
    setProtocolVersion?.(version);
  };
  await client.connect(transport);
  return { client, revision: client.getNegotiatedProtocolVersion?.() ?? revision };
}

async function listEveryTool(client) {
  const tools = [];
  let cursor;
  do {
    const page = await client.listTools(cursor === undefined ? undefined : { cursor });
    tools.push(...page.tools);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return tools;
}

function checkSchema(schema, where, mustBeObject) {
  try {
    new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  } catch (error) {
    return expect(false, `${where}: not JSON Schema 2020-12: ${error.message}`);
  }
  return expect(!mustBeObject || schema.type === 'object', `${where}: its root is not an object`);
}

function checkTool(tool) {
  expect(TOOL_NAME.test(tool.name), `${tool.name}: the name has other characters or is too long`);
  expect(tool.description?.trim(), `${tool.name}: no description`);
  for (const hint of HINTS) expect(typeof tool.annotations?.[hint] === 'boolean', `${tool.name}: the annotation ${hint} is not stated`);
  checkSchema(tool.inputSchema, `${tool.name}: inputSchema`, true);
  if (tool.outputSchema) checkSchema(tool.outputSchema, `${tool.name}: outputSchema`, options.era === 'legacy');
}

const textOf = (result) => result.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(' ');

/** One recorded call; answers how it ended. The client itself checks the answer against the advertised output schema. */
async function callRecorded(client, entry, tool) {
  const label = `${entry.tool} (${entry.operation})`;
  let result;
  try {
    result = await client.callTool({ name: entry.tool, arguments: entry.arguments });
  } catch (error) {
    expect(false, `${label}: ${error.message}`);
    return 'failed';
  }
  const said = textOf(result);
  if (result.isError) {
    expect(entry.may_refuse || !tool.annotations?.readOnlyHint, `${label}: refused: ${said.slice(0, 300)}`);
    expect(REFUSAL.test(said), `${label}: not the API's refusal: ${said.slice(0, 300)}`);
    expect(result.structuredContent === undefined, `${label}: an error with structured content`);
    return 'refused';
  }
  expect(said, `${label}: an answer without text`);
  expect(!tool.outputSchema || result.structuredContent !== undefined, `${label}: an answer without structured content`);
  return 'answered';
}

async function checkRefusals(client, tools) {
  try {
    await client.callTool({ name: 'no_such_tool_here', arguments: {} });
    expect(false, 'an unknown tool was answered with a result');
  } catch (error) {
    expect(error.code === INVALID_PARAMS, `an unknown tool gives ${error.code} (${error.message}), not ${INVALID_PARAMS}`);
  }
  const tool = tools.find((candidate) => candidate.inputSchema.required?.length);
  const result = await client.callTool({ name: tool.name, arguments: { no_such_argument_here: true } });
  const said = textOf(result);
  expect(result.isError, `${tool.name}: bad arguments are not an error`);
  for (const argument of ['no_such_argument_here', ...tool.inputSchema.required]) {
    expect(said.includes(argument), `${tool.name}: the error does not name \`${argument}\`: ${said.slice(0, 300)}`);
  }
  const rest = await client.callTool({ name: REST, arguments: { cursor: 'made-up' } });
  expect(rest.isError && textOf(rest).includes('cursor'), `${REST}: a cursor that was made up gives: ${textOf(rest).slice(0, 300)}`);
}

const entries = [...JSON.parse(await readFile(options.requests, 'utf8')), ...ABOUT];
const { client, revision } = await connect();
expect(revision === REVISIONS[options.era], `negotiated ${revision}, not ${REVISIONS[options.era]}`);
const tools = await listEveryTool(client);
const byName = new Map(tools.map((tool) => [tool.name, tool]));
expect(byName.size === tools.length, 'two tools share a name');
tools.forEach(checkTool);
const called = new Set(entries.map((entry) => entry.tool));
for (const tool of tools) expect(called.has(tool.name) || tool.name === REST, `${tool.name}: no recorded call`);
const outcomes = { answered: 0, refused: 0, failed: 0 };
for (const entry of entries) {
  const tool = byName.get(entry.tool);
  if (tool) outcomes[await callRecorded(client, entry, tool)] += 1;
  else expect(false, `${entry.tool} (${entry.operation}): no such tool is listed`);
}
await checkRefusals(client, tools);
await client.close();

for (const finding of findings) console.log(`  finding: ${finding}`);
const counts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`).join(', ');
const transport = options.url ? 'http' : 'stdio';
console.log(
  `typescript ${options.client}, ${options.era}, ${transport}: ${revision}: ${tools.length} tools, ${entries.length} calls (${counts}), ${findings.length} findings`,
);
process.exit(findings.length ? 1 : 0);
