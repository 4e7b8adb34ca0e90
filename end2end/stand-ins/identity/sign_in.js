// The one interaction there is: user name and password.

import { form } from './body.js';
import { pages } from './pages.js';

const WRONG = 'That username and password do not go together. In this demo the password is the username.';

export function signInRoute(provider, accounts) {
  return async function signIn(ctx, next) {
    if (!/^\/sign-in\/[\w-]+$/.test(ctx.path)) return next();

    let interaction;
    try {
      interaction = await provider.interactionDetails(ctx.req, ctx.res);
    } catch {
      // The cookie ran out, or the provider was restarted and forgot the sign-in.
      ctx.status = 400;
      return pages.failure(ctx, {
        error: 'sign-in expired',
        error_description: 'this page belongs to a sign-in that is over',
      });
    }

    const { params, session } = interaction;
    const page = {
      people: accounts.list(),
      account: session?.accountId ?? params.login_hint,
      again: Boolean(session?.accountId),
    };
    if (ctx.method !== 'POST') return pages.signIn(ctx, page);

    const { username, password } = await form(ctx);
    const person = accounts.authenticate(username, password);
    if (!person) {
      ctx.status = 400;
      return pages.signIn(ctx, { ...page, account: username, problem: WRONG });
    }
    const onwards = await provider.interactionResult(
      ctx.req,
      ctx.res,
      { login: { accountId: person.account, amr: ['pwd'], remember: true } },
    );
    ctx.status = 303;
    return ctx.redirect(onwards);
  };
}
