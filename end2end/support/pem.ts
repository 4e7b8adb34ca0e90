// A downloaded PEM file, looked at with a library the portal does not use.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { expect, type Download } from '@playwright/test';

/** The one block of this kind. */
function block(pem: string, kind: string): string {
  const blocks = pem.match(new RegExp(`-----BEGIN ${kind}-----[^-]+-----END ${kind}-----`, 'g'));
  expect(blocks, `one ${kind} in the file`).toHaveLength(1);
  return blocks![0];
}

/** Passes when certificate and key belong together, and are for this user; answers the certificate. */
export async function verifyPem(download: Download, username: string): Promise<X509Certificate> {
  const pem = await readFile(await download.path(), 'utf8');
  const certificate = new X509Certificate(block(pem, 'CERTIFICATE'));
  const key = createPrivateKey(block(pem, 'PRIVATE KEY'));
  expect(certificate.checkPrivateKey(key), 'the key belongs to the certificate').toBe(true);
  expect(certificate.subject).toBe(`CN=${username}`);
  return certificate;
}

/** As Atlas and the portal write it. */
export function serialOf(certificate: X509Certificate): string {
  return BigInt(`0x${certificate.serialNumber}`).toString();
}

/** "21 Feb 2027" and the like stand in pages; this is what `<time datetime>` begins with. */
export function endOf(certificate: X509Certificate): string {
  return new Date(certificate.validTo).toISOString().slice(0, 16);
}
