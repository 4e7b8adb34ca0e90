import { creationsSince, forgetFaults, journalEnd, spoilNextCertificate } from '../support/atlas.js';
import { PROJECTS } from '../support/people.js';
import { endOf, serialOf, verifyPem } from '../support/pem.js';
import {
  READY, approve, ask, download, forge, issue, sayItIsSaved, upToTheKey, waitUntilItSays, withdraw,
} from '../support/steps.js';
import { expect, test } from '../support/test.js';

const { payments, catalog, lake } = PROJECTS;

test.afterEach(forgetFaults);

test('from the question to the key in hand, and every step in the log', async ({ as, scripts }) => {
  const dana = await as('dana');
  const olga = await as('olga');
  const began = await journalEnd();
  const request = await upToTheKey(
    { requester: dana, owner: olga },
    { project: payments, username: 'orders-api' },
    scripts,
  );
  expect(await dana.content()).not.toContain('PRIVATE KEY');
  // It cannot be said that a key is saved before it was downloaded.
  await dana.getByRole('button', { name: 'I saved it' }).click();
  await expect(dana.getByText('The key was never downloaded, so it can’t be saved yet.')).toBeVisible();

  const file = await download(dana, 'Download PEM');
  expect(file.suggestedFilename()).toBe('orders-api.pem');
  const certificate = await verifyPem(file, 'orders-api');
  const serial = serialOf(certificate);
  const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(85);
  expect(days).toBeLessThan(96);

  await sayItIsSaved(dana);
  await expect(dana.getByText('The copy you saved is the only one.').first()).toBeVisible();
  await expect(dana.getByRole('button', { name: /Download/ })).toHaveCount(0);
  await expect(dana.getByText('authMechanism=MONGODB-X509').first()).toBeVisible();
  expect(await creationsSince(began, 'orders-api')).toHaveLength(1);

  await dana.goto('/certificates');
  const row = dana.getByRole('row').filter({ hasText: serial });
  await expect(row).toContainText('orders-api');
  await expect(row).toContainText(/ends in (2|3)\smonths/);
  expect(await row.getByRole('time').first().getAttribute('datetime')).toContain(endOf(certificate));
  await row.getByRole('link', { name: 'orders-api' }).first().click();
  await expect(dana.getByRole('heading', { level: 1, name: 'orders-api' })).toBeVisible();
  await expect(dana.getByText(serial).first()).toBeVisible();
  await expect(dana.getByText('CN=orders-api').first()).toBeVisible();
  await expect(dana.getByText('Issued through Certdesk')).toBeVisible();

  const sam = await as('sam');
  await sam.goto(`/audit?request=${request.split('/').at(-1)}`);
  const steps = [
    'Dana Reyes asked for a certificate for orders-api, 3 months.',
    'Olga Lindt approved Dana Reyes’s request for orders-api, 3 months.',
    'Dana Reyes had a certificate for orders-api issued.',
    'Atlas was asked, once, for a certificate for orders-api.',
    `Certificate ${serial} for orders-api issued, ends`,
    'Dana Reyes downloaded the key for orders-api.',
    'Dana Reyes confirmed that the key for orders-api is saved. It is destroyed here.',
  ];
  for (const step of steps) {
    await expect(sam.getByRole('listitem').filter({ hasText: step })).toHaveCount(1);
  }
  await expect(sam.getByRole('link', { name: /^Entry #/ })).toHaveCount(steps.length);
  await sam.getByRole('link', { name: /^Entry #/ }).first().click();
  await expect(sam.getByRole('heading', { level: 1, name: /^Entry #/ })).toBeVisible();
  await expect(sam.getByText(/"type":"cert\.delivered"|cert\.delivered/).first()).toBeVisible();
});

test('a key is downloaded at most three times', async ({ as, guard, scripts }) => {
  guard.expectStatus(409);
  const dana = await as('dana');
  const otto = await as('otto');
  const request = await upToTheKey(
    { requester: dana, owner: otto },
    { project: lake, username: 'bi-reader', months: 1 },
    scripts,
  );
  await expect(dana.getByText('0 of 3 downloads used.').first()).toBeVisible();
  const first = await verifyPem(await download(dana, 'Download PEM'), 'bi-reader');
  await waitUntilItSays(dana, '1 of 3 downloads used.', scripts);
  const second = await verifyPem(await download(dana, 'Download again'), 'bi-reader');
  expect(second.serialNumber).toBe(first.serialNumber);
  await waitUntilItSays(dana, '2 of 3 downloads used.', scripts);
  await download(dana, 'Download again');
  await waitUntilItSays(dana, 'All 3 downloads are used.', scripts);
  await expect(dana.getByRole('button', { name: /Download/ })).toHaveCount(0);

  const fourth = await forge(dana, `${request}/certificate`, { format: 'pem' }, 'form');
  expect(fourth.status).toBe(409);
  expect(fourth.text).not.toContain('PRIVATE KEY');
  await sayItIsSaved(dana);
  const after = await forge(dana, `${request}/certificate`, { format: 'pem' }, 'form');
  expect(after.status).toBe(409);
});

test('a key is opened only in the browser that had it issued', async ({ as, scripts }) => {
  const dana = await as('dana');
  const otto = await as('otto');
  const request = await upToTheKey(
    { requester: dana, owner: otto },
    { project: lake, username: 'etl-nightly', months: 1 },
    scripts,
  );

  const elsewhere = await as('dana');
  await elsewhere.goto(request);
  await expect(elsewhere.getByText('The key can only be opened in the browser that had it issued.')).toBeVisible();
  await expect(elsewhere.getByRole('button', { name: /Download/ })).toHaveCount(0);
  const forged = await forge(elsewhere, `${request}/certificate`, { format: 'pem' }, 'form');
  expect(forged.status).toBe(403);
  expect(forged.text).not.toContain('PRIVATE KEY');

  await otto.goto(request);
  await expect(otto.getByText('The key waits for Dana Reyes.')).toBeVisible();
  const owner = await forge(otto, `${request}/certificate`, { format: 'pem' }, 'form');
  expect(owner.status).toBe(403);
  expect(owner.text).not.toContain('PRIVATE KEY');

  const sam = await as('sam');
  await sam.goto(`/audit?request=${request.split('/').at(-1)}`);
  await expect(sam.getByText('Dana Reyes did not get the key for etl-nightly: its browser was another one.')).toBeVisible();
  await expect(sam.getByText('Otto Brandt did not get the key for etl-nightly: it belongs to somebody else.')).toBeVisible();

  await dana.goto(request);
  await verifyPem(await download(dana, 'Download PEM'), 'etl-nightly');
  await sayItIsSaved(dana);
});

test('what Atlas refuses is said in words, with its code, and can be tried again', async ({ as, scripts }) => {
  const dana = await as('dana');
  const otto = await as('otto');
  const request = await ask(dana, { project: lake, username: 'etl-nightly' });
  await approve(otto, request);
  await spoilNextCertificate('etl-nightly', {
    fault: 'status',
    status: 400,
    errorCode: 'ATLAS_GENERATED_CERTS_LIMIT_EXCEEDED',
  });
  const began = await journalEnd();
  await issue(dana, request);
  await waitUntilItSays(dana, 'Atlas refused the last time. Nothing was issued.', scripts);
  await expect(dana.getByText('This user has as many certificates as Atlas allows.').first()).toBeVisible();
  await expect(dana.getByText('ATLAS_GENERATED_CERTS_LIMIT_EXCEEDED').first()).toBeVisible();
  expect(await creationsSince(began, 'etl-nightly')).toHaveLength(1);

  // The approval is as good as before.
  await issue(dana, request);
  await waitUntilItSays(dana, READY, scripts);
  await verifyPem(await download(dana, 'Download PEM'), 'etl-nightly');
  await sayItIsSaved(dana);
  expect(await creationsSince(began, 'etl-nightly')).toHaveLength(2);
});

test('while Atlas cannot be reached nothing is issued, and nothing is lost', async ({ as, scripts }) => {
  const dana = await as('dana');
  const otto = await as('otto');
  const request = await ask(dana, { project: lake, username: 'bi-reader', months: 1 });
  await approve(otto, request);
  await spoilNextCertificate('bi-reader', { fault: 'rate_limited', retryAfter: 1 });
  await issue(dana, request);
  await waitUntilItSays(dana, 'Atlas refused the last time. Nothing was issued.', scripts);
  await expect(dana.getByText('Atlas got too many calls in a short time.').first()).toBeVisible();
  await expect(dana.getByText(/^Nothing is lost\. Try again in|is over: try again\.$/).first()).toBeVisible();
  await withdraw(dana, request);
});

// What it leaves behind blocks its database user, so each project has one of its own.
test('a lost answer is never asked for a second time', async ({ as, scripts }) => {
  const username = scripts ? 'fraud-scoring' : 'payouts.worker';
  const dana = await as('dana');
  await dana.goto(`/requests/new?${new URLSearchParams({ project: payments.id, username })}`);
  test.skip(
    await dana.getByText('You have an open request for this user.').isVisible(),
    `${username} is blocked by an earlier run in this world`,
  );
  const olga = await as('olga');
  const request = await ask(dana, { project: payments, username });
  await approve(olga, request);
  await spoilNextCertificate(username, { fault: 'reset_after' });
  const began = await journalEnd();
  await issue(dana, request);
  await waitUntilItSays(dana, 'Whether Atlas made one is not known yet.', scripts);
  await expect(dana.getByText('Outcome unknown').first()).toBeVisible();
  await expect(dana.getByRole('button', { name: 'Issue the certificate' })).toHaveCount(0);

  const id = request.split('/').at(-1)!;
  expect((await forge(dana, '/api/requests/issue', { id })).status).toBeLessThan(400);
  await dana.reload();
  await expect(dana.getByText('Whether Atlas made one is not known yet.').first()).toBeVisible();
  const calls = await creationsSince(began, username);
  expect(calls).toHaveLength(1);
  expect(calls[0]!.faults).toEqual(['reset_after']);

  await dana.goto('/');
  await expect(dana.getByRole('heading', { name: 'Outcome not known' })).toBeVisible();
  const sam = await as('sam');
  await sam.goto(`/audit?request=${id}`);
  await expect(sam.getByText(`Atlas’s answer about a certificate for ${username} was lost`)).toBeVisible();
});

test('while one outcome is unknown, no other certificate is made for that user', async ({ as, scripts }) => {
  const devon = await as('devon');
  await devon.goto('/requests?open=open');
  await devon.getByRole('row').filter({ hasText: 'search-indexer' }).getByRole('link').first().click();
  const issuing = devon.getByRole('button', { name: 'Issue the certificate' });
  await expect(issuing.or(devon.getByText('Outcome unknown')).first()).toBeVisible();
  if (await issuing.isVisible()) {
    await spoilNextCertificate('search-indexer', { fault: 'reset_before' });
    await issuing.click();
    await waitUntilItSays(devon, 'Whether Atlas made one is not known yet.', scripts);
  }

  const dana = await as('dana');
  const olivia = await as('olivia');
  const request = await ask(dana, { project: catalog, username: 'search-indexer', months: 1 });
  await approve(olivia, request);
  const began = await journalEnd();
  await issue(dana, request);
  await expect(dana.getByRole('alert')).toContainText('Another certificate for this user is being made, or Atlas’s answer about one was lost.');
  expect(await creationsSince(began, 'search-indexer')).toHaveLength(0);
  await withdraw(dana, request);
});
