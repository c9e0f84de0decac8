import { FIRST_DATED } from './odd-times.ts'
import type { Workload } from './workloads.ts'

/**
 * What the times of requests count from. `start`: the start of a trace, which is shown as 1970-01-01;
 * how long and in which order is known, days and hours of the day are not. `several`: files that have
 * no point in common, of whose requests nobody can tell which came first. `none`: there are no times.
 */
export type WorkloadClock = 'calendar' | 'start' | 'several' | 'none'

/** The first time of a file's requests, as the data tools give it (UTC): all of a file are of a kind. */
export interface FirstOfSource {
  source: string
  /** null: its requests have no times. */
  first: string | null
}

/** The clock of the requests of some files; those without any request of it are not in `firsts`. */
export function clockOf(
  firsts: readonly FirstOfSource[],
  files: Pick<Workload['files'][number], 'name' | 'countsFromItsStart'>[],
): WorkloadClock {
  const own = new Set(files.flatMap((file) => (file.countsFromItsStart ? [file.name] : [])))
  const clocks = new Map(
    firsts.map(({ source, first }): [string, WorkloadClock] => {
      if (first === null) return ['none', 'none']
      if (first >= FIRST_DATED) return ['calendar', 'calendar']
      // Counted from 1970 by the word of a person, files share that point.
      return [own.has(source) ? `start of ${source}` : 'start', 'start']
    }),
  )
  const [only] = clocks.values()
  return clocks.size > 1 ? 'several' : (only ?? 'none')
}

export const NO_COMMON_CLOCK =
  'Time is not measurable over files without a clock in common: where not all are dated, nobody can tell how their times lie to each other, so no span, rate or course is computed over them together.'

export const NAMES_NO_DAY =
  'The times count from the start of a trace, so that no day and no hour of the day is known.'
