/** Where a test may kill the process; each is a moment that a restart must be able to follow. */
export const CRASH_POINTS = [
  'start: file opened',
  'start: tables made',
  'start: log verified',
  'epoch: begun',
  'epoch: written',
  'epoch: durable, the mark is of the old one',
  'epoch: marked',
  'commit: begun',
  'commit: rows changed',
  'commit: events written',
  'commit: index moved',
  'commit: durable, not marked',
  'commit: marked, not answered',
  'erase: noted, not durable',
  'overwrite: begun',
  'overwrite: rows emptied',
  'overwrite: rows durable',
  'overwrite: all rows empty, the WAL is not',
  'overwrite: WAL emptied',
  'compact: begun',
  'compact: kept event written',
  'compact: noted, not durable',
  'compact: durable, not marked',
  'compact: marked, not answered',
  'checkpoint: due',
  'checkpoint: moved, sums behind',
  'checkpoint: done',
] as const

export type CrashPoint = (typeof CRASH_POINTS)[number]

export type Reached = (point: CrashPoint) => void
