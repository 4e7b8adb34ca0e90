import { backdateNextSignIn, fillInSignIn } from '../support/identity.js';
import { PROJECTS } from '../support/people.js';
import { approve, ask, forge, withdraw } from '../support/steps.js';
import { expect, test } from '../support/test.js';

const { payments, catalog, lake } = PROJECTS;

test('dana chooses project and user, asks, and sees who can approve', async ({ as }) => {
  const page = await as('dana');
  await page.goto('/');
  await page.getByRole('link', { name: 'Request a certificate' }).click();
  await page.getByRole('link', { name: 'Data lake' }).click();

  await expect(page.getByRole('heading', { name: 'For which database user?' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Cannot have one' })).toBeVisible();
  const scram = page.getByRole('listitem').filter({ hasText: 'notebook-scram' });
  await expect(scram).toContainText('This user does not sign in with X.509.');
  await expect(scram.getByRole('link')).toHaveCount(0);

  await page.getByRole('link', { name: 'etl-nightly' }).click();
  await expect(page.getByRole('heading', { name: 'For how long, and why?' })).toBeVisible();
  await expect(page.getByText('Otto Brandt')).toBeVisible();
  await page.getByLabel('Lifetime').selectOption('1');
  await page.getByLabel('Reason').fill('Replay of one night, LAKE-77.');
  await page.getByRole('button', { name: 'Send the request' }).click();

  await expect(page).toHaveURL(/\/requests\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1, name: 'Certificate for etl-nightly' })).toBeVisible();
  await expect(page.getByText('Otto Brandt can approve.')).toBeVisible();
  await expect(page.getByText('You asked for 1 month.')).toBeVisible();
  await expect(page.getByText('Replay of one night, LAKE-77.')).toBeVisible();

  // Told once: loading the page again does not repeat it.
  await expect(page.getByText('Sent. The people who can approve it')).toBeVisible();
  await page.reload();
  await expect(page.getByText('Sent. The people who can approve it')).toBeHidden();
  await withdraw(page, new URL(page.url()).pathname);
});

test('a user whose certificates Atlas does not make is not offered', async ({ as }) => {
  const page = await as('dana');
  await page.goto(`/requests/new?project=${payments.id}`);
  const customer = page.getByRole('listitem').filter({ hasText: 'CN=Legacy Billing' });
  await expect(customer).toContainText('come from the company’s own authority');
  await expect(customer).toContainText('Ask the team that runs that authority.');
  await expect(customer.getByRole('link')).toHaveCount(0);

  const { status } = await forge(page, '/api/requests/submit', {
    project: payments.id,
    username: 'CN=Legacy Billing,O=Example,C=DE',
    months: '3',
    reason: 'Tried without the form.',
  });
  expect(status).toBe(409);
});

test('what is wrong with the form is said beside the field, and what was typed is kept', async ({ as, scripts }) => {
  const page = await as('dana');
  await page.goto(`/requests/new?${new URLSearchParams({ project: lake.id, username: 'etl-nightly' })}`);
  await page.getByLabel('Lifetime').selectOption('2');
  const reason = page.getByLabel('Reason');
  await reason.fill('too <short');
  // The browser would say so itself; what counts is what the server says.
  if (scripts) {
    await page.locator('form').filter({ has: reason }).evaluate((form: HTMLFormElement) => {
      form.noValidate = true;
    });
    await reason.fill('<b>&amp;');
  } else {
    await reason.fill(' \n <b>&amp; \n ');
  }
  await page.getByRole('button', { name: 'Send the request' }).click();

  await expect(page.getByRole('alert')).toContainText('Something in the form needs another look.');
  await expect(page.getByText('At least 10 characters, please.')).toBeVisible();
  await expect(reason).toHaveValue(/<b>&amp;/);
  await expect(reason).toHaveAttribute('aria-invalid', 'true');
  await expect(reason).toHaveAccessibleDescription(/At least 10 characters, please\./);
  await expect(page.getByLabel('Lifetime')).toHaveValue('2');
  await expect(page).toHaveURL(/\/requests\/new\?/);
  expect(page.url()).not.toContain('reason');
});

test('a second request for the same user leads to the first', async ({ as }) => {
  const page = await as('dana');
  const request = await ask(page, { project: lake, username: 'bi-reader' });
  await page.goto(`/requests/new?${new URLSearchParams({ project: lake.id, username: 'bi-reader' })}`);
  await expect(page.getByText('You have an open request for this user.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Send the request' })).toHaveCount(0);

  // Two windows: the second form was loaded before the first was sent.
  const { status } = await forge(page, '/api/requests/submit', {
    project: lake.id,
    username: 'bi-reader',
    months: '3',
    reason: 'Sent from the other window.',
  });
  expect(status).toBe(409);

  await page.getByRole('link', { name: 'Open that request' }).click();
  await expect(page).toHaveURL(new RegExp(`${request}$`));
  await withdraw(page, request);
});

