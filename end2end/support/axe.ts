// axe-core, told in one line per finding.

import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

import { DESKTOP, PHONE, SMALL_PHONE } from './tour.js';

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];
/** Of one rule on one page. */
const NODES_TOLD = 2;

/** What axe-core finds wrong with the page as it is shown now. */
export async function findings(page: Page): Promise<string[]> {
  // There are no frames, so it need not open another page to put their findings together.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().withTags(STANDARDS).analyze();
  return violations.flatMap(({ id, nodes }) => {
    const told = nodes.slice(0, NODES_TOLD).map(({ target, failureSummary }) => (
      `${id} at ${target.join(' ')}: ${failureSummary?.split('\n').slice(1).join(' ').trim()}`
    ));
    const rest = nodes.length - told.length;
    return rest > 0 ? [...told, `${id} at ${rest} more`] : told;
  });
}

/** How far the page sticks out at the right, and what does. */
export async function overflow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { documentElement: root } = document;
    if (root.scrollWidth <= root.clientWidth) return [];
    const wide = [...document.querySelectorAll('body *')].filter((element) => {
      const { right, width } = element.getBoundingClientRect();
      if (width === 0 || right <= root.clientWidth + 1) return false;
      // What scrolls by itself may be as wide as it likes.
      for (let around = element.parentElement; around; around = around.parentElement) {
        if (/auto|scroll|hidden|clip/.test(getComputedStyle(around).overflowX)) return false;
      }
      return true;
    });
    const names = wide.map((element) => `${element.localName}.${element.className} "${element.textContent?.trim().slice(0, 40)}"`);
    return [`${root.scrollWidth} wide in ${root.clientWidth}`, ...names.slice(0, 5)];
  });
}

/** Each size and each theme once; what one finds in the other two pairs, it finds in these. */
const LOOKS = [
  { size: DESKTOP, colorScheme: 'light' },
  { size: PHONE, colorScheme: 'dark' },
] as const;

/** Passes when the page is as it should be, in both themes and on desk and phone alike. */
export async function expectNothingFound(page: Page, name: string): Promise<void> {
  const found: string[] = [];
  for (const { size, colorScheme } of LOOKS) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    found.push(...(await findings(page)).map((text) => `${name}, ${colorScheme}, ${size.width} px: ${text}`));
  }
  for (const size of [PHONE, SMALL_PHONE]) {
    await page.setViewportSize(size);
    found.push(...(await overflow(page)).map((text) => `${name} sticks out at ${size.width} px: ${text}`));
  }
  expect.soft(found, name).toEqual([]);
}
