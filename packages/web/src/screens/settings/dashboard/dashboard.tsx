import type { Breaker, Dashboard } from '@netra/client'
import { useQuery } from '@tanstack/react-query'

import { ApiError } from '../../../live/api.ts'
import { useNow } from '../../../use-now.ts'
import { useOperationsApi } from '../../use-operations.ts'
import { AdminOnly, Loaded, Section } from '../section.tsx'
import { StopEverything } from '../spending/stop-everything.tsx'
import { Breakers } from './breakers.tsx'
import { Details } from './details.tsx'
import { Errors } from './errors.tsx'
import { Levels } from './levels.tsx'
import { ModeSwitch } from './mode-switch.tsx'
import { Status } from './status.tsx'
import { Tiles } from './tiles.tsx'

const EVERY_MS = 2_000
const NO_BREAKERS: Breaker[] = []

export function DashboardPage() {
  return (
    <AdminOnly title="Dashboard">
      <Live />
    </AdminOnly>
  )
}

/** Asked again while the page is seen, and at once when it comes back. */
const WATCHED = {
  refetchInterval: EVERY_MS,
  refetchIntervalInBackground: false,
  refetchOnWindowFocus: true,
  staleTime: 0,
  retry: false,
} as const

function useBreakers() {
  const operations = useOperationsApi()
  return useQuery({
    queryKey: ['breakers'],
    queryFn: ({ signal }) =>
      operations.breakers(signal).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 404) return NO_BREAKERS
        throw error
      }),
    ...WATCHED,
  })
}

function Live() {
  const operations = useOperationsApi()
  const query = useQuery({
    queryKey: ['dashboard'],
    queryFn: ({ signal }) => operations.dashboard(signal),
    ...WATCHED,
  })
  const breakers = useBreakers()
  const now = useNow(1_000)
  return (
    <Section title="Dashboard">
      <Loaded query={query}>
        {(data) => (
          <Shown
            data={data}
            breakers={breakers.data ?? NO_BREAKERS}
            now={now}
            staleSince={query.isError ? query.dataUpdatedAt : null}
            problem={query.error}
            onReset={() => void breakers.refetch()}
          />
        )}
      </Loaded>
    </Section>
  )
}

interface ShownProps {
  data: Dashboard
  breakers: readonly Breaker[]
  now: number
  /** Set: asking fails, and what is shown is of then. */
  staleSince: number | null
  problem: Error | null
  onReset: () => void
}

function Shown({ data, breakers, now, staleSince, problem, onReset }: ShownProps) {
  return (
    <div className="space-y-10">
      <Status data={data} breakers={breakers} staleSince={staleSince} problem={problem} />
      <div className={staleSince === null ? 'space-y-10' : 'space-y-10 opacity-60'}>
        <Tiles data={data} />
        <Levels levels={data.service_levels} />
        <Breakers breakers={breakers} now={now} onReset={onReset} />
        <ModeSwitch />
        <StopEverything />
        <Errors />
        <Details data={data} />
      </div>
    </div>
  )
}
