// The provider's pages: complete HTML, one style sheet inside, no script but the one that presses
// the sign-out button for people who have JavaScript.

import { createHash } from 'node:crypto';

const STYLE = `
:root{color-scheme:light dark;--paper:light-dark(#fbfbf8,#12151c);--surface:light-dark(#fff,#191d26);--line:light-dark(#dcdfe5,#303642);--ink:light-dark(#161c29,#eef0f4);--quiet:light-dark(#535b6b,#a9b0bd);--accent:light-dark(#4a3a8f,#b7abf5);--on-accent:light-dark(#fff,#15121f);--danger:light-dark(#a32020,#ff9d94);--danger-soft:light-dark(#fdf0ee,#34191a)}
*,::before,::after{box-sizing:border-box}
body{margin:0;min-height:100dvh;display:grid;place-items:center;padding:24px 16px;background:var(--paper);color:var(--ink);font:400 15px/1.5 system-ui,-apple-system,"Segoe UI","Noto Sans",sans-serif}
main{width:min(100%,400px);display:grid;gap:24px}
h1{margin:0;font-size:24px;line-height:1.2;font-weight:620;letter-spacing:-.015em}
p{margin:4px 0 0;color:var(--quiet)}
.mark{font-size:13px;color:var(--quiet);display:flex;gap:8px;align-items:center}
.mark svg{width:18px;height:18px;color:var(--accent)}
form{display:grid;gap:16px}
label{display:grid;gap:4px;font-weight:560}
input{font:inherit;color:inherit;background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:9px 12px;width:100%}
button{font:inherit;font-weight:560;cursor:pointer;border-radius:8px;padding:10px 14px;border:1px solid var(--accent);background:var(--accent);color:var(--on-accent)}
button.plain{background:none;color:var(--ink);border-color:var(--line)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.problem{margin:0;padding:10px 14px;border:1px solid var(--line);border-left:3px solid var(--danger);border-radius:8px;background:var(--danger-soft);color:var(--ink)}
section{border-top:1px solid var(--line);padding-top:16px;display:grid;gap:8px}
h2{margin:0;font-size:13px;font-weight:560;color:var(--quiet)}
dl{margin:0;display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;font-size:13px}
dt{font-family:ui-monospace,"DejaVu Sans Mono",monospace}
dd{margin:0;color:var(--quiet)}
`;

const PRESS_SIGN_OUT = "document.getElementById('sign-out').click()";

const MARK = '<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.8" aria-hidden="true"><circle cx="10" cy="7" r="3.2"/><path d="M3.5 17c1-3.4 3.5-5 6.5-5s5.5 1.6 6.5 5"/></svg>';

const hashSource = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const escape = (text) => String(text ?? '').replace(
  /[&<>"']/g,
  (character) => `&#${character.charCodeAt(0)};`,
);

/** Which origins a form may lead to: ours, and the portal's, where a finished sign-in is sent. */
let formTargets = "'self'";

export function allowFormsToLeadTo(uris) {
  const origins = new Set(uris.map((uri) => new URL(uri).origin));
  formTargets = ["'self'", ...origins].join(' ');
}

function show(ctx, { title, body, script }) {
  ctx.type = 'html';
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Content-Security-Policy', [
    "default-src 'none'",
    `style-src ${hashSource(STYLE)}`,
    ...(script ? [`script-src ${hashSource(script)}`] : []),
    `form-action ${formTargets}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '));
  ctx.body = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)} · Example company</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<div class="mark">${MARK} Example company sign-in</div>
${body}
</main>
${script ? `<script>${script}</script>` : ''}
</body>
</html>`;
}

function signIn(ctx, { people, account, again, problem }) {
  const rows = people
    .map((person) => `<dt>${escape(person.account)}</dt><dd>${escape(person.name)}, ${escape(person.role)}</dd>`)
    .join('\n');
  show(ctx, {
    title: 'Sign in',
    body: `<header>
<h1>${again ? 'Confirm it is you' : 'Sign in'}</h1>
<p>${again ? 'Certdesk asks for your password again before this step.' : 'to continue to Certdesk'}</p>
</header>
<form method="post">
${problem ? `<p class="problem" role="alert">${escape(problem)}</p>` : ''}
<label>Username <input name="username" value="${escape(account)}" autocomplete="username" autocapitalize="none" spellcheck="false" required${account ? '' : ' autofocus'}></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required${account ? ' autofocus' : ''}></label>
<button>Sign in</button>
</form>
<section>
<h2>Demo accounts: the password is the username</h2>
<dl>
${rows}
</dl>
</section>`,
  });
}

/** `form` comes from the provider and holds the token that proves this page was seen. */
function signOut(ctx, form) {
  // Who comes with an ID token of ours was sent by the portal's own sign-out button; pressing a
  // second one would be asking twice. Anyone else is asked.
  const askedAlready = Boolean(ctx.oidc.entities.IdTokenHint);
  show(ctx, {
    title: 'Sign out',
    script: askedAlready ? PRESS_SIGN_OUT : undefined,
    body: `<header><h1>Sign out</h1><p>of Certdesk and of the company's sign-in</p></header>
${form}
<button id="sign-out" form="op.logoutForm" name="logout" value="yes">Sign out</button>
${askedAlready ? '' : '<button class="plain" form="op.logoutForm">Stay signed in</button>'}`,
  });
}

function signedOut(ctx) {
  show(ctx, { title: 'Signed out', body: '<header><h1>Signed out</h1><p>You can close this window.</p></header>' });
}

function failure(ctx, out) {
  show(ctx, {
    title: 'Sign-in stopped',
    body: `<header><h1>Sign-in stopped</h1><p>Go back to the portal and start again.</p></header>
<p class="problem">${escape(out.error)}: ${escape(out.error_description)}</p>`,
  });
}

export const pages = { signIn, signOut, signedOut, failure };
