import { PROJECTS } from '../support/people.js';
import { expect, test } from '../support/test.js';

test('today shows what needs the person, and each has the way to do it', async ({ as }) => {
  const otto = await as('otto');
  await otto.goto('/');
  await expect(otto.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
  await expect(otto.getByRole('heading', { name: 'To decide' })).toBeVisible();
  await otto.getByRole('link', { name: 'Decide: payouts.worker' }).click();
  await expect(otto.getByRole('heading', { name: 'Olga Lindt asks you for 1 month' })).toBeVisible();
  await expect(otto.getByRole('button', { name: 'Approve' })).toBeVisible();
});

test('certificates are narrowed by their end, and the view is an address', async ({ as }) => {
  const sam = await as('sam');
  await sam.goto('/certificates');
  await sam.getByRole('link', { name: 'All', exact: true }).click();
  await expect(sam).toHaveURL(/scope=all/);
  await sam.getByRole('searchbox', { name: 'User, project or serial' }).fill('orders-api');
  await sam.getByRole('button', { name: 'Search' }).click();
  await expect(sam).toHaveURL(/search=orders-api/);
  const rows = sam.getByRole('row');
  await expect(rows.filter({ hasText: 'orders-api' }).first()).toContainText(/ends in/);
  await expect(rows.filter({ hasText: 'search-indexer' })).toHaveCount(0);
  await sam.getByRole('link', { name: 'Ended', exact: true }).click();
  await expect(sam).toHaveURL(/scope=all.*ends=ended.*search=orders-api/);
  await expect(rows.filter({ hasText: 'orders-api' }).first()).toContainText(/ended .* ago/);
  await expect(rows.filter({ hasText: /ends in/ })).toHaveCount(0);
});

test('sam sees the certificate nobody made here', async ({ as }) => {
  const sam = await as('sam');
  await sam.goto('/');
  await expect(sam.getByRole('heading', { name: 'Nothing explains these certificates' })).toBeVisible();
  await sam.getByRole('link', { name: 'image-resizer' }).first().click();
  await expect(sam.getByText('Made outside Certdesk').first()).toBeVisible();
  await expect(sam.getByText(/nothing in this log explains it/)).toBeVisible();
});

test('the log is narrowed by kind and person, and each entry has its bytes', async ({ as }) => {
  const sam = await as('sam');
  await sam.goto('/audit');
  await sam.getByLabel('What').selectOption({ label: 'Denied' });
  await sam.getByLabel('Who').selectOption({ label: 'Olivia Santos' });
  await sam.getByRole('button', { name: 'Filter' }).click();
  await expect(sam).toHaveURL(/kind=request\.denied/);
  const lines = sam.getByRole('listitem').filter({ hasText: 'denied' });
  await expect(lines.first()).toContainText('Olivia Santos denied Devon Park’s request for catalog-web.');
  await expect(lines.filter({ hasText: 'Olga Lindt denied' })).toHaveCount(0);

  await lines.first().getByRole('link', { name: /^Entry #/ }).click();
  await expect(sam.getByRole('heading', { name: 'As recorded' })).toBeVisible();
  const recorded = await sam.getByText(/^\{.*\}$/).first().textContent();
  expect(JSON.parse(recorded ?? '')).toMatchObject({ v: '1', entry: { type: 'request.denied' } });
});

test('an owner reads the log of their projects, and nobody else reads it', async ({ as, guard }) => {
  guard.expectStatus(404);
  const olivia = await as('olivia');
  await olivia.goto('/audit');
  await expect(olivia.getByRole('heading', { level: 1, name: 'Audit' })).toBeVisible();
  await expect(olivia.getByText('catalog-web').first()).toBeVisible();
  await expect(olivia.getByText('ledger-batch')).toHaveCount(0);

  const devon = await as('devon');
  expect((await devon.goto('/audit'))?.status()).toBe(404);
  await expect(devon.getByRole('link', { name: 'Audit', exact: true })).toHaveCount(0);
});

test('projects say what each database user can have', async ({ as, guard }) => {
  guard.expectStatus(404);
  const devon = await as('devon');
  await devon.goto('/projects');
  await expect(devon.getByRole('link', { name: 'Payments prod' })).toHaveCount(0);
  await devon.getByRole('link', { name: 'Catalog staging' }).click();
  await expect(devon.getByRole('row').filter({ hasText: 'seed-script' })).toContainText('does not sign in with X.509');
  await expect(devon.getByRole('row').filter({ hasText: 'CN=Warehouse Scanner' })).toContainText('own authority');
  await expect(devon.getByRole('link', { name: 'Request a certificate for catalog-web' })).toBeVisible();

  const hidden = await devon.goto(`/projects/${PROJECTS.payments.id}`);
  expect(hidden?.status()).toBe(404);
});

test('operations are for operators and security', async ({ as, guard }) => {
  guard.expectStatus(404);
  const oscar = await as('oscar');
  await oscar.goto('/');
  await oscar.getByRole('link', { name: 'Operations' }).click();
  await expect(oscar.getByRole('heading', { name: 'Jobs' })).toBeVisible();
  await expect(oscar.getByText('Reads projects and database users from Atlas')).toBeVisible();
  await expect(oscar.getByText('Late', { exact: true })).toHaveCount(0);

  // The three credentials of this world have the least power that works.
  await expect(oscar.getByRole('heading', { name: 'Credentials at Atlas' })).toBeVisible();
  await expect(oscar.getByText('Fits', { exact: true })).toHaveCount(3);
  await expect(oscar.getByText('GROUP_READ_ONLY', { exact: true })).toHaveCount(1);
  await oscar.getByRole('button', { name: 'Try them now' }).click();
  // A moment after the last try it is too early for the next.
  await expect(oscar.getByText(/The credentials were tried|That was a lot in a short time/)).toBeVisible();

  const dana = await as('dana');
  await dana.goto('/');
  await expect(dana.getByRole('link', { name: 'Operations' })).toHaveCount(0);
  expect((await dana.goto('/operations'))?.status()).toBe(404);
});

test('an address that leads nowhere says so, inside the frame', async ({ as, guard }) => {
  guard.expectStatus(404);
  const dana = await as('dana');
  for (const address of ['/nowhere', '/requests/not-an-id', '/certificates/not-an-id', '/audit/999999999', '/projects/x']) {
    expect((await dana.goto(address))?.status(), address).toBe(404);
    await expect(dana.getByRole('heading', { name: 'There is nothing here.' })).toBeVisible();
  }
});
