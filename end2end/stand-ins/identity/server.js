// The command line. Every option may also come from the environment: --client-id as IDENTITY_CLIENT_ID.

import { parseArgs } from 'node:util';

import { startIdentity } from './identity.js';

const OPTIONS = {
  port: { type: 'string' },
  'client-id': { type: 'string' },
  'client-secret': { type: 'string' },
  'redirect-uri': { type: 'string', multiple: true },
  'post-logout-redirect-uri': { type: 'string', multiple: true },
  'backchannel-logout-uri': { type: 'string' },
  state: { type: 'string' },
};

const { values } = parseArgs({ options: OPTIONS });

const setting = (name) => values[name]
  ?? process.env[`IDENTITY_${name.toUpperCase().replaceAll('-', '_')}`];

const listSetting = (name) => [setting(name) ?? []].flat();

function required(name) {
  const value = setting(name);
  if (!value?.length) {
    console.error(`identity: --${name} is missing`);
    process.exit(2);
  }
  return value;
}

const port = Number(setting('port') ?? 4000);
try {
  const { server, issuer } = await startIdentity({
    port,
    stateDirectory: setting('state'),
    client: {
      id: required('client-id'),
      secret: required('client-secret'),
      redirectUris: [required('redirect-uri')].flat(),
      postLogoutRedirectUris: listSetting('post-logout-redirect-uri'),
      backchannelLogoutUri: setting('backchannel-logout-uri'),
    },
  });
  console.log(`identity: ${issuer} is ready`);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      server.close(() => process.exit(0));
      server.closeAllConnections();
    });
  }
} catch (error) {
  console.error(error.code === 'EADDRINUSE'
    ? `identity: port ${port} is taken by another program; choose one with --port`
    : error);
  process.exit(1);
}
