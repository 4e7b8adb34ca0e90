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

/** Lets a project have an authority of its own, as if it had had one for long. */
export async function giveAuthority(group: string, commonName: string): Promise<void> {
  await setAuthorities(group, [{ commonName }]);
}

/** Leaves a project without one. */
export async function takeAuthority(group: string): Promise<void> {
  await setAuthorities(group, []);
}

async function setAuthorities(group: string, authorities: { commonName: string }[]): Promise<void> {
  await control(`/customer-authorities/${group}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(authorities),
  });
}

/** The newest number in the journal. */
export async function journalEnd(): Promise<number> {
  const { entries } = (await control('/journal')) as { entries: Call[] };
  return entries.at(-1)?.seq ?? 0;
}

/** Every request since then with this method and this in its path. */
export async function callsSince(since: number, method: string, path: string): Promise<Call[]> {
  const filter = new URLSearchParams({ since: String(since), method, pathContains: path });
  const { entries } = (await control(`/journal?${filter}`)) as { entries: Call[] };
  return entries;
}

/** Every attempt to create a certificate for this user since then. */
export async function creationsSince(since: number, username: string): Promise<Call[]> {
  return callsSince(since, 'POST', `/databaseUsers/${encodeURIComponent(username)}/certs`);
}
