// A link that is shown leads somewhere: nobody is offered a page they may not see.

import { TOUR, TOURISTS } from '../support/tour.js';
import { expect, test } from '../support/test.js';

for (const account of TOURISTS) {
  test(`every link on the pages of ${account} leads to a page`, async ({ as, guard, baseURL }) => {
    test.setTimeout(240_000);
    guard.expectStatus(404);
    const page = await as(account);
    const seen = new Map<string, string>();
    for (const { name, open } of TOUR[account]) {
      await open(page);
      const links = await page.getByRole('link').evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
      links
        .filter((href) => href.startsWith(`${baseURL}/`) && !/#|\/auth\//.test(href) && !seen.has(href))
        .forEach((href) => seen.set(href, name));
    }
    const broken: string[] = [];
    for (const [href, on] of seen) {
      const answer = await page.request.get(href);
      if (!answer.ok()) broken.push(`${on}: ${href} answers ${answer.status()}`);
    }
    expect(seen.size).toBeGreaterThan(10);
    expect(broken).toEqual([]);
  });
}
