// Reads the body of a request that this program handles itself, at most 64 KiB of it.

const LIMIT = 64 * 1024;

async function text(ctx) {
  const chunks = [];
  let size = 0;
  for await (const chunk of ctx.req) {
    size += chunk.length;
    if (size > LIMIT) ctx.throw(413, 'the body is larger than 64 KiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export async function form(ctx) {
  return Object.fromEntries(new URLSearchParams(await text(ctx)));
}

export async function json(ctx) {
  try {
    return JSON.parse((await text(ctx)) || '{}');
  } catch {
    return ctx.throw(400, 'the body is not JSON');
  }
}
