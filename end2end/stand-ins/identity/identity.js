// Puts the provider, its pages and the test switches together.

import { Accounts } from './accounts.js';
import { controlRoutes, Faults } from './control.js';
import { loadOrMakeKeys } from './keys.js';
import { allowFormsToLeadTo } from './pages.js';
import { makeProvider } from './provider.js';
import { signInRoute } from './sign_in.js';

/** Starts listening on 127.0.0.1 and answers the server. */
export async function startIdentity({ port, client, stateDirectory }) {
  const issuer = `http://localhost:${port}`;
  const accounts = new Accounts();
  const keys = await loadOrMakeKeys(stateDirectory);
  const faults = new Faults(keys);
  allowFormsToLeadTo([...client.redirectUris, ...client.postLogoutRedirectUris]);

  const provider = makeProvider({ issuer, client, accounts, keys });
  provider.use(controlRoutes({ provider, accounts, faults, clientId: client.id }));
  provider.use(signInRoute(provider, accounts));
  provider.use(faults.middleware);

  return new Promise((resolve, reject) => {
    const server = provider.listen(port, '127.0.0.1', () => resolve({ server, issuer }));
    server.once('error', reject);
  });
}
