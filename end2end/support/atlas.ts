// The controls of the stand-in for Atlas: faults, and the journal of what it was asked.

const CONTROL = `${process.env.ATLAS_CONTROL_URL}/_control`;

/** A request as the stand-in's journal has it. */
export interface Call {
  seq: number;
  method: string;
  path: string;
  faults: string[];
  status?: number;
  certificateId?: string;
}

async function control(path: string, init?: RequestInit): Promise<unknown> {
  const answer = await fetch(`${CONTROL}${path}`, init);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
}

/** The next creation of a certificate for this user goes wrong. */
export async function spoilNextCertificate(
  username: string,
  fault: Record<string, unknown>,
): Promise<void> {
  const match = { method: 'POST', pathContains: '/certs', username };
  await control('/faults', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...fault, match }),
  });
}

export async function forgetFaults(): Promise<void> {
  await control('/faults', { method: 'DELETE' });
}

/** The newest number in the journal. */
export async function journalEnd(): Promise<number> {
  const { entries } = (await control('/journal')) as { entries: Call[] };
  return entries.at(-1)?.seq ?? 0;
}

/** Every attempt to create a certificate for this user since then. */
export async function creationsSince(since: number, username: string): Promise<Call[]> {
  const filter = new URLSearchParams({
    since: String(since),
    method: 'POST',
    pathContains: `/databaseUsers/${encodeURIComponent(username)}/certs`,
  });
  const { entries } = (await control(`/journal?${filter}`)) as { entries: Call[] };
  return entries;
}
