// The configuration of the OpenID provider: one confidential client (the portal), authorization code
// with PKCE, groups in the ID token, both kinds of logout.

import Provider from 'oidc-provider';

import { memoryAdapter } from './memory_store.js';
import { pages } from './pages.js';

const HOUR = 3600;

export function makeProvider({ issuer, client, accounts, keys }) {
  const provider = new Provider(issuer, {
    adapter: memoryAdapter(),
    jwks: keys.jwks,
    cookies: { keys: keys.cookieKeys },
    clients: [{
      client_id: client.id,
      client_secret: client.secret,
      redirect_uris: client.redirectUris,
      post_logout_redirect_uris: client.postLogoutRedirectUris,
      grant_types: ['authorization_code'],
      response_types: ['code'],
      require_auth_time: true,
      ...(client.backchannelLogoutUri && {
        backchannel_logout_uri: client.backchannelLogoutUri,
        backchannel_logout_session_required: true,
      }),
    }],
    findAccount: (_ctx, account) => accounts.claimsSource(account),
    scopes: ['openid', 'profile', 'email', 'groups'],
    // `groups` under `openid` too: a client gets it whether or not it knows to ask for the scope.
    claims: {
      openid: ['sub', 'groups'],
      groups: ['groups'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
      acr: null,
      auth_time: null,
      iss: null,
      sid: null,
    },
    // All claims in the ID token, as most company providers are set up to do.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: pages.signOut,
        postLogoutSuccessSource: pages.signedOut,
      },
    },
    interactions: { url: (_ctx, interaction) => `/sign-in/${interaction.uid}` },
    loadExistingGrant: grantWithoutAsking,
    renderError: pages.failure,
    ttl: {
      AccessToken: HOUR,
      AuthorizationCode: 60,
      Grant: 12 * HOUR,
      IdToken: HOUR,
      Interaction: HOUR,
      Session: 12 * HOUR,
    },
    clientBasedCORS: () => false,
    // The provider refuses loopback addresses for its own requests. Here the portal that is told of
    // a logout is on loopback by design.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
  });

  provider.on('server_error', (_ctx, error) => console.error('identity:', error));
  provider.on('backchannel.error', (_ctx, error) => {
    console.error('identity: the portal did not accept a back-channel logout:', error.message);
  });
  return provider;
}

/** The company runs both ends, so nobody is asked whether the portal may know their name. */
async function grantWithoutAsking(ctx) {
  const { client, session, provider, params } = ctx.oidc;
  const known = session.grantIdFor(client.clientId);
  if (known) {
    const grant = await provider.Grant.find(known);
    if (grant) return grant;
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope(params.scope);
  await grant.save();
  return grant;
}
