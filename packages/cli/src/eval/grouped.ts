/** Items by what `keyOf` says of them, in the order in which the keys first occur; items without a key are in no group. */
export function grouped<T>(items: readonly T[], keyOf: (item: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** A record of what `reportOf` makes of each group. */
export function mapGroups<T, R>(
  groups: ReadonlyMap<string, readonly T[]>,
  reportOf: (members: readonly T[], key: string) => R,
): Record<string, R> {
  return Object.fromEntries([...groups].map(([key, members]) => [key, reportOf(members, key)]));
}
