// What people do in one go, as far as a journey is not about it.

import { expect, type Download, type Page } from '@playwright/test';

import type { Project } from './people.js';

/** What a request is about. */
export interface Wish {
  project: Project;
  username: string;
  months?: number;
  reason?: string;
}

const REASON = 'Rotation before the release, ticket PAY-2291.';

function formAddress({ project, username }: Wish): string {
  return `/requests/new?${new URLSearchParams({ project: project.id, username })}`;
}

/** Takes back what the person still has open for this user, of another journey that broke off. */
async function makeRoom(page: Page): Promise<void> {
  const open = page.getByRole('link', { name: 'Open that request' });
  if (!(await open.isVisible())) return;
  const form = page.url();
  await open.click();
  await page.getByRole('button', { name: 'Take it back' }).click();
  await page.goto(form);
}

/** Asks, and answers the request's address. */
export async function ask(page: Page, wish: Wish): Promise<string> {
  await page.goto(formAddress(wish));
  await makeRoom(page);
  await page.getByLabel('Lifetime').selectOption(String(wish.months ?? 3));
  await page.getByLabel('Reason').fill(wish.reason ?? REASON);
  await page.getByRole('button', { name: 'Send the request' }).click();
  await expect(page.getByText('Sent. The people who can approve it')).toBeVisible();
  return new URL(page.url()).pathname;
}

/** Says yes, as an owner. */
export async function approve(page: Page, request: string): Promise<void> {
  await page.goto(request);
  await page.getByRole('button', { name: 'Approve' }).click();
  await expect(page.getByText('Approved. The requester can have it issued now.')).toBeVisible();
}

/** Takes a request back. */
export async function withdraw(page: Page, request: string): Promise<void> {
  await page.goto(request);
  await page.getByRole('button', { name: 'Take it back' }).click();
  await expect(page.getByText('Taken back. Nobody needs to decide it any more.')).toBeVisible();
}

/** Has it issued. What comes of it is another matter. */
export async function issue(page: Page, request: string): Promise<void> {
  await page.goto(request);
  await page.getByRole('button', { name: 'Issue the certificate' }).click();
  await expect(page).toHaveURL(new RegExp(`${request}$`));
}

/**
 * Waits until a page that follows what happens elsewhere says something. It turns itself where there
 * are scripts; a person without them loads it again.
 */
export async function waitUntilItSays(
  page: Page,
  text: string,
  scripts: boolean,
  timeout = 30_000,
): Promise<void> {
  const said = page.getByText(text).first();
  if (scripts) {
    await expect(said).toBeVisible({ timeout });
    return;
  }
  await expect(async () => {
    if (!(await said.isVisible())) await page.reload();
    await expect(said).toBeVisible({ timeout: 500 });
  }).toPass({ timeout });
}

export const READY = 'Your key is ready.';

/** Asks, has it approved and issued, up to the key that waits. */
export async function upToTheKey(
  { requester, owner }: { requester: Page; owner: Page },
  wish: Wish,
  scripts: boolean,
): Promise<string> {
  const request = await ask(requester, wish);
  await approve(owner, request);
  await issue(requester, request);
  await waitUntilItSays(requester, READY, scripts);
  return request;
}

/** Presses a download button and answers the file. */
export async function download(page: Page, button: string): Promise<Download> {
  const begun = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  return begun;
}

/** Says that the key is saved. */
export async function sayItIsSaved(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'I saved it' }).click();
  await expect(page.getByText('The key is destroyed here.').first()).toBeVisible();
}

/** The token that every form of the page's session carries. */
export async function formToken(page: Page): Promise<string> {
  const answer = await page.request.get('/account');
  const token = /name="csrf" value="([^"]+)"/.exec(await answer.text())?.[1];
  expect(token, 'a form token').toBeTruthy();
  return token!;
}

/** Sends a form that no page offers, as a script of the portal's own pages would. */
export async function forge(
  page: Page,
  address: string,
  fields: Record<string, string>,
  as: 'script' | 'form' = 'script',
): Promise<{ status: number; text: string }> {
  const origin = new URL(page.url()).origin;
  const answer = await page.request.post(address, {
    form: { csrf: await formToken(page), ...fields },
    headers: {
      accept: as === 'script' ? 'application/json' : 'text/html',
      origin,
      'sec-fetch-site': 'same-origin',
    },
    maxRedirects: 0,
  });
  return { status: answer.status(), text: await answer.text() };
}
