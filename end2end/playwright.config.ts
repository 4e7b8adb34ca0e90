// The journeys run against a world that `cargo verify` starts for them. To run them by hand, start
// `cargo demo` and call `npx playwright test` here: the addresses below are the demo's.

import { defineConfig } from '@playwright/test';

// Chromium comes from the operating system; Playwright's own download is not used.
const executablePath = process.env.CERTDESK_CHROMIUM ?? '/usr/bin/chromium';

process.env.ATLAS_CONTROL_URL ??= 'http://127.0.0.1:4100';
process.env.IDENTITY_URL ??= 'http://localhost:4000';

const chromium = {
  browserName: 'chromium' as const,
  launchOptions: {
    executablePath,
    args: [
      // Chromium's sandbox does not start for root, which is who runs the tests in a container.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      // Without these it looks up its maker's hosts at every start.
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  },
};

// Needs scripts by nature, or is about what scripts do not change.
const ONCE = ['**/*.hydrate.spec.ts', '**/accessibility.spec.ts', '**/links.spec.ts'];
const PICTURES = '**/screenshots.spec.ts';

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // The machine that runs them has two cores, and the portal and its database need one of them.
  workers: 1,
  forbidOnly: Boolean(process.env.CI),
  // On a machine nobody watches, a journey may stumble once; the summary then calls it flaky.
  retries: process.env.CI ? 1 : 0,
  reporter: [['list']],
  use: {
    baseURL: process.env.CERTDESK_URL ?? 'http://localhost:3000',
    locale: 'en',
    timezoneId: 'UTC',
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
  },
  projects: [
    { name: 'js', use: chromium, testIgnore: PICTURES },
    // Every form works without JavaScript.
    {
      name: 'no-js',
      use: { ...chromium, javaScriptEnabled: false },
      testIgnore: [...ONCE, PICTURES],
    },
    // Pictures are taken on demand only; see the file.
    ...(process.env.CERTDESK_SCREENSHOTS
      ? [{ name: 'screenshots', use: chromium, testMatch: PICTURES }]
      : []),
  ],
});
