// What compose.yaml and deploy/observability/compose.yaml bring up, without containers: the same programs with the same settings, at
// addresses of this machine. Grafana and the collector are no programs that are found here; preview.mjs and standing-in.mjs stand in.

import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { collector, slowly } from './standing-in.mjs';

const PATIENCE = 60_000;
/** The servers that share the Redis: two, so that there is something to share. */
const SERVERS = 2;
/** Room that a load can use up in a moment: this file's, and not what anybody should have. */
const NARROW = {
  FASTMCP_SECURITY_RATE_LIMIT_PER_USER_RPM: '1200',
  FASTMCP_RATE_LIMIT_BURST_SIZE: '60',
  RATE_LIMIT_SITE_REQUESTS_PER_MINUTE: '12000',
  RATE_LIMIT_SITE_BURST_SIZE: '300',
  FASTMCP_CIRCUIT_BREAKER_RECOVERY_TIMEOUT: '2',
  LOG_LEVEL: 'warn',
};

/** Ports below those that the system gives to outgoing connections, so that nothing else takes one before its server does. */
const PORTS = { first: 20_000, count: 10_000, tries: 100 };

/** A port on which nothing listens now. */
async function freePort() {
  for (let tries = 0; tries < PORTS.tries; tries++) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    const server = createServer();
    const listens = await new Promise((ready) => {
      server.once('error', () => ready(false)).listen(port, '127.0.0.1', () => ready(true));
    });
    if (listens) {
      await new Promise((closed) => server.close(closed));
      return port;
    }
  }
  throw new Error(`no port from ${PORTS.first} on is free`);
}

/** Waits until this address answers well, or says that it never did. */
async function answers(url, signal) {
  const end = Date.now() + PATIENCE;
  while (!(await fetch(url, { signal }).catch(() => ({ ok: false }))).ok) {
    if (Date.now() > end) throw new Error(`${url}: no good answer in ${PATIENCE / 1000} seconds`);
    await setTimeout(100, undefined, { signal });
  }
}

/** The environment of the server in both files: the second adds to the first, and `${NAME:-default}` is its default. */
async function environment(root) {
  const files = ['compose.yaml', 'deploy/observability/compose.yaml'];
  const services = await Promise.all(files.map(async (file) => parse(await readFile(join(root, file), 'utf8')).services));
  const settings = Object.assign({}, ...services.map(({ server }) => server.environment));
  const set = Object.entries(settings).map(([name, value]) => [name, String(value).replace(/\$\{\w+:-([^}]*)\}/g, '$1')]);
  return { settings: Object.fromEntries(set), redis: services[0].redis.command.map(String) };
}

/**
 * Brings all of it up with the programs of a folder; `scrape` is how often Prometheus asks, what prometheus.yaml says if it is not
 * given. `isDown` says when the API has a bad moment. Gives addresses and keys, and `stop`, which ends all; who aborts the signal while
 * it starts has ended it too.
 */
export async function bringUp(plan) {
  const running = [];
  const failed = new AbortController();
  let isStopped = false;
  const start = (name, command, options = {}) => {
    const file = join(plan.scratch, `${name}.log`);
    const log = openSync(file, 'w');
    const child = spawn(command[0], command.slice(1), { stdio: ['ignore', log, log], ...options });
    // What ends before it is told to has failed, and its last words say why.
    const lost = (how) => isStopped || failed.abort(new Error(`${name} ${how}\n${readFileSync(file, 'utf8').slice(-2000)}`));
    const ended = new Promise((gone) => child.on('exit', gone).on('error', gone));
    child.on('exit', (code) => lost(`ended with status ${code}`)).on('error', (error) => lost(`does not start: ${error.message}`));
    closeSync(log);
    running.unshift(() => (child.kill('SIGTERM'), ended));
  };
  const stop = async () => {
    isStopped = true;
    for (const end of running.splice(0)) await end();
  };
  try {
    const signal = AbortSignal.any([plan.signal, failed.signal]);
    return { ...(await parts({ ...plan, signal, start, running })), stop };
  } catch (error) {
    await stop();
    throw failed.signal.reason ?? error;
  }
}

async function parts({ root, programs, scratch, scrape, isDown, signal, start, running }) {
  const { settings, redis } = await environment(root);
  const [simulatorPort, redisPort, prometheusPort] = [await freePort(), await freePort(), await freePort()];
  start('simulator', [join(programs, 'ces-simulator'), `127.0.0.1:${simulatorPort}`]);
  await mkdir(join(scratch, 'redis'), { recursive: true });
  start('redis', [...redis, '--port', String(redisPort), '--bind', '127.0.0.1', '--dir', join(scratch, 'redis')]);
  const api = await slowly(`http://127.0.0.1:${simulatorPort}`, isDown);
  const logs = await collector(isDown);
  running.push(api.stop, logs.stop);

  const [token, secret] = [join(scratch, 'api-token'), join(scratch, 'redis-secret')];
  await writeFile(token, 'de30c0de-0000-4000-8000-000000000001');
  await writeFile(secret, randomBytes(32).toString('hex'));
  const here = {
    HOST: '127.0.0.1',
    API_BASE_URL: api.url,
    API_TOKEN_FILE: token,
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    REDIS_SECRET_FILE: secret,
    OTEL_EXPORTER_OTLP_ENDPOINT: logs.url,
  };
  const program = join(programs, 'code-pipeline-mcp');
  const servers = [];
  for (let number = 1; number <= SERVERS; number += 1) {
    const port = await freePort();
    const own = { PORT: String(port), AUDIT_FOLDER: join(scratch, `journal-${number}`) };
    start(`server-${number}`, [program, 'serve'], { env: { ...settings, ...NARROW, ...here, ...own } });
    servers.push(`http://127.0.0.1:${port}`);
  }
  await Promise.all(servers.map((server) => answers(`${server}/ready`, signal)));
  const key = async (owner, ...rights) =>
    (await promisify(execFile)(program, ['keys', 'create', '--owner', owner, ...rights], { env: { ...settings, ...here } })).stdout.trim();

  const metricsKey = join(scratch, 'metrics-key');
  await writeFile(metricsKey, await key('prometheus'));
  const prometheus = `http://127.0.0.1:${prometheusPort}`;
  start('prometheus', await asking({ root, scratch, scrape, servers, metricsKey, port: prometheusPort }));
  await answers(`${prometheus}/-/ready`, signal);
  return { servers, prometheus, key };
}

/** The command of a Prometheus with the repository's configuration and rules, which asks these servers. */
async function asking({ root, scratch, scrape, servers, metricsKey, port }) {
  const configuration = parse(await readFile(join(root, 'deploy/observability/prometheus.yaml'), 'utf8'));
  const [job] = configuration.scrape_configs;
  job.authorization.credentials_file = metricsKey;
  job.static_configs = [{ targets: servers.map((server) => new URL(server).host) }];
  configuration.rule_files = configuration.rule_files.map((file) => join(root, 'deploy/observability', file));
  if (scrape) Object.assign(configuration.global, { scrape_interval: scrape, scrape_timeout: scrape, evaluation_interval: scrape });
  const file = join(scratch, 'prometheus.yaml');
  await writeFile(file, JSON.stringify(configuration));
  return ['prometheus', `--config.file=${file}`, `--storage.tsdb.path=${join(scratch, 'prometheus')}`, `--web.listen-address=127.0.0.1:${port}`];
}
