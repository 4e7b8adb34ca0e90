// Switches for tests, under /_control/. Nothing here exists at a real provider.
//
//   POST /_control/groups  {"account": "dana", "groups": ["staff"]}   null: the original groups
//   POST /_control/fault   {"mode": "wrong_nonce", "times": 1}        times: how many token answers
//   POST /_control/logout  {"account": "dana"}                        back-channel logout by `sub`
//   POST /_control/reset

import { generateKeyPair, importJWK, SignJWT, decodeJwt } from 'jose';

import { json } from './body.js';

const SLOW_MS = 15_000;

/** What each fault does to the claims of the ID token. */
const CLAIM_FAULTS = {
  wrong_nonce: (claims) => ({ ...claims, nonce: 'not-the-nonce-you-sent' }),
  missing_nonce: ({ nonce: _, ...claims }) => claims,
  wrong_aud: (claims) => ({ ...claims, aud: 'another-client' }),
  wrong_iss: (claims) => ({ ...claims, iss: 'https://another-issuer.example' }),
  expired: (claims) => ({ ...claims, iat: claims.iat - 7200, exp: claims.iat - 3600 }),
  old_auth_time: (claims) => ({ ...claims, auth_time: claims.auth_time - 3600 }),
  missing_auth_time: ({ auth_time: _, ...claims }) => claims,
};

const MODES = ['none', 'server_error', 'slow', 'bad_signature', ...Object.keys(CLAIM_FAULTS)];

const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

export class Faults {
  #fault = { mode: 'none', times: 0 };

  #jwk;

  constructor(keys) {
    [this.#jwk] = keys.jwks.keys;
  }

  set(mode, times = Infinity) {
    this.#fault = { mode, times };
  }

  #take() {
    const { mode } = this.#fault;
    if (mode === 'none') return mode;
    this.#fault.times -= 1;
    if (this.#fault.times <= 0) this.#fault = { mode: 'none', times: 0 };
    return mode;
  }

  /** Runs around the token endpoint. */
  middleware = async (ctx, next) => {
    if (ctx.path !== '/token' || ctx.method !== 'POST') return next();
    const mode = this.#take();
    if (mode === 'server_error') {
      ctx.status = 500;
      ctx.body = { error: 'server_error' };
      return undefined;
    }
    if (mode === 'slow') await wait(SLOW_MS);
    await next();
    if (ctx.body?.id_token && (mode in CLAIM_FAULTS || mode === 'bad_signature')) {
      ctx.body = { ...ctx.body, id_token: await this.#tamper(ctx.body.id_token, mode) };
    }
    return undefined;
  };

  async #tamper(idToken, mode) {
    const claims = decodeJwt(idToken);
    const changed = CLAIM_FAULTS[mode]?.(claims) ?? claims;
    const key = mode === 'bad_signature'
      ? (await generateKeyPair('RS256')).privateKey
      : await importJWK(this.#jwk, 'RS256');
    return new SignJWT(changed).setProtectedHeader({ alg: 'RS256', kid: this.#jwk.kid }).sign(key);
  }
}

export function controlRoutes({ provider, accounts, faults, clientId }) {
  const knownAccount = (ctx, account) => {
    if (!accounts.find(account)) ctx.throw(400, `there is no account ${JSON.stringify(account)}`);
  };

  const routes = {
    groups: (ctx, { account, groups }) => {
      knownAccount(ctx, account);
      if (groups !== null && !Array.isArray(groups)) ctx.throw(400, 'groups is a list, or null');
      accounts.changeGroups(account, groups);
      return { account, groups: accounts.groupsOf(account) };
    },
    fault: (ctx, { mode, times }) => {
      if (!MODES.includes(mode)) ctx.throw(400, `mode is one of ${MODES.join(', ')}`);
      faults.set(mode, times);
      return { mode };
    },
    logout: async (ctx, { account }) => {
      knownAccount(ctx, account);
      const client = await provider.Client.find(clientId);
      if (!client.backchannelLogoutUri) ctx.throw(409, 'no back-channel logout address was given');
      try {
        await client.backchannelLogout(account, undefined);
        return { accepted: true };
      } catch (error) {
        return { accepted: false, reason: error.message };
      }
    },
    reset: () => {
      accounts.list().forEach(({ account }) => accounts.changeGroups(account, null));
      faults.set('none');
      return {};
    },
  };

  return async function control(ctx, next) {
    const route = /^\/_control\/(\w+)$/.exec(ctx.path)?.[1];
    if (!route) return next();
    if (ctx.method !== 'POST' || !Object.hasOwn(routes, route)) ctx.throw(404);
    ctx.body = await routes[route](ctx, await json(ctx));
    return undefined;
  };
}
