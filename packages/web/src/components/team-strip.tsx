import type { TeamMember } from '../timeline/team.ts'
import { Spinner } from './button.tsx'
import { ChevronRightIcon } from './icons.tsx'

const LOOKS: Record<TeamMember['state'], string> = {
  done: 'bg-sunken text-soft',
  working: 'bg-accent-wash font-medium text-ink',
  stopped: 'bg-danger-wash text-danger',
}

const WORDS: Record<TeamMember['state'], string> = {
  done: 'done',
  working: 'at work',
  stopped: 'stopped',
}

/** The team at work: who had the question one after the other, and who has it now. */
export function TeamStrip({
  team,
  nameOf,
}: {
  team: readonly TeamMember[]
  nameOf: (agent: string) => string
}) {
  return (
    <ol aria-label="The team" className="flex flex-wrap items-center gap-x-1 gap-y-1.5 text-sm">
      {team.map(({ key, agent, why, state }, index) => (
        <li key={key} className="flex items-center gap-x-1">
          {index > 0 ? <ChevronRightIcon size={12} className="text-muted" /> : null}
          <span
            title={why ?? undefined}
            className={`inline-flex items-center gap-1.5 rounded-md px-2 py-0.5 ${LOOKS[state]}`}
          >
            {state === 'working' ? <Spinner /> : null}
            {nameOf(agent)}
            <span className="sr-only">, {WORDS[state]}</span>
          </span>
        </li>
      ))}
    </ol>
  )
}
