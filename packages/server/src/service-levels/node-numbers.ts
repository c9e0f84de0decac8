import type { StatsFs } from 'node:fs'
import { statfs } from 'node:fs/promises'

import type { Metrics } from '../platform/metrics.ts'

interface NodeNumbersParts {
  metrics: Metrics
  /** Whose file system may fill. */
  dataDir: string
  runs: () => { active: number; queued: number }
  /** Commits that the store has not taken yet. */
  pendingCommits: () => number
}

/** Numbers that nobody counts as they happen; they are looked at when somebody asks. */
export function addNodeNumbers({ metrics, dataDir, runs, pendingCommits }: NodeNumbersParts): void {
  // A file system that cannot be asked has no number, and the other numbers are told all the same.
  const disk = (read: (stats: StatsFs) => number) => () =>
    statfs(dataDir).then(read, () => Number.NaN)
  metrics.gauge('netra_disk_free_bytes', 'What Netra may still write to the disk of its data.', {
    read: disk(({ bavail, bsize }) => bavail * bsize),
  })
  metrics.gauge('netra_disk_size_bytes', 'The disk of its data.', {
    read: disk(({ blocks, bsize }) => blocks * bsize),
  })
  metrics.gauge('netra_runs_active', 'Runs that execute in this process.', {
    read: () => runs().active,
  })
  metrics.gauge('netra_runs_queued', 'Runs that wait in this process for their turn.', {
    read: () => runs().queued,
  })
  metrics.gauge('netra_store_pending_commits', 'Commits that wait for the store.', {
    read: pendingCommits,
  })
}
