// What must hold on every page of every journey, whatever it is about.

import { expect, type BrowserContext, type ConsoleMessage, type Response } from '@playwright/test';

/** What every HTML answer of the portal carries. */
const HEADERS: Record<string, RegExp> = {
  'content-security-policy': /default-src 'none'.*base-uri 'none'.*frame-ancestors 'none'/,
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /^DENY$/,
  'referrer-policy': /^same-origin$/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'permissions-policy': /camera=\(\)/,
  'cache-control': /no-store/,
};

/** Shorter values are no secrets: languages, themes. */
const SECRET_LENGTH_MIN = 16;

/** Watches browsers and says at the end what no journey may see. */
export class Guard {
  readonly #portal: string;

  readonly #wrong: string[] = [];

  readonly #expected = new Set<number>();

  readonly #addresses = new Set<string>();

  readonly #nonces = new Set<string>();

  readonly #secrets = new Set<string>();

  constructor(portal: string) {
    this.#portal = new URL(portal).origin;
  }

  /** Answers with these statuses belong to the journey. Nothing allows one of 500 or more. */
  expectStatus(...statuses: number[]): void {
    statuses.forEach((status) => this.#expected.add(status));
  }

  async watch(context: BrowserContext, withScripts: boolean): Promise<void> {
    context.on('console', (message) => this.#hear(message));
    context.on('weberror', (error) => this.#note(`uncaught on ${error.page()?.url()}: ${error.error().stack ?? error.error()}`));
    context.on('request', (request) => {
      this.#addresses.add(request.url());
      const token = /(?:^|&)csrf=([^&]+)/.exec(request.postData() ?? '')?.[1];
      if (token) this.#secrets.add(token);
    });
    context.on('response', (response) => this.#look(response));
    if (!withScripts) return;
    await context.exposeBinding('reportViolation', (_, text: string) => this.#note(text));
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const { reportViolation } = window as unknown as { reportViolation(text: string): void };
        reportViolation(
          `${event.disposition}: ${event.effectiveDirective} on ${event.documentURI} blocked `
          + `${event.blockedURI} (${event.sourceFile}:${event.lineNumber} ${event.sample})`,
        );
      });
    });
  }

  /** Closes a browser, after a last look at what it keeps. */
  async leave(context: BrowserContext): Promise<void> {
    const cookies = await context.cookies(this.#portal);
    cookies
      .filter(({ name, value }) => name.startsWith('__Host-') && value.length >= SECRET_LENGTH_MIN)
      .forEach(({ value }) => this.#secrets.add(value));
    await context.close();
  }

  /** Passes when nothing was wrong. */
  verify(): void {
    for (const address of this.#addresses) {
      const told = [...this.#secrets].find((secret) => address.includes(secret));
      if (told) this.#note(`a secret stands in the address ${address}`);
    }
    expect(this.#wrong, 'what no journey may see').toEqual([]);
  }

  #note(what: string): void {
    this.#wrong.push(what);
  }

  #isOurs(address: string): boolean {
    return address.startsWith(`${this.#portal}/`);
  }

  #hear(message: ConsoleMessage): void {
    const { url } = message.location();
    const where = url || message.page()?.url() || '';
    if (!this.#isOurs(where)) return;
    const text = message.text();
    // Statuses are looked at where they arrive.
    if (text.startsWith('Failed to load resource: the server responded with a status of')) return;
    if (message.type() === 'error' || /Refused to|Content Security Policy/.test(text)) {
      this.#note(`${message.type()} in the console of ${where}: ${text}`);
    }
  }

  #look(response: Response): void {
    const address = response.url();
    if (!this.#isOurs(address)) return;
    const status = response.status();
    if (status >= 500 || (status >= 400 && !this.#expected.has(status))) {
      this.#note(`${response.request().method()} ${address} answered ${status}`);
    }
    const headers = response.headers();
    if (headers['content-type']?.startsWith('text/html')) this.#lookAtHeaders(address, headers);
  }

  #lookAtHeaders(address: string, headers: Record<string, string>): void {
    for (const [name, form] of Object.entries(HEADERS)) {
      if (!form.test(headers[name] ?? '')) this.#note(`${address} has ${name}: ${headers[name]}`);
    }
    const policy = headers['content-security-policy'] ?? '';
    if (/'unsafe-inline'|'unsafe-eval'/.test(policy)) this.#note(`${address} has ${policy}`);
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
    if (nonce && this.#nonces.has(nonce)) this.#note(`${address} came with a nonce used before`);
    if (nonce) this.#nonces.add(nonce);
  }
}
