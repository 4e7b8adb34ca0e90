// Where the provider keeps sessions, codes and tokens: memory, without the limit of 1,000 entries
// that the adapter inside the package has, because a load test signs in more often than that.

const GRANT_BOUND = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);

export function memoryAdapter() {
  const entries = new Map();
  const keysOfGrant = new Map();

  const live = (key) => {
    const entry = entries.get(key);
    if (entry && entry.expiresAt <= Date.now()) {
      entries.delete(key);
      return undefined;
    }
    return entry?.payload;
  };

  setInterval(() => [...entries.keys()].forEach(live), 60_000).unref();

  return class MemoryAdapter {
    constructor(model) {
      this.model = model;
    }

    key(id) {
      return `${this.model}:${id}`;
    }

    async upsert(id, payload, expiresIn) {
      const key = this.key(id);
      const expiresAt = expiresIn ? Date.now() + expiresIn * 1000 : Infinity;
      entries.set(key, { payload, expiresAt });
      if (this.model === 'Session') entries.set(`uid:${payload.uid}`, { payload: id, expiresAt });
      if (GRANT_BOUND.has(this.model) && payload.grantId) {
        const keys = keysOfGrant.get(payload.grantId) ?? new Set();
        keysOfGrant.set(payload.grantId, keys.add(key));
      }
    }

    async find(id) {
      return live(this.key(id));
    }

    async findByUid(uid) {
      const id = live(`uid:${uid}`);
      return id && this.find(id);
    }

    async findByUserCode() {
      return undefined;
    }

    async consume(id) {
      const payload = live(this.key(id));
      if (payload) payload.consumed = Math.floor(Date.now() / 1000);
    }

    async destroy(id) {
      entries.delete(this.key(id));
    }

    async revokeByGrantId(grantId) {
      for (const key of keysOfGrant.get(grantId) ?? []) entries.delete(key);
      keysOfGrant.delete(grantId);
    }
  };
}
