// The controls of the stand-in for the company's sign-in, and its page.

import type { Page } from '@playwright/test';

import type { Account } from './people.js';

async function control(path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${process.env.IDENTITY_URL}/_control/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
}

/** The next sign-in looks an hour old. */
export async function backdateNextSignIn(): Promise<void> {
  await control('fault', { mode: 'old_auth_time', times: 1 });
}

/** Ends all of an account's sessions, as an administrator of the sign-in would. */
export async function signOutEverywhere(account: Account): Promise<void> {
  await control('logout', { account });
}

/** Fills in the company's sign-in page. */
export async function fillInSignIn(
  page: Page,
  account: string,
  password: string = account,
): Promise<void> {
  await page.getByLabel('Username').fill(account);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