test('olga sees what will exist, shortens it and approves', async ({ as }) => {
  const dana = await as('dana');
  const request = await ask(dana, {
    project: payments,
    username: 'orders-api',
    months: 3,
    reason: 'Scores for the new market, PAY-2310.',
  });

  const olga = await as('olga');
  await olga.goto('/approvals');
  const waiting = olga.getByRole('listitem').filter({ hasText: 'PAY-2310' });
  await expect(waiting).toContainText('Dana Reyes asks for 3 months');
  // The whole row is the link, the picture of a button in it too.
  await waiting.getByText('Decide', { exact: true }).click({ force: true });
  await expect(olga).toHaveURL(new RegExp(`${request}$`));

  await expect(olga.getByRole('heading', { name: 'Dana Reyes asks you for 3 months' })).toBeVisible();
  await expect(olga.getByText('CN=orders-api')).toBeVisible();
  await expect(olga.getByText('readWrite on orders')).toBeVisible();
  await expect(olga.getByText('if issued now')).toBeVisible();
  await expect(olga.getByText(/holds \d+ certificates? in this project/)).toBeVisible();
  await expect(olga.getByRole('heading', { name: 'Live certificates of orders-api' })).toBeVisible();
  await expect(olga.getByText('Scores for the new market, PAY-2310.').first()).toBeVisible();

  await olga.getByLabel('Lifetime').selectOption('1');
  await olga.getByRole('button', { name: 'Approve' }).click();
  await expect(olga.getByText('Approved. The requester can have it issued now.')).toBeVisible();
  await expect(olga.getByText('You approved 1 month.')).toBeVisible();

  await dana.goto(request);
  await expect(dana.getByText('Approved, ready to issue')).toBeVisible();
  await expect(dana.getByText('Olga Lindt approved 1 month.')).toBeVisible();
  await expect(dana.getByRole('button', { name: 'Issue the certificate' })).toBeVisible();
  await withdraw(dana, request);
});

test('otto denies with a reason, and dana reads it', async ({ as, scripts }) => {
  const dana = await as('dana');
  const request = await ask(dana, { project: lake, username: 'bi-reader' });

  const otto = await as('otto');
  await otto.goto(request);
  await otto.getByText('Deny…').click();
  const reason = otto.getByLabel('Reason');
  await reason.fill('No.');
  if (scripts) {
    await otto.locator('form').filter({ has: reason }).evaluate((form: HTMLFormElement) => {
      form.noValidate = true;
    });
  } else {
    await reason.fill('   No.      ');
  }
  await otto.getByRole('button', { name: 'Deny the request' }).click();
  await expect(otto.getByText('At least 10 characters, please.')).toBeVisible();
  await expect(reason).toHaveValue(/No\./);

  await reason.fill('The year-end review has its own user; please use that.');
  await otto.getByRole('button', { name: 'Deny the request' }).click();
  await expect(otto.getByText('Denied. The requester sees your reason.')).toBeVisible();

  await dana.goto(request);
  await expect(dana.getByText('Otto Brandt denied it.').first()).toBeVisible();
  await expect(dana.getByText('The year-end review has its own user; please use that.').first()).toBeVisible();
  await dana.getByRole('link', { name: 'Ask again' }).click();
  await expect(dana.getByRole('heading', { name: 'For how long, and why?' })).toBeVisible();
});

test('what was taken back cannot be approved any more', async ({ as }) => {
  const dana = await as('dana');
  const request = await ask(dana, { project: lake, username: 'etl-nightly' });
  const otto = await as('otto');
  await otto.goto(request);
  await withdraw(dana, request);
  await expect(dana.getByRole('heading', { name: 'Taken back. Nothing was issued.' })).toBeVisible();

  // Otto still has the page open on which he could.
  await otto.getByRole('button', { name: 'Approve' }).click();
  await expect(otto.getByRole('alert')).toContainText('The request has moved on');
  await expect(otto.getByText('Taken back', { exact: true })).toBeVisible();
});

