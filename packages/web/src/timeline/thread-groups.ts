import { dayGroup } from './format.ts'

export interface GroupedThreads<Item> {
  label: string
  threads: Item[]
}

/** The newest first, under the day of their last change. */
export function groupByDay<Item extends { updated_at: string }>(
  threads: readonly Item[],
  now: number,
): GroupedThreads<Item>[] {
  const groups: GroupedThreads<Item>[] = []
  const newestFirst = threads.toSorted((a, b) => (a.updated_at < b.updated_at ? 1 : -1))
  for (const thread of newestFirst) {
    const label = dayGroup(Date.parse(thread.updated_at), now)
    const last = groups.at(-1)
    if (last?.label === label) last.threads.push(thread)
    else groups.push({ label, threads: [thread] })
  }
  return groups
}
