// `test` with people in it: each has a browser of their own, and a guard watches all of them.

import {
  expect, test as base, type Browser, type BrowserContext, type BrowserContextOptions, type Page,
} from '@playwright/test';

import { Guard } from './guard.js';
import type { Account } from './people.js';

/** Signs a browser in without showing it: the journey is about something else. */
async function signInUnseen(context: BrowserContext, account: Account): Promise<void> {
  const form = await context.request.get('/auth/login?return_to=%2Faccount');
  const page = await context.request.post(form.url(), {
    form: { username: account, password: account },
  });
  expect(page.url(), `${account} is signed in`).toMatch(/\/account$/);
  expect(page.ok()).toBe(true);
}

interface Fixtures {
  /** Whether the browsers of this project run scripts. */
  scripts: boolean;
  /** Watches every browser of the test. */
  guard: Guard;
  /** A new browser in which nobody is signed in. */
  visit: (options?: BrowserContextOptions) => Promise<Page>;
  /** A new browser in which somebody has just signed in. */
  as: (account: Account, options?: BrowserContextOptions) => Promise<Page>;
}

async function newPage(
  browser: Browser,
  guard: Guard,
  scripts: boolean,
  options?: BrowserContextOptions,
): Promise<Page> {
  const context = await browser.newContext(options);
  await guard.watch(context, scripts);
  return patient(await context.newPage());
}

/**
 * A page that waits for news loads itself again when there is some. A visit which that cuts short is
 * made again: a person would not notice.
 */
function patient(page: Page): Page {
  const goto = page.goto.bind(page);
  page.goto = async (url, options) => {
    try {
      return await goto(url, options);
    } catch (error) {
      if (!/interrupted by another navigation|ERR_ABORTED/.test(String(error))) throw error;
      return goto(url, options);
    }
  };
  return page;
}

export const test = base.extend<Fixtures>({
  scripts: async ({ javaScriptEnabled }, use) => use(javaScriptEnabled !== false),

  guard: [
    async ({ baseURL }, use) => {
      const guard = new Guard(baseURL ?? '');
      await use(guard);
      guard.verify();
    },
    { auto: true },
  ],

  visit: async ({ browser, guard, scripts }, use) => {
    const pages: Page[] = [];
    await use(async (options) => {
      const page = await newPage(browser, guard, scripts, options);
      pages.push(page);
      return page;
    });
    await Promise.all(pages.map(async (page) => guard.leave(page.context())));
  },

  as: async ({ visit }, use) => {
    await use(async (account, options) => {
      const page = await visit(options);
      await signInUnseen(page.context(), account);
      return page;
    });
  },
});

export { expect };
