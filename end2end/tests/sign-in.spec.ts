import type { Page } from '@playwright/test';

import { fillInSignIn, signOutEverywhere } from '../support/identity.js';
import { expect, test } from '../support/test.js';

/** The company's sign-in forgets this browser; its cookies would answer in place of the person. */
async function forgetCompanySignIn(page: Page): Promise<void> {
  await page.context().clearCookies({ name: /^(?!__Host-)/ });
}

test('a page leads to the company sign-in, and the sign-in back to the page', async ({ visit }) => {
  const page = await visit();
  await page.goto('/certificates?ends=quarter');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();

  await fillInSignIn(page, 'dana');
  await expect(page).toHaveURL(/\/certificates\?ends=quarter$/);
  await expect(page.getByRole('heading', { level: 1, name: 'Certificates' })).toBeVisible();
  await expect(page.getByRole('link', { name: /Dana Reyes/ })).toBeVisible();
});

test('a wrong password is said, and the right one still leads back', async ({ visit }) => {
  const page = await visit();
  await page.goto('/projects');
  await fillInSignIn(page, 'dana', 'not-the-password');
  await expect(page.getByRole('alert')).toContainText('do not go together');

  await fillInSignIn(page, 'dana');
  await expect(page).toHaveURL(/\/projects$/);
});

test('a sign-in never leads to another site', async ({ visit, baseURL }) => {
  for (const elsewhere of ['https://evil.example/', '//evil.example/', '/\\evil.example', '/%2F%2Fevil.example']) {
    const page = await visit();
    await page.goto(`/auth/login?return_to=${encodeURIComponent(elsewhere)}`);
    await fillInSignIn(page, 'devon');
    await expect(page).toHaveURL(`${baseURL}/`);
  }
});

test('the answer of a sign-in that was begun elsewhere is refused', async ({ visit, guard }) => {
  guard.expectStatus(400);
  const page = await visit();
  await page.goto('/auth/callback?code=stolen&state=not-mine');
  await expect(page.getByRole('heading', { name: 'The sign-in did not work.' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Sign in again' })).toBeVisible();
});

test('signing out ends the session, and the way back shows nothing', async ({ visit }) => {
  const page = await visit();
  await page.goto('/account');
  await fillInSignIn(page, 'devon');
  await expect(page.getByRole('heading', { level: 1, name: 'Account' })).toBeVisible();
  const old = await page.context().cookies();

  await page.getByRole('button', { name: 'Sign out' }).click();
  // Without scripts the company's sign-in asks once more.
  const confirm = page.getByRole('button', { name: 'Sign out' });
  const signedOut = page.getByRole('heading', { name: 'You are signed out.' });
  await expect(confirm.or(signedOut)).toBeVisible();
  if (await confirm.isVisible()) await confirm.click();
  await expect(signedOut).toBeVisible();

  await page.goto('/account');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.goBack();
  await expect(page.getByText('devon@example.com')).toBeHidden();

  // The session itself is over, not only this browser's cookie.
  const thief = await visit();
  await thief.context().addCookies(old.filter(({ name }) => name.startsWith('__Host-')));
  await thief.goto('/account');
  await expect(thief.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('a session is ended from another browser', async ({ as }) => {
  const here = await as('olivia', { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' });
  const there = await as('olivia');
  await here.goto('/account');
  await expect(here.getByRole('heading', { level: 1, name: 'Account' })).toBeVisible();

  await there.goto('/account');
  const sessions = there.getByRole('table');
  await expect(sessions.getByText('this one')).toBeVisible();
  await sessions.getByRole('button', { name: /End the session in Firefox/ }).first().click();
  await expect(there.getByText('That session is over.')).toBeVisible();

  await forgetCompanySignIn(here);
  await here.goto('/projects');
  await expect(here.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('a sign-out at the company ends the session here', async ({ as }) => {
  const page = await as('oscar');
  await page.goto('/operations');
  await expect(page.getByRole('heading', { level: 1, name: 'Operations' })).toBeVisible();

  await forgetCompanySignIn(page);
  await signOutEverywhere('oscar');
  await page.goto('/operations');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});
