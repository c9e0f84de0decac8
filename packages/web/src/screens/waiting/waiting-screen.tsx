import type { WaitingCall } from '@netra/client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import { ApprovalCard } from '../../components/approval/approval-card.tsx'
import { askedElsewhere } from '../../components/approval/asked-call.ts'
import { Button } from '../../components/button.tsx'
import { DrawerButton } from '../../components/drawer-button.tsx'
import { Problem } from '../../components/notice.tsx'
import { useAction } from '../../components/use-action.ts'
import { useToolNames } from '../../components/use-tool-names.ts'
import { useLive } from '../../live/use-live.ts'
import { Loaded } from '../settings/section.tsx'
import { useApprovalsApi, useWaiting } from './use-waiting.ts'

/** Everything that agents ask the person, from all conversations. */
export function WaitingScreen() {
  const { query, calls } = useWaiting()
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="flex h-14 shrink-0 items-center gap-2 px-2 md:px-6">
        <title>Waiting for you · Netra</title>
        <DrawerButton />
        <h1 className="flex-1 text-sm font-medium text-soft">Waiting for you</h1>
      </header>
      <div className="relative min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-3xl px-4 pt-2 pb-20 sm:px-6">
          <p role="status" className="text-sm text-muted">
            {query.data === undefined ? '' : inWords(calls.length)}
          </p>
          <Loaded query={query}>
            {() => (
              <ul className="space-y-8 pt-4">
                {calls.map((call) => (
                  <li key={`${call.run_id} ${call.tool_call_id} ${call.fence}`}>
                    <Waiting call={call} />
                  </li>
                ))}
              </ul>
            )}
          </Loaded>
          <Unasked />
        </div>
      </div>
    </div>
  )
}

function inWords(count: number): string {
  if (count === 0)
    return 'Nothing waits for you. Before an agent changes something or spends money it asks, and the question is listed here until you answer.'
  return count === 1
    ? 'One question waits for you. Waiting costs nothing and survives a restart.'
    : `${count} questions wait for you, the first to expire on top. Waiting costs nothing and survives a restart.`
}

function Waiting({ call }: { call: WaitingCall }) {
  const { api } = useLive()
  const agents = useQuery({ queryKey: ['agents'], queryFn: ({ signal }) => api.agents(signal) })
  const agentName = agents.data?.find(({ id }) => id === call.agent)?.name ?? call.agent
  return (
    <div className="space-y-2">
      <div className="min-w-0 px-1 text-sm">
        <Link
          to="/t/$threadId"
          params={{ threadId: call.thread.id }}
          className="font-medium wrap-anywhere underline-offset-3 hover:underline"
        >
          {call.thread.title || 'New conversation'}
        </Link>
        {call.asked_for === '' ? null : (
          <p className="line-clamp-2 wrap-anywhere text-muted">You asked: {call.asked_for}</p>
        )}
      </div>
      <ApprovalCard call={askedElsewhere(call)} agentName={agentName} />
    </div>
  )
}

const UNASKED = ['approvals', 'unasked']

/** Tools that the person does not want to be asked about; draws nothing while there are none. */
function Unasked() {
  const approvalsApi = useApprovalsApi()
  const client = useQueryClient()
  const query = useQuery({
    queryKey: UNASKED,
    queryFn: ({ signal }) => approvalsApi.unasked(signal),
    staleTime: 0,
  })
  const again = useAction(async (tool: string) => {
    await approvalsApi.askAgain(tool)
    await client.invalidateQueries({ queryKey: UNASKED })
  })
  const toolNamed = useToolNames(query.data?.map(({ tool }) => tool) ?? [])
  if (!query.data || query.data.length === 0) return null
  return (
    <section className="mt-12 border-t border-line pt-6 text-sm">
      <h2 className="font-semibold">Tools you are not asked about</h2>
      <p className="mt-1 text-muted">
        As long as a tool says the same of itself. When it changes you are asked again.
      </p>
      {again.problem ? <Problem>{again.problem}</Problem> : null}
      <ul className="mt-3 divide-y divide-line border-y border-line">
        {query.data.map(({ tool }) => (
          <li key={tool} className="flex items-center gap-3 py-2">
            <span className="min-w-0 flex-1 wrap-anywhere">
              {toolNamed(tool).title}{' '}
              <span className="text-xs text-muted">{toolNamed(tool).server ?? 'Netra’s own'}</span>
            </span>
            <Button
              small
              aria-label={`Ask me again about ${toolNamed(tool).title}`}
              disabled={again.isBusy}
              onClick={() => void again.run(tool)}
            >
              Ask me again
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}
