// The accounts of the demo. A password is the account's name.

export const PEOPLE = {
  dana: 'Dana Reyes',
  devon: 'Devon Park',
  olga: 'Olga Lindt',
  otto: 'Otto Brandt',
  olivia: 'Olivia Santos',
  sam: 'Sam Okafor',
  oscar: 'Oscar Nilsen',
} as const;

export type Account = keyof typeof PEOPLE;

/** The projects of the demo, with an owner who signs in. */
export const PROJECTS = {
  payments: { id: '64f0c0a1e4b0a1b2c3d4e501', name: 'Payments prod', owner: 'olga' },
  catalog: { id: '64f0c0a1e4b0a1b2c3d4e502', name: 'Catalog staging', owner: 'olivia' },
  lake: { id: '64f0c0a1e4b0a1b2c3d4e503', name: 'Data lake', owner: 'otto' },
} as const;

export type Project = (typeof PROJECTS)[keyof typeof PROJECTS];
