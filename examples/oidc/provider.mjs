// A real OpenID provider (`oidc-provider` from npm) for the example: it registers clients, logs in whoever gives a name, and
// issues signed access tokens for one resource. It forgets everything when it ends.
//
// Usage: node provider.mjs RESOURCE [SECONDS]    Prints its issuer; access tokens are good for so many seconds.

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import Provider, { errors } from 'oidc-provider';

const [resource, seconds = '600'] = process.argv.slice(2);
if (!resource) {
  console.error('usage: provider.mjs RESOURCE [SECONDS]');
  process.exit(2);
}

const SCOPES = (process.env.SCOPES ?? 'cp:read cp:write cp:deploy cp:admin').split(' ');
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...key, kid: 'example', alg: 'ES256', use: 'sig' }] },
    scopes: ['openid', 'offline_access', ...SCOPES],
    // MCP clients are programs on this machine, which wait for the answer on a loopback port (RFC 8252).
    clientDefaults: { application_type: 'native', id_token_signed_response_alg: 'ES256', token_endpoint_auth_method: 'none' },
    cookies: { keys: ['an example'] },
    // Rules of access go by roles; here the scopes of the token are what matters.
    extraTokenClaims: async () => ({ roles: ['administrator'] }),
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    ttl: { AccessToken: Number(seconds), Grant: 3600, Interaction: 600, RefreshToken: 3600, Session: 3600 },
    features: {
      devInteractions: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, indicator) => {
          if (indicator !== resource) throw new errors.InvalidTarget();
          return { audience: resource, scope: SCOPES.join(' '), accessTokenTTL: Number(seconds), accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } };
        },
      },
    },
  });
  // Clients register before they know what they will need: the scopes that they name then would be all that they ever get.
  provider.use(async (context, next) => {
    if (context.path === '/reg' && context.method === 'POST') {
      const { scope: _, ...metadata } = await json(context.req);
      context.req.body = metadata;
    }
    await next();
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
