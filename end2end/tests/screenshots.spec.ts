// Pictures of every page, for the README and for people who look them through.
// Not a test: `CERTDESK_SCREENSHOTS=some/folder npx playwright test --project=screenshots`.

import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import type { Page } from '@playwright/test';

import { PROJECTS } from '../support/people.js';
import { download, sayItIsSaved, upToTheKey, waitUntilItSays } from '../support/steps.js';
import { DESKTOP, PHONE, TOUR, TOURISTS } from '../support/tour.js';
import { expect, test } from '../support/test.js';

const FOLDER = process.env.CERTDESK_SCREENSHOTS ?? 'screenshots';

async function shoot(page: Page, name: string): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await expect(page.locator('html')).toHaveAttribute('data-ready', '');
  for (const [look, size, colorScheme] of [
    ['light', DESKTOP, 'light'],
    ['dark', DESKTOP, 'dark'],
    ['phone', PHONE, 'light'],
  ] as const) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.screenshot({ path: path.join(FOLDER, `${name}-${look}.png`), fullPage: true });
  }
  await page.setViewportSize(DESKTOP);
}

for (const account of TOURISTS) {
  test(`the pages of ${account}`, async ({ as, guard }) => {
    test.setTimeout(300_000);
    guard.expectStatus(404);
    const page = await as(account);
    for (const { name, open } of TOUR[account]) {
      await page.setViewportSize(DESKTOP);
      await open(page);
      await shoot(page, `${account}-${name}`);
    }
  });
}

test('a key, from ready to collected', async ({ as, scripts }) => {
  test.setTimeout(120_000);
  const dana = await as('dana');
  const olga = await as('olga');
  const request = await upToTheKey(
    { requester: dana, owner: olga },
    { project: PROJECTS.payments, username: 'orders-api' },
    scripts,
  );
  await shoot(dana, 'key-ready');
  const elsewhere = await as('dana');
  await elsewhere.goto(request);
  await shoot(elsewhere, 'key-elsewhere');
  await download(dana, 'Download PEM');
  await waitUntilItSays(dana, '1 of 3 downloads used.', scripts);
  await shoot(dana, 'key-downloaded');
  await sayItIsSaved(dana);
  await shoot(dana, 'key-collected');
});

test('what goes wrong', async ({ as, visit, guard }) => {
  guard.expectStatus(400);
  const page = await as('dana');
  await page.goto(`/requests/new?project=${PROJECTS.payments.id}&username=orders-api`);
  const reason = page.getByLabel('Reason');
  await reason.fill('short');
  await page.locator('form').filter({ has: reason }).evaluate((form: HTMLFormElement) => form.submit());
  await expect(page.getByRole('alert')).toBeVisible();
  await shoot(page, 'form-with-an-error');

  const stranger = await visit();
  await stranger.goto('/auth/callback?state=x&code=y');
  await stranger.screenshot({ path: path.join(FOLDER, 'sign-in-failed.png') });
});

for (const [locale, name] of [['ko-KR', 'korean'], ['zh-CN', 'chinese']] as const) {
  test(`in ${name}`, async ({ as, guard }) => {
    guard.expectStatus(404);
    test.setTimeout(120_000);
    const page = await as('dana', { locale });
    for (const { name: stop, open } of TOUR.dana.filter((one) => !one.name.startsWith('request-') && !one.status)) {
      if (stop === 'certificate') continue;
      await page.setViewportSize(DESKTOP);
      await open(page);
      await shoot(page, `${name}-${stop}`);
    }
  });
}
