// A provider of identities: panva's certified `oidc-provider`, with its own pages for sign-in and
// consent. Prints its address; CLIENT_SECRET and REDIRECT_URI are those of the hub, SIGNED_OUT_URI
// is where a browser comes back to after a sign-out, CERTIFICATE and KEY are files for TLS.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const https = require('node:https');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

async function main() {
  const place = path.join(process.env.NODE_PATH, 'oidc-provider/lib/index.js');
  const { default: Provider } = await import(pathToFileURL(place).href);
  const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'first' };
  const server = https.createServer({
    cert: fs.readFileSync(process.env.CERTIFICATE),
    key: fs.readFileSync(process.env.KEY),
  });
  server.listen(0, '127.0.0.1', () => {
    const issuer = `https://127.0.0.1:${server.address().port}`;
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: 'hub',
          client_secret: process.env.CLIENT_SECRET,
          redirect_uris: [process.env.REDIRECT_URI],
          post_logout_redirect_uris: [process.env.SIGNED_OUT_URI],
          grant_types: ['authorization_code'],
          response_types: ['code'],
        },
      ],
      cookies: { keys: [crypto.randomUUID()] },
      jwks: { keys: [key] },
      pkce: { required: () => true, methods: ['S256'] },
      findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    });
    server.on('request', provider.callback());
    console.log(issuer);
  });
}

main();
