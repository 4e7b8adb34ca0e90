// The whole code flow as a browser and a client would go through it.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';

import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';

import { startIdentity } from '../identity.js';

const PORTAL = 'http://localhost:3999';
const CLIENT = { id: 'portal', secret: 'portal-secret-for-the-tests' };
const basic = `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}`;

let identity;
let backchannel;
const logoutTokens = [];

const listening = (server) => new Promise((resolve) => {
  server.listen(0, '127.0.0.1', () => resolve(server.address().port));
});

before(async () => {
  backchannel = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    logoutTokens.push(new URLSearchParams(body).get('logout_token'));
    response.end();
  });
  const backchannelPort = await listening(backchannel);
  const probe = createServer();
  const port = await listening(probe);
  await new Promise((resolve) => { probe.close(resolve); });
  identity = await startIdentity({
    port,
    client: {
      ...CLIENT,
      redirectUris: [`${PORTAL}/auth/callback`],
      postLogoutRedirectUris: [`${PORTAL}/`],
      backchannelLogoutUri: `http://localhost:${backchannelPort}/`,
    },
  });
});

after(() => {
  identity.server.close();
  identity.server.closeAllConnections();
  backchannel.close();
});

beforeEach(async () => {
  logoutTokens.length = 0;
  await control('reset', {});
});

