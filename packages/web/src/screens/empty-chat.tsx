import { Link } from '@tanstack/react-router'

import { Mark } from '../components/icons.tsx'
import { modelOf } from '../components/pickers.tsx'
import type { Agent, Models } from '../live/api.ts'
import { useLive } from '../live/use-live.ts'

interface EmptyChatProps {
  agents: readonly Agent[]
  agentId: string | null
  models: Models
  /** `withSample`: it asks about the sample workload. */
  onExample: (text: string, withSample: boolean) => void
  onAgent: (id: string) => void
}

/** Whoever asks it asks its whole team. */
const TEAM = 'supervisor'

/** Before the first message: what this is, and three things to try. */
export function EmptyChat({ agents, agentId, models, onExample, onAgent }: EmptyChatProps) {
  const { me } = useLive()
  const isBuiltIn = modelOf(models, null)?.built_in === true
  const byDefault = agents.find((item) => item.id === (isBuiltIn ? 'data' : 'assistant'))
  const agent = agents.find((item) => item.id === agentId) ?? byDefault ?? agents[0]
  const asksSample = agent?.id === 'data'
  const hasTeam = agents.some(({ id, origin }) => id === TEAM && origin === 'netra')
  return (
    <div className="flex flex-1 flex-col justify-center py-10">
      <Mark size={40} />
      <h1 className="mt-4 text-2xl font-semibold tracking-tight">Netra</h1>
      <p className="mt-1.5 max-w-prose text-lg text-soft">
        Ask about your data, and watch every step of the answer.
      </p>
      {hasTeam && agent?.id !== TEAM ? (
        <p className="mt-1.5 max-w-prose text-soft">
          What language models cost you, and how it could be less, is the work of the{' '}
          <button
            type="button"
            onClick={() => onAgent(TEAM)}
            className="text-accent underline underline-offset-3"
          >
            AI spend team
          </button>
          .
        </p>
      ) : null}
      <ul className="mt-8 divide-y divide-line border-y border-line empty:hidden">
        {(agent?.examples ?? []).slice(0, 3).map((example) => (
          <li key={example}>
            <button
              type="button"
              onClick={() => onExample(example, asksSample)}
              className="group flex w-full items-center gap-3 py-3.5 text-left text-soft transition-colors hover:text-ink"
            >
              <span className="min-w-0 flex-1">{example}</span>
              <span className="text-sm text-muted opacity-0 transition-opacity group-hover:opacity-100 group-focus-visible:opacity-100">
                Try it
              </span>
            </button>
          </li>
        ))}
      </ul>
      <p className="mt-4 text-sm text-muted">
        {asksSample
          ? 'The examples bring the sample workload, which is synthetic. Drop a CSV here to ask about your own.'
          : 'Drop a CSV here to ask about it.'}
        {isBuiltIn ? (
          <>
            {' '}
            No language model is connected: the built-in model answers questions about tables and AI
            spend and does arithmetic.{' '}
            {me.role === 'admin' ? (
              <Link to="/settings/models" className="text-accent underline underline-offset-3">
                Connect a model
              </Link>
            ) : (
              'An administrator can connect one.'
            )}
          </>
        ) : null}
      </p>
    </div>
  )
}
