// What only scripts can do. Everything else works without them too.

import { PROJECTS } from '../support/people.js';
import { approve, ask, download, sayItIsSaved, upToTheKey, withdraw } from '../support/steps.js';
import { expect, test } from '../support/test.js';

const { lake } = PROJECTS;

test('a request that waits turns its page by itself', async ({ as }) => {
  const dana = await as('dana');
  const request = await ask(dana, { project: lake, username: 'bi-reader', months: 1 });
  await expect(dana.getByText('Otto Brandt can approve.')).toBeVisible();
  const otto = await as('otto');
  await approve(otto, request);
  await expect(dana.getByRole('button', { name: 'Issue the certificate' })).toBeVisible({ timeout: 20_000 });
  await withdraw(dana, request);
});

test('the time left to save a key runs down', async ({ as, scripts }) => {
  const dana = await as('dana');
  const otto = await as('otto');
  await upToTheKey({ requester: dana, owner: otto }, { project: lake, username: 'bi-reader', months: 1 }, scripts);
  const left = dana.getByText(/^1[45] min \d\d s$/);
  const before = await left.textContent();
  await expect(left).not.toHaveText(before ?? '');

  // The page notices the download.
  await download(dana, 'Download PEM');
  await expect(dana.getByRole('button', { name: 'Download again' })).toBeVisible({ timeout: 20_000 });
  await sayItIsSaved(dana);
});

test('what is to be pasted elsewhere is copied with a button', async ({ as }) => {
  const dana = await as('dana', { permissions: ['clipboard-read', 'clipboard-write'] });
  await dana.goto('/certificates');
  await dana.getByRole('link', { name: 'orders-api' }).first().click();
  const line = dana.getByRole('figure').filter({ hasText: 'In a shell, beside the PEM file' }).first();
  await line.getByRole('button', { name: 'Copy' }).click();
  await expect(line.getByRole('button', { name: 'Copied' })).toBeVisible();
  const copied = await dana.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/^mongosh "mongodb\+srv:\/\/.*authMechanism=MONGODB-X509/);
  expect((await line.getByRole('code').textContent())?.trim()).toBe(copied.trim());
});

test('an inbox is gone through with the keyboard', async ({ as }) => {
  const otto = await as('otto');
  await otto.goto('/approvals');
  await expect(otto.locator('html')).toHaveAttribute('data-ready', '');
  await otto.keyboard.press('j');
  const first = otto.getByRole('main').getByRole('listitem').first().getByRole('link').first();
  await expect(first).toBeFocused();
  await otto.keyboard.press('Enter');
  await expect(otto).toHaveURL(/\/requests\/[0-9a-f-]{36}$/);
});

test('a page without anything to wake loads no script', async ({ as }) => {
  const dana = await as('dana');
  const loaded: string[] = [];
  dana.on('request', (request) => loaded.push(request.url()));
  await dana.goto('/projects');
  await expect(dana.locator('html')).toHaveAttribute('data-ready', '');
  expect(loaded.filter((address) => /\.(js|wasm)$/.test(address))).toEqual([]);
});
