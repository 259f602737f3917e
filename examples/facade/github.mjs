// A stand-in for GitHub: one OAuth app, one person who is logged in and has agreed to it before, so that the browser is sent back at
// once. It checks what GitHub checks: the callback address, the code once, the challenge (RFC 7636), the app's secret.
//
// Usage: node github.mjs CALLBACK    Prints its address.

import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const [callback] = process.argv.slice(2);
if (!callback) {
  console.error('usage: github.mjs CALLBACK');
  process.exit(2);
}

const codes = new Map();
const tokens = new Set();
const basic = `Basic ${Buffer.from('app:secret').toString('base64')}`;

const places = {
  'GET /login/oauth/authorize'({ searchParams }) {
    const [redirect, challenge, method] = ['redirect_uri', 'code_challenge', 'code_challenge_method'].map((name) => searchParams.get(name));
    if (searchParams.get('client_id') !== 'app' || redirect !== callback || method !== 'S256') return [400, { error: 'bad request' }];
    const code = randomBytes(16).toString('hex');
    codes.set(code, challenge);
    const location = new URL(redirect);
    location.search = new URLSearchParams({ code, state: searchParams.get('state') });
    return [302, {}, { location: String(location) }];
  },
  'POST /login/oauth/access_token'(_address, body) {
    const form = new URLSearchParams(body);
    const code = form.get('code');
    const challenge = codes.get(code);
    codes.delete(code);
    const met = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url') === challenge;
    if (form.get('client_secret') !== 'secret') return [200, { error: 'incorrect_client_credentials' }];
    if (!met || form.get('redirect_uri') !== callback) return [200, { error: 'bad_verification_code' }];
    const token = `gho_${randomBytes(16).toString('hex')}`;
    tokens.add(token);
    return [200, { access_token: token, token_type: 'bearer', scope: 'read:org' }];
  },
  'POST /api/v3/applications/app/token'(_address, body, headers) {
    const known = headers.authorization === basic && tokens.has(JSON.parse(body).access_token);
    return known ? [200, { app: { client_id: 'app' }, user: { id: 583231, login: 'octocat' } }] : [404, {}];
  },
  'GET /api/v3/user/memberships/orgs/acme'(_address, _body, headers) {
    const known = tokens.has(headers.authorization?.replace(/^Bearer /, ''));
    return known ? [200, { state: 'active' }] : [404, {}];
  },
};

const server = createServer(async (request, response) => {
  const address = new URL(request.url, 'http://127.0.0.1');
  const place = places[`${request.method} ${address.pathname}`];
  const [status, body, headers] = place ? place(address, await text(request), request.headers) : [404, {}];
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
