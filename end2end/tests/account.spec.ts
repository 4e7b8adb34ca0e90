import { expect, test } from '../support/test.js';

test('the browser’s language is spoken until another is chosen', async ({ visit, as, guard }) => {
  guard.expectStatus(400);
  const stranger = await visit({ locale: 'ko-KR' });
  // A page for nobody in particular.
  await stranger.goto('/auth/callback?state=x&code=y');
  await expect(stranger.locator('html')).toHaveAttribute('lang', 'ko');

  const korean = await as('devon', { locale: 'ko-KR' });
  await korean.goto('/account');
  await expect(korean.locator('html')).toHaveAttribute('lang', 'ko');
  await expect(korean.getByRole('heading', { level: 1, name: '계정' })).toBeVisible();

  const french = await as('devon', { locale: 'fr-FR' });
  await french.goto('/account');
  await expect(french.locator('html')).toHaveAttribute('lang', 'en');
});

test('language and appearance are chosen, and go along to another browser', async ({ as }) => {
  const page = await as('oscar');
  await page.goto('/account');
  try {
    await page.getByRole('radio', { name: '한국어' }).check();
    await page.getByRole('radio', { name: 'Dark' }).check();
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByRole('status').filter({ hasText: '저장' })).toBeVisible();
    await expect(page.getByRole('heading', { level: 1, name: '계정' })).toBeVisible();
    await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    const scheme = await page.locator('html').evaluate((html) => getComputedStyle(html).colorScheme);
    expect(scheme).toBe('dark');

    const elsewhere = await as('oscar');
    await elsewhere.goto('/operations');
    await expect(elsewhere.locator('html')).toHaveAttribute('lang', 'ko');
    await expect(elsewhere.getByRole('heading', { level: 1, name: '운영' })).toBeVisible();

    await page.getByRole('radio', { name: '简体中文' }).check();
    await page.getByRole('button', { name: '저장' }).click();
    await expect(page.locator('html')).toHaveAttribute('lang', 'zh-Hans');
    await expect(page.getByRole('heading', { level: 1, name: '账户' })).toBeVisible();
  } finally {
    await page.goto('/account');
    await page.locator('input[name=language][value=""]').check();
    await page.locator('input[name=theme][value=system]').check();
    await page.locator('form').filter({ has: page.locator('input[name=theme]') }).getByRole('button').click();
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  }
});

test('the account says what is known and nothing more', async ({ as }) => {
  const page = await as('otto');
  await page.goto('/account');
  await expect(page.getByText('otto@example.com')).toBeVisible();
  await expect(page.getByText('atlas-payments-prod-owners')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Payments prod' }).first()).toBeVisible();
  await expect(page.getByRole('link', { name: 'Catalog staging' })).toHaveCount(0);
});
