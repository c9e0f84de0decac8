import type { Sample } from './process-meter.ts'

export interface Costs {
  /** CPU of the server, as a share of one core, for one open socket on which nothing is said. */
  coresPerSocket: number
  /** CPU of the server for one run with all that comes of it, ms. */
  cpuMsPerRun: number
  bytesPerSocket: number
}

/** What people do, as far as a server notices. */
export interface Habits {
  socketsPerPerson: number
  /** Of one person who is there. */
  runsPerMinute: number
  /** Of a core, so that bursts have room. */
  load: number
}

export const OFFICE: Habits = { socketsPerPerson: 2, runsPerMinute: 0.5, load: 0.6 }

/** From the time when sockets were open and nothing was said, and the time when runs went on. */
export function costsOf(stretch: {
  sockets: number
  runs: number
  /** Before the first socket. */
  empty: Sample
  quiet: readonly [Sample, Sample]
  busy: readonly [Sample, Sample]
}): Costs {
  const { sockets, runs, empty, quiet, busy } = stretch
  const spent = ([from, to]: readonly [Sample, Sample]) => to.cpuMs - from.cpuMs
  const took = ([from, to]: readonly [Sample, Sample]) => to.atMs - from.atMs
  const idle = spent(quiet) / took(quiet)
  return {
    coresPerSocket: idle / sockets,
    cpuMsPerRun: Math.max(0, spent(busy) - idle * took(busy)) / runs,
    bytesPerSocket: Math.max(0, quiet[1].rssBytes - empty.rssBytes) / sockets,
  }
}

/** How many people who are there at once one core serves. */
export function peoplePerCore({ coresPerSocket, cpuMsPerRun }: Costs, habits: Habits): number {
  const { socketsPerPerson, runsPerMinute, load } = habits
  const cores = socketsPerPerson * coresPerSocket + (runsPerMinute / 60_000) * cpuMsPerRun
  return Math.floor(load / cores)
}
