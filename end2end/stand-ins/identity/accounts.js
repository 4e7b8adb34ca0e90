// The people of the demo. A password is the account's name; a `sub` is the account's name.

const EVERYONE = 'staff';

const PEOPLE = [
  {
    account: 'dana',
    name: 'Dana Reyes',
    role: 'developer',
    groups: [
      'atlas-payments-prod-developers',
      'atlas-catalog-staging-developers',
      'atlas-data-lake-developers',
    ],
  },
  {
    account: 'devon',
    name: 'Devon Park',
    role: 'developer',
    groups: ['atlas-catalog-staging-developers', 'atlas-data-lake-developers'],
  },
  {
    account: 'olga',
    name: 'Olga Lindt',
    role: 'owner of Payments prod',
    groups: ['atlas-payments-prod-owners'],
  },
  {
    account: 'otto',
    name: 'Otto Brandt',
    role: 'owner of Payments prod and Data lake',
    groups: ['atlas-payments-prod-owners', 'atlas-data-lake-owners'],
  },
  {
    account: 'olivia',
    name: 'Olivia Santos',
    role: 'owner of Catalog staging',
    groups: ['atlas-catalog-staging-owners'],
  },
  { account: 'sam', name: 'Sam Okafor', role: 'security', groups: ['certdesk-security'] },
  { account: 'oscar', name: 'Oscar Nilsen', role: 'operator', groups: ['certdesk-operators'] },
];

/** The accounts, and the groups that a test has changed since the start. */
export class Accounts {
  #people = new Map(PEOPLE.map((person) => [person.account, person]));

  #changedGroups = new Map();

  list() {
    return [...this.#people.values()];
  }

  find(account) {
    return this.#people.get(account);
  }

  /** Answers the person whose password this is, if it is anyone's. */
  authenticate(account, password) {
    const person = this.#people.get(account?.trim().toLowerCase());
    return person && password === person.account ? person : undefined;
  }

  groupsOf(account) {
    return this.#changedGroups.get(account) ?? [EVERYONE, ...this.#people.get(account).groups];
  }

  /** Replaces an account's groups until the next restart; `null` gives the original ones back. */
  changeGroups(account, groups) {
    if (groups === null) {
      this.#changedGroups.delete(account);
    } else {
      this.#changedGroups.set(account, groups);
    }
  }

  /** What oidc-provider calls for every token and userinfo answer. */
  async claimsSource(account) {
    const person = this.#people.get(account);
    if (!person) return undefined;
    return {
      accountId: account,
      claims: async () => ({
        sub: account,
        name: person.name,
        preferred_username: account,
        email: `${account}@example.com`,
        email_verified: true,
        groups: this.groupsOf(account),
      }),
    };
  }
}