async function control(route, body) {
  const response = await fetch(`${identity.issuer}/_control/${route}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200);
  return response.json();
}

/** A browser without JavaScript: keeps cookies, never follows a redirect by itself. */
class Browser {
  #cookies = new Map();

  async go(url, form) {
    const response = await fetch(new URL(url, identity.issuer), {
      method: form ? 'POST' : 'GET',
      body: form && new URLSearchParams(form),
      redirect: 'manual',
      headers: { cookie: [...this.#cookies].map((pair) => pair.join('=')).join('; ') },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value) this.#cookies.set(name, value);
      else this.#cookies.delete(name);
    }
    return response;
  }

  /** Follows redirects as long as they stay at the provider. */
  async travel(url, form) {
    let response = await this.go(url, form);
    let location = response.headers.get('location');
    while (location && !location.startsWith(PORTAL)) {
      response = await this.go(location);
      location = response.headers.get('location');
    }
    return response;
  }
}

function authorizationRequest(extra = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id: CLIENT.id,
    redirect_uri: `${PORTAL}/auth/callback`,
    response_type: 'code',
    scope: 'openid profile email groups',
    state: 'the-state',
    nonce: 'the-nonce',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...extra,
  });
  return { verifier, url: `/auth?${query}` };
}

/** Signs in where a form is shown, and answers the redirect back to the portal. */
async function signIn(browser, account, extra) {
  const { verifier, url } = authorizationRequest(extra);
  const page = await browser.go(url);
  assert.equal(page.status, 303);
  const formUrl = page.headers.get('location');
  const form = await browser.go(formUrl);
  assert.equal(form.status, 200);
  const html = await form.text();
  assert.match(html, /<form method="post">/);
  assert.match(form.headers.get('content-security-policy'), new RegExp(`form-action 'self' ${PORTAL}`));
  const back = await browser.travel(formUrl, { username: account, password: account });
  return { html, verifier, back: new URL(back.headers.get('location')) };
}

async function exchange({ back, verifier }) {
  const response = await fetch(`${identity.issuer}/token`, {
    method: 'POST',
    headers: { authorization: basic },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: back.searchParams.get('code'),
      redirect_uri: `${PORTAL}/auth/callback`,
      code_verifier: verifier,
    }),
  });
  return { status: response.status, tokens: await response.json() };
}

test('discovery offers the code flow with S256 and both logouts', async () => {
  const document = await (await fetch(`${identity.issuer}/.well-known/openid-configuration`)).json();
  assert.equal(document.issuer, identity.issuer);
  assert.deepEqual(document.code_challenge_methods_supported, ['S256']);
  assert.equal(document.backchannel_logout_supported, true);
  assert.ok(document.end_session_endpoint);
});

test('dana signs in and her groups are in a verifiable ID token', async () => {
  const signedIn = await signIn(new Browser(), 'dana');
  assert.equal(signedIn.back.searchParams.get('state'), 'the-state');
  assert.equal(signedIn.back.searchParams.get('iss'), identity.issuer);

  const { status, tokens } = await exchange(signedIn);
  assert.equal(status, 200);
  const jwks = createRemoteJWKSet(new URL(`${identity.issuer}/jwks`));
  const { payload } = await jwtVerify(tokens.id_token, jwks, {
    issuer: identity.issuer,
    audience: CLIENT.id,
  });
  assert.equal(payload.sub, 'dana');
  assert.equal(payload.name, 'Dana Reyes');
  assert.equal(payload.email, 'dana@example.com');
  assert.equal(payload.nonce, 'the-nonce');
  assert.ok(payload.sid);
  assert.ok(Date.now() / 1000 - payload.auth_time < 10);
  assert.deepEqual(payload.groups, [
    'staff',
    'atlas-payments-prod-developers',
    'atlas-catalog-staging-developers',
    'atlas-data-lake-developers',
  ]);

  const userinfo = await fetch(`${identity.issuer}/me`, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  });
  assert.deepEqual((await userinfo.json()).groups, payload.groups);
});

test('a wrong password shows the form again, with what was typed', async () => {
  const browser = new Browser();
  const page = await browser.go(authorizationRequest().url);
  const answer = await browser.go(page.headers.get('location'), { username: 'dana', password: 'x' });
  assert.equal(answer.status, 400);
  const html = await answer.text();
  assert.match(html, /role="alert"/);
  assert.match(html, /value="dana"/);
});

test('what was typed comes back as text, never as markup', async () => {
  const browser = new Browser();
  const page = await browser.go(authorizationRequest().url);
  const answer = await browser.go(page.headers.get('location'), {
    username: '"><script>alert(1)</script>',
    password: 'x',
  });
  assert.doesNotMatch(await answer.text(), /<script>/);
});

test('PKCE is not optional', async () => {
  const { url } = authorizationRequest();
  const without = new URL(url, identity.issuer);
  without.searchParams.delete('code_challenge');
  without.searchParams.delete('code_challenge_method');
  const answer = await new Browser().go(without);
  assert.match(answer.headers.get('location'), /error=invalid_request/);
});

test('a session signs in silently, and prompt=login and max_age=0 ask again', async () => {
  const browser = new Browser();
  await signIn(browser, 'dana');

  const silent = await browser.travel(authorizationRequest().url);
  assert.match(silent.headers.get('location'), /[?&]code=/);

  for (const extra of [{ prompt: 'login' }, { max_age: '0' }]) {
    const again = await signIn(browser, 'dana', extra);
    assert.match(again.html, /Confirm it is you/);
    const { tokens } = await exchange(again);
    assert.ok(Date.now() / 1000 - decodeJwt(tokens.id_token).auth_time < 10);
  }
});

test('signing out at the provider goes back to the portal and tells it by back channel', async () => {
  const browser = new Browser();
  const { tokens } = await exchange(await signIn(browser, 'olga'));
  const query = new URLSearchParams({
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: `${PORTAL}/`,
    state: 'bye',
  });
  const page = await browser.go(`/session/end?${query}`);
  const html = await page.text();
  const answer = await browser.go(/action="([^"]+)"/.exec(html)[1], {
    xsrf: /name="xsrf" value="([^"]+)"/.exec(html)[1],
    logout: 'yes',
  });
  assert.equal(answer.headers.get('location'), `${PORTAL}/?state=bye`);

  const claims = decodeJwt(logoutTokens[0]);
  assert.equal(claims.sub, 'olga');
  assert.equal(claims.sid, decodeJwt(tokens.id_token).sid);
  assert.ok('http://schemas.openid.net/event/backchannel-logout' in claims.events);
});

test('a test can change groups', async () => {
  await control('groups', { account: 'devon', groups: ['staff', 'certdesk-security'] });
  const { tokens } = await exchange(await signIn(new Browser(), 'devon'));
  assert.deepEqual(decodeJwt(tokens.id_token).groups, ['staff', 'certdesk-security']);
});

test('a test can break the token endpoint for a number of answers', async () => {
  await control('fault', { mode: 'server_error', times: 1 });
  const signedIn = await signIn(new Browser(), 'sam');
  assert.equal((await exchange(signedIn)).status, 500);
  assert.equal((await exchange(signedIn)).status, 200);
});

test('a test can spoil the ID token', async () => {
  const spoiled = async (mode) => {
    await control('fault', { mode, times: 1 });
    return decodeJwt((await exchange(await signIn(new Browser(), 'sam'))).tokens.id_token);
  };
  assert.notEqual((await spoiled('wrong_nonce')).nonce, 'the-nonce');
  assert.notEqual((await spoiled('wrong_aud')).aud, CLIENT.id);
  assert.notEqual((await spoiled('wrong_iss')).iss, identity.issuer);
  assert.ok((await spoiled('expired')).exp < Date.now() / 1000);
  assert.ok((await spoiled('old_auth_time')).auth_time < Date.now() / 1000 - 3000);
});

test('a test can have the provider end a session by subject', async () => {
  assert.deepEqual(await control('logout', { account: 'dana' }), { accepted: true });
  assert.equal(decodeJwt(logoutTokens[0]).sub, 'dana');
});
