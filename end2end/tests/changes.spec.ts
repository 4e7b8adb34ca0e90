import { callsSince, giveAuthority, journalEnd, takeAuthority } from '../support/atlas.js';
import { PROJECTS } from '../support/people.js';
import { ask, forge, waitUntilItSays } from '../support/steps.js';
import { expect, test } from '../support/test.js';

const { payments, catalog, lake } = PROJECTS;

// A project left with an authority of its own could not be worked in by anybody after.
test.afterEach(async () => {
  await Promise.all([payments, catalog].map(({ id }) => takeAuthority(id)));
});

test('two people switch customer-managed X.509 off, and the page follows the clusters', async ({ as, scripts }) => {
  // Atlas is read every minute, and its clusters restart for some time.
  test.setTimeout(240_000);
  // A project is switched off once a day at most, so each way to read the page has its own. Where a
  // project has a single owner, security is the second person.
  const { project, asks, answers } = scripts
    ? { project: payments, asks: 'olga', answers: 'otto' } as const
    : { project: catalog, asks: 'olivia', answers: 'sam' } as const;
  const address = `/projects/${project.id}/x509`;
  await giveAuthority(project.id, 'Example Client CA');

  const first = await as(asks);
  await expect(async () => {
    await first.goto(address);
    await expect(first.getByText('CN=Example Client CA').first()).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 90_000, intervals: [3_000] });
  await expect(first.getByRole('heading', { name: 'What switching it off does' })).toBeVisible();

  await first.getByLabel('Reason').fill('The pilot with our own authority is over.');
  await first.getByLabel('The name, typed again').fill('Payments');
  await first.getByRole('button', { name: 'Ask to switch it off' }).click();
  await expect(first.getByText('This is not the name. Type it exactly as it stands above.')).toBeVisible();
  await expect(first.getByLabel('Reason')).toHaveValue('The pilot with our own authority is over.');
  await first.getByLabel('The name, typed again').fill(project.name);
  const since = await journalEnd();
  await first.getByRole('button', { name: 'Ask to switch it off' }).click();
  await expect(first.getByRole('button', { name: 'Take it back' })).toBeVisible();

  // The person who asked cannot say yes, on the page or past it.
  await expect(first.getByRole('button', { name: 'Switch it off now' })).toHaveCount(0);
  const takeBack = first.locator('form', { has: first.getByRole('button', { name: 'Take it back' }) });
  const id = await takeBack.locator('input[name="id"]').inputValue();
  const own = await forge(first, '/api/changes/approve', { id, typed: project.name, reason: 'It is mine, after all.' });
  expect(own.status).toBe(403);

  const second = await as(answers);
  await second.goto('/approvals');
  await expect(second.getByRole('link', { name: 'Switch customer-managed X.509 off' }).first()).toBeVisible();
  await second.goto(address);
  await second.getByLabel('The name, typed again').fill(project.name);
  await second.getByRole('button', { name: 'Switch it off now' }).click();
  await expect(second).toHaveURL(new RegExp(`${address}`));
  await waitUntilItSays(second, 'Customer-managed X.509 is off.', scripts, 120_000);

  const calls = await callsSince(since, 'DELETE', `/groups/${project.id}/userSecurity/customerX509`);
  expect(calls).toHaveLength(1);

  // What was there is kept, with the way to put it back.
  const kept = await second.request.get(
    (await second.getByRole('link', { name: 'Download' }).first().getAttribute('href')) ?? '',
  );
  expect(await kept.text()).toContain('-----BEGIN CERTIFICATE-----');
  await expect(second.getByText('atlas security customerCerts create').first()).toBeVisible();

  const sam = await as('sam');
  await sam.goto('/audit?kind=x509.disabled');
  await expect(sam.getByText('Customer-managed X.509 is off.').first()).toBeVisible();
});

test('who owns nothing of a project cannot ask to switch it off, over the API either', async ({ as }) => {
  const olga = await as('olga');
  const { status } = await forge(olga, '/api/x509/ask', {
    project: lake.id,
    typed: lake.name,
    reason: 'Not an owner of this project.',
  });
  expect(status).toBe(404);
});

test('olga asks for a database user, otto says yes, and dana can ask for its certificate', async ({ as, scripts }) => {
  // Whether the clusters know of it is asked for a minute, unless they are seen to be at it.
  test.setTimeout(300_000);
  const olga = await as('olga');
  await olga.goto(`/projects/${payments.id}`);
  await olga.getByRole('link', { name: 'New database user' }).click();
  await olga.getByLabel('Name').fill('orders-api');
  await olga.getByRole('button', { name: 'Look it up' }).click();
  await expect(olga.getByText('orders-api is taken.')).toBeVisible();
  // The name for one grant is one click away.
  await olga.getByRole('link', { name: /^Use orders-api-[a-z2-7]{4}$/ }).click();
  const name = new URL(olga.url()).searchParams.get('name') ?? '';
  expect(name).toMatch(/^orders-api-[a-z2-7]{4}$/);

  await olga.getByRole('checkbox').first().check();
  await olga.getByLabel('Reason').fill('One grant for the reconciliation run, PAY-2400.');
  await olga.getByRole('button', { name: 'Ask for this user' }).click();
  await expect(olga).toHaveURL(/\/changes\/[0-9a-f-]{36}$/);
  const change = new URL(olga.url()).pathname;
  await expect(olga.getByRole('button', { name: 'Approve and create' })).toHaveCount(0);

  const otto = await as('otto');
  await otto.goto(change);
  await otto.getByRole('button', { name: 'Approve and create' }).click();
  await waitUntilItSays(otto, `${name} exists.`, scripts, 120_000);

  const dana = await as('dana');
  const request = await ask(dana, { project: payments, username: name });
  await dana.getByRole('button', { name: 'Take it back' }).click();
  expect(request).toMatch(/^\/requests\//);

  // And deleted again, by its name typed twice.
  await olga.goto(`/projects/${payments.id}/users/${name}`);
  await olga.getByText('Delete…').click();
  await olga.getByLabel('The name, typed again').fill(name);
  await olga.locator('form', { has: olga.getByRole('button', { name: 'Ask to delete this user' }) })
    .getByLabel('Reason').fill('The reconciliation run is over, PAY-2400.');
  await olga.getByRole('button', { name: 'Ask to delete this user' }).click();
  const end = new URL(olga.url()).pathname;
  await otto.goto(end);
  await otto.getByLabel('The name, typed again').fill(name);
  await otto.getByRole('button', { name: 'Approve and delete' }).click();
  await waitUntilItSays(otto, `${name} is deleted.`, scripts, 120_000);
});

test('otto says no to other roles, with a reason that olga reads', async ({ as }) => {
  const olga = await as('olga');
  await olga.goto(`/projects/${payments.id}/users/orders-api`);
  await olga.getByRole('checkbox', { checked: false }).first().check();
  await olga.getByLabel('Reason').first().fill('The new report reads it too, PAY-2401.');
  await olga.getByRole('button', { name: 'Ask for this change' }).click();
  await expect(olga).toHaveURL(/\/changes\/[0-9a-f-]{36}$/);
  const change = new URL(olga.url()).pathname;

  const otto = await as('otto');
  await otto.goto(change);
  await otto.getByText('Deny…').click();
  await otto.getByLabel('Reason').fill('A user of its own, please.');
  await otto.getByRole('button', { name: 'Deny the request' }).click();
  await olga.goto(change);
  await expect(olga.getByText('A user of its own, please.').first()).toBeVisible();
  await expect(olga.getByText('Nothing was changed.').first()).toBeVisible();
});