test('nobody approves their own request', async ({ as }) => {
  const olga = await as('olga');
  await olga.goto('/requests');
  await olga.getByRole('link', { name: 'payouts.worker' }).first().click();
  await expect(olga.getByText('You can’t approve your own request.')).toBeVisible();
  await expect(olga.getByText('Otto Brandt can.')).toBeVisible();
  await expect(olga.getByRole('button', { name: 'Approve' })).toHaveCount(0);

  const request = new URL(olga.url()).pathname;
  const id = request.split('/').at(-1)!;
  const digest = '0'.repeat(64);
  const forged = await forge(olga, '/api/requests/approve', { id, months: '1', digest });
  expect(forged.status).toBe(403);
  expect(forged.text).toContain('OwnRequest');
  const denied = await forge(olga, '/api/requests/deny', { id, reason: 'Denied by myself.' });
  expect(denied.status).toBe(403);

  await olga.goto('/approvals');
  await expect(olga.getByText('PAY-2294')).toHaveCount(0);
  await olga.goto(request);
  await expect(olga.getByText('Waiting for approval')).toBeVisible();

  const sam = await as('sam');
  await sam.goto(`/audit?request=${id}`);
  await expect(sam.getByText('Olga Lindt tried to approve a request, which was refused: it is their own request.').first()).toBeVisible();
});

test('who may not see a request does not learn that it exists', async ({ as, guard }) => {
  guard.expectStatus(404);
  const dana = await as('dana');
  const request = await ask(dana, { project: lake, username: 'etl-nightly' });
  const devon = await as('devon');
  const answer = await devon.goto(request);
  expect(answer?.status()).toBe(404);
  await expect(devon.getByRole('heading', { name: 'There is nothing here.' })).toBeVisible();

  const never = await devon.goto('/requests/00000000-0000-7000-8000-000000000000');
  expect(never?.status()).toBe(404);
  const id = request.split('/').at(-1)!;
  const digest = '0'.repeat(64);
  expect((await forge(devon, '/api/requests/approve', { id, months: '1', digest })).status).toBe(404);
  expect((await forge(devon, '/api/requests/withdraw', { id })).status).toBe(404);
  expect((await forge(devon, '/api/requests/issue', { id })).status).toBe(404);
  await withdraw(dana, request);
});

test('an owner of another project cannot decide', async ({ as, guard }) => {
  guard.expectStatus(404);
  const dana = await as('dana');
  const request = await ask(dana, { project: payments, username: 'orders-api' });
  const olivia = await as('olivia');
  expect((await olivia.goto(request))?.status()).toBe(404);
  await withdraw(dana, request);
});

test('a form without the token of its session is refused', async ({ as }) => {
  const dana = await as('dana');
  await dana.goto('/account');
  const wish = { project: catalog.id, username: 'image-resizer', months: '1', reason: 'From somewhere else.' };
  expect((await forge(dana, '/api/requests/submit', { ...wish, csrf: 'not-the-token' })).status).toBe(403);
  const answer = await dana.request.post('/api/requests/submit', {
    form: wish,
    headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', accept: 'text/html' },
    maxRedirects: 0,
  });
  expect(answer.status()).toBe(403);
});

test('approving asks for a fresh sign-in and comes back', async ({ as, visit }) => {
  const dana = await as('dana');
  const request = await ask(dana, { project: lake, username: 'etl-nightly' });

  await backdateNextSignIn();
  const otto = await visit();
  await otto.goto(request);
  await fillInSignIn(otto, 'otto');
  await expect(otto.getByRole('button', { name: 'Approve' })).toHaveCount(0);
  await otto.getByRole('link', { name: 'Sign in again to approve' }).click();
  await expect(otto.getByRole('heading', { name: 'Confirm it is you' })).toBeVisible();
  await fillInSignIn(otto, 'otto');
  await expect(otto).toHaveURL(new RegExp(`${request}$`));
  await approve(otto, request);
  await withdraw(dana, request);
});

test('the list of requests narrows by state and by project', async ({ as }) => {
  const otto = await as('otto');
  await otto.goto('/requests');
  await otto.getByRole('link', { name: 'My projects' }).click();
  await expect(otto).toHaveURL(/scope=projects/);
  await otto.getByRole('link', { name: 'Open', exact: true }).click();
  await expect(otto).toHaveURL(/open=open/);
  const rows = otto.getByRole('row');
  await expect(rows.filter({ hasText: 'Waiting for approval' }).first()).toBeVisible();
  await expect(rows.filter({ hasText: 'Denied' })).toHaveCount(0);
  await otto.getByRole('table').getByRole('link', { name: 'Payments prod' }).first().click();
  await expect(otto).toHaveURL(/project=64f0/);
  await expect(rows.filter({ hasText: 'Data lake' })).toHaveCount(0);
  await otto.getByRole('link', { name: /Show all projects/ }).click();
  await expect(otto).not.toHaveURL(/project=/);
});
