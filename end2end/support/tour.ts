// Every page there is, as each person comes to it.

import type { Page } from '@playwright/test';

import { PROJECTS, type Account } from './people.js';

const { payments, catalog } = PROJECTS;

/** A page worth looking at. */
export interface Stop {
  name: string;
  /** Leads there. */
  open: (page: Page) => Promise<unknown>;
  /** Its status, where it is not 200. */
  status?: number;
}

function at(name: string, address: string, status?: number): Stop {
  return { name, open: (page) => page.goto(address), ...(status && { status }) };
}

/** Behind the first link of this name on a page. */
function behind(name: string, address: string, link: string | RegExp): Stop {
  return {
    name,
    open: async (page) => {
      await page.goto(address);
      const exact = typeof link === 'string';
      await page.getByRole('main').getByRole('link', { name: link, exact }).first().click();
      await page.waitForLoadState();
    },
  };
}

/** Behind the first row that says this. */
function inRow(name: string, address: string, row: string | RegExp): Stop {
  return {
    name,
    open: async (page) => {
      await page.goto(address);
      await page.getByRole('row').filter({ hasText: row }).first().getByRole('link').first().click();
      await page.waitForLoadState();
    },
  };
}

export const TOUR: Record<'dana' | 'olga' | 'sam' | 'oscar', Stop[]> = {
  dana: [
    at('today', '/'),
    at('requests', '/requests'),
    at('new-request-project', '/requests/new'),
    at('new-request-user', `/requests/new?project=${payments.id}`),
    at('new-request-form', `/requests/new?project=${payments.id}&username=orders-api`),
    at('new-request-already-open', `/requests/new?project=${payments.id}&username=ledger-batch`),
    at('new-request-customer-user', `/requests/new?project=${payments.id}&username=CN%3DLegacy%20Billing%2CO%3DExample%2CC%3DDE`),
    inRow('request-approved', '/requests?open=open', 'Approved, ready to issue'),
    inRow('request-waiting', '/requests?open=open', 'Waiting for approval'),
    inRow('request-denied', '/requests?open=over', 'Denied'),
    inRow('request-refused', '/requests?open=over', 'Not issued'),
    inRow('request-collected', '/requests?open=over', 'Collected'),
    inRow('request-unconfirmed', '/requests?open=over', 'Downloaded, not confirmed'),
    at('approvals-empty', '/approvals'),
    at('certificates', '/certificates'),
    at('certificates-none', '/certificates?search=nothing-of-that-name'),
    inRow('certificate', '/certificates', 'orders-api'),
    at('projects', '/projects'),
    at('project', `/projects/${payments.id}`),
    at('account', '/account'),
    at('not-found', '/requests/00000000-0000-7000-8000-000000000000', 404),
  ],
  olga: [
    at('today', '/'),
    at('approvals', '/approvals'),
    behind('request-to-decide', '/approvals', 'ledger-batch'),
    inRow('request-own', '/requests', 'payouts.worker'),
    at('requests-of-projects', '/requests?scope=projects'),
    at('certificates-of-projects', '/certificates?scope=projects'),
    at('project', `/projects/${payments.id}`),
    at('audit', '/audit'),
  ],
  sam: [
    at('today', '/'),
    at('requests-all', '/requests?scope=all'),
    inRow('request-to-resolve', '/requests?scope=all&open=open', 'Security is looking'),
    inRow('request-lost', '/requests?scope=all&open=over', 'Key lost'),
    at('certificates-all', '/certificates?scope=all'),
    at('certificates-ended', '/certificates?scope=all&ends=ended'),
    behind('certificate-unexplained', '/', 'image-resizer'),
    at('projects', '/projects'),
    at('project', `/projects/${catalog.id}`),
    at('audit', '/audit'),
    at('audit-filtered', '/audit?kind=request.denied'),
    at('audit-nothing', '/audit?until=2020-01-01'),
    behind('audit-entry', '/audit?kind=cert.issued', /^Entry #/),
    at('operations', '/operations'),
  ],
  oscar: [
    at('today', '/'),
    at('requests', '/requests'),
    at('certificates', '/certificates'),
    at('projects', '/projects'),
    at('operations', '/operations'),
    at('account', '/account'),
  ],
};

export const TOURISTS = Object.keys(TOUR) as (keyof typeof TOUR & Account)[];

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };
export const SMALL_PHONE = { width: 320, height: 640 };
