// In the project with scripts only: axe-core is one.

import type { Page } from '@playwright/test';

import { expectNothingFound, findings } from '../support/axe.js';
import { PROJECTS } from '../support/people.js';
import { download, sayItIsSaved, upToTheKey, waitUntilItSays } from '../support/steps.js';
import { DESKTOP, PHONE, TOUR, TOURISTS } from '../support/tour.js';
import { expect, test } from '../support/test.js';

const { payments, lake } = PROJECTS;

for (const account of TOURISTS) {
  test(`nothing is found on any page of ${account}`, async ({ as, guard }) => {
    test.setTimeout(300_000);
    guard.expectStatus(404);
    const page = await as(account);
    for (const { name, open } of TOUR[account]) {
      await page.setViewportSize(DESKTOP);
      await open(page);
      await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
      await expect(page.locator('html')).toHaveAttribute('lang', 'en');
      await expectNothingFound(page, `${account}: ${name}`);
    }
  });
}

test('nothing is found on the pages of a key that waits', async ({ as, scripts }) => {
  test.setTimeout(180_000);
  const dana = await as('dana');
  const otto = await as('otto');
  const request = await upToTheKey(
    { requester: dana, owner: otto },
    { project: lake, username: 'bi-reader', months: 1 },
    scripts,
  );
  await expectNothingFound(dana, 'ready');
  await otto.goto(request);
  await expectNothingFound(otto, 'ready, for somebody else');
  const elsewhere = await as('dana');
  await elsewhere.goto(request);
  await expectNothingFound(elsewhere, 'ready, in another browser');
  await download(dana, 'Download PEM');
  await waitUntilItSays(dana, '1 of 3 downloads used.', scripts);
  await expectNothingFound(dana, 'downloaded');
  await sayItIsSaved(dana);
  await expectNothingFound(dana, 'collected');
});

test('nothing is found where a form was not taken', async ({ as }) => {
  const page = await as('dana');
  await page.goto(`/requests/new?project=${payments.id}&username=orders-api`);
  const reason = page.getByLabel('Reason');
  await reason.fill('short');
  await page.locator('form').filter({ has: reason }).evaluate((form: HTMLFormElement) => form.submit());
  await expect(page.getByRole('alert')).toBeVisible();
  await expectNothingFound(page, 'form with an error');
});

test('nothing is found on a page outside the frame', async ({ visit, guard }) => {
  guard.expectStatus(400);
  const page = await visit();
  await page.goto('/auth/callback?state=x&code=y');
  await expectNothingFound(page, 'sign-in failed');
});

for (const [locale, lang] of [['ko-KR', 'ko'], ['zh-CN', 'zh-Hans']] as const) {
  test(`nothing is found in ${lang}`, async ({ as, guard }) => {
    test.setTimeout(300_000);
    guard.expectStatus(404);
    const stops: [keyof typeof TOUR, string[]][] = [
      ['dana', ['today', 'requests', 'new-request-user', 'new-request-form', 'certificates', 'project', 'account', 'not-found']],
      ['sam', ['audit', 'operations']],
    ];
    for (const [account, names] of stops) {
      const page = await as(account, { locale });
      for (const { name, open } of TOUR[account].filter((stop) => names.includes(stop.name))) {
        await page.setViewportSize(DESKTOP);
        await open(page);
        await expect(page.locator('html')).toHaveAttribute('lang', lang);
        // What is not translated stands out: every page has these words in its frame.
        await expect(page.getByRole('banner').getByText('Certificates')).toHaveCount(0);
        await expectNothingFound(page, `${lang}: ${name}`);
      }
    }
  });
}

/** Presses Tab until something of this name has the focus, which must be seen all the way. */
async function tabTo(page: Page, name: RegExp, most = 60): Promise<void> {
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement!;
      const style = getComputedStyle(element);
      const { top, bottom, width } = element.getBoundingClientRect();
      return {
        text: (element.getAttribute('aria-label') ?? element.textContent ?? '').trim(),
        is: `${element.localName} ${element.className}`,
        ringed: style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2,
        seen: width > 0 && bottom > 0 && top < window.innerHeight,
      };
    });
    if (focused.is.startsWith('body')) continue;
    expect(focused.ringed, `the focus on ${focused.is} "${focused.text}" has a ring`).toBe(true);
    expect(focused.seen, `the focus on ${focused.is} "${focused.text}" is in sight`).toBe(true);
    if (name.test(focused.text)) return;
  }
  throw new Error(`${name} is not reached with ${most} tabs`);
}

test('the keyboard skips the rooms, and the focus is always seen', async ({ as }) => {
  const page = await as('dana');
  await page.goto('/certificates');
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the page' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await tabTo(page, /^Request a certificate$/, 3);
});

test('asking and deciding need no mouse', async ({ as }) => {
  const dana = await as('dana');
  await dana.goto('/');
  await tabTo(dana, /^Request a certificate$/);
  await dana.keyboard.press('Enter');
  await expect(dana).toHaveURL(/requests\/new$/);
  await tabTo(dana, /^Data lake$/);
  await dana.keyboard.press('Enter');
  await expect(dana).toHaveURL(/project=/);
  await tabTo(dana, /^bi-reader$/);
  await dana.keyboard.press('Enter');
  await expect(dana.getByLabel('Reason')).toBeVisible();
  await tabTo(dana, /months, until|^1 month/);
  await dana.keyboard.press('Home');
  await dana.keyboard.press('Tab');
  await dana.keyboard.type('Asked without a mouse.');
  await dana.keyboard.press('Tab');
  await dana.keyboard.press('Enter');
  await expect(dana.getByText('You asked for 1 month.')).toBeVisible();
  const request = new URL(dana.url()).pathname;

  const otto = await as('otto');
  await otto.goto(request);
  await tabTo(otto, /^Deny…$/);
  await otto.keyboard.press('Enter');
  await otto.keyboard.press('Tab');
  await otto.keyboard.type('Denied without a mouse.');
  await otto.keyboard.press('Tab');
  await otto.keyboard.press('Enter');
  await expect(otto.getByText('Denied. The requester sees your reason.')).toBeVisible();
});

test('fingers reach everything: targets are large enough on a phone', async ({ as }) => {
  const page = await as('dana', { hasTouch: true, isMobile: true, viewport: PHONE });
  await page.goto('/certificates');
  const small = await page.evaluate(() => [...document.querySelectorAll('a.btn, button, nav a, input, select')]
    .filter((element) => {
      const { width, height } = element.getBoundingClientRect();
      return width > 0 && !element.closest('[hidden]') && height < 44;
    })
    .map((element) => `${element.localName}.${element.className} "${element.textContent?.trim()}" ${element.getBoundingClientRect().height}`));
  expect(small).toEqual([]);
  expect(await findings(page)).toEqual([]);
});
