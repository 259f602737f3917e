// Callers of every sort, for a while: those who read, those who change, one whose call is denied, one who asks too much, one whom nobody
// knows, and a flood from one address.

import { request as ask } from 'node:http';

const REVISION = '2026-07-28';
const SRID = 'cw09-47623';
const ASSIGNMENTS = ['PLAY000313', 'PLAY000099', 'PLAY001386', 'PLAY001387', 'PLAY002631', 'PLAY004788', 'PLAY004799'];
const RELEASES = ['JKGENRELID', 'TESTREL', 'R1', 'RLS123'];
const YES = { confirm: { action: 'accept', content: { confirm: true } } };

const one = (list) => list[Math.floor(Math.random() * list.length)];
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Who calls with this key. Each call goes to one of the servers, as behind a balancer. */
function caller(servers, key) {
  const post = async (name, given, more) => {
    const params = {
      name,
      arguments: given,
      _meta: {
        'io.modelcontextprotocol/protocolVersion': REVISION,
        'io.modelcontextprotocol/clientInfo': { name: 'load', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
      },
      ...more,
    };
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': REVISION,
      'mcp-method': 'tools/call',
      'mcp-name': name,
      'x-api-key': key,
    };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    const response = await fetch(`${one(servers)}/mcp`, { method: 'POST', headers, body });
    const text = await response.text();
    return response.ok ? JSON.parse(text).result ?? {} : {};
  };
  /** Makes the call, and says yes where a person is asked. */
  return async (name, given) => {
    const result = await post(name, given);
    if (result.resultType !== 'input_required') return result;
    return post(name, given, { requestState: result.requestState, inputResponses: YES });
  };
}

const reads = (call) => async () => {
  const of = { srid: SRID, assignmentId: one(ASSIGNMENTS) };
  const [name, given] = one([
    ['get_assignment_details', of],
    ['get_assignment_tasks', of],
    ['get_release_details', { srid: SRID, releaseId: one(RELEASES) }],
    ['get_sets', { srid: SRID }],
    ['get_set', { srid: SRID, setId: 'S000015218' }],
    ['get_deployments', { srid: SRID }],
    ['get_ces_version', {}],
    ['get_assignment_details', { ...of, assignmentId: 'PLAY999999' }],
    ['get_assignment_details', { srid: SRID }],
  ]);
  await call(name, given);
  await wait(100 + 300 * Math.random());
};

/** Many who want to know the same at once. */
const crowds = (call) => async () => {
  const given = { srid: SRID, assignmentId: one(ASSIGNMENTS) };
  await Promise.all(Array.from({ length: 6 }, () => call('get_assignment_details', given)));
  await wait(1500);
};

/** A change, the same twice at once and once more; then what it made is undone, which a person confirms. */
const changes = (call) => async () => {
  const given = { srid: SRID, stream: 'PLAY', application: 'PLAY', assignmentPrefix: 'PLAY', defaultPath: 'DEV2', description: `Load ${Math.random()}` };
  const [made] = await Promise.all([call('create_assignment', given), call('create_assignment', given)]);
  await call('create_assignment', given);
  await call('generate_assignment', { srid: SRID, assignmentId: one(ASSIGNMENTS), level: 'DEV1', wait_seconds: 5 });
  const assignmentId = made.structuredContent?.assignmentId;
  if (assignmentId) await call('cancel_assignment', { srid: SRID, assignmentId });
  await wait(500);
};

const denied = (call) => async () => {
  await call('deploy_assignment', { srid: SRID, assignmentId: 'PLAY000313', level: 'PRD' });
  await wait(700);
};

/** Half as many again as a caller may make. */
const greedy = (call) => async () => {
  await Promise.all(Array.from({ length: 90 }, () => call('get_ces_version', {})));
  await wait(3000);
};

/** More requests at once, from an address of this machine that nobody else has, than one address may send. */
const floods = (servers) => async () => {
  const request = () =>
    new Promise((done) => {
      const sent = ask(`${servers[0]}/mcp`, { method: 'POST', localAddress: '127.0.0.9' }, (answer) => answer.resume().on('end', done));
      sent.on('error', done).end('{}');
    });
  for (let round = 0; round < 8; round += 1) await Promise.all(Array.from({ length: 50 }, request));
  await wait(10_000);
};

/** Has all of them call until the signal is aborted. */
export async function load({ servers, key }, signal) {
  const right = ['--scope', 'cp:deploy'];
  const keys = {
    reader: await key('olga', '--role', 'observer', '--scope', 'cp:read'),
    other: await key('tom', '--role', 'developer', ...right),
    manager: await key('rita', '--role', 'release_manager', '--scope', 'cp:admin', ...right),
    greedy: await key('max', '--role', 'observer', '--scope', 'cp:read'),
  };
  const as = (who) => caller(servers, keys[who]);
  const all = [
    reads(as('reader')),
    reads(as('reader')),
    reads(as('other')),
    crowds(as('other')),
    changes(as('manager')),
    denied(as('manager')),
    greedy(as('greedy')),
    reads(caller(servers, 'nobody')),
    floods(servers),
  ];
  await Promise.all(
    all.map(async (act) => {
      while (!signal.aborted) await act().catch(() => wait(200));
    }),
  );
}
