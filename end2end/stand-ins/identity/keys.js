// Signing key and cookie keys: made at start, or kept in a directory so that a restart does not
// make every ID token and cookie out there unverifiable.

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { exportJWK, generateKeyPair } from 'jose';

async function makeKeys() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const kid = randomBytes(8).toString('hex');
  return {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', kid, use: 'sig' }] },
    cookieKeys: [randomBytes(32).toString('base64url')],
  };
}

export async function loadOrMakeKeys(stateDirectory) {
  if (!stateDirectory) return makeKeys();
  const file = path.join(stateDirectory, 'keys.json');
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const keys = await makeKeys();
  await mkdir(stateDirectory, { recursive: true });
  await writeFile(file, JSON.stringify(keys), { mode: 0o600 });
  return keys;
}
