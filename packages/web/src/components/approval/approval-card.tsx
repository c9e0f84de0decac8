import { useToolNames } from '../use-tool-names.ts'
import { saysNoMore, type AskedCall } from './asked-call.ts'
import { CallArguments } from './call-arguments.tsx'
import { ChangeView } from './change-view.tsx'
import { DecideButtons } from './decide-buttons.tsx'
import { QuestionAddress } from './question-address.tsx'
import { QuestionForm } from './question-form.tsx'
import { useFocusAfter } from './use-focus-after.ts'
import { visibleText } from './visible-text.ts'

const until = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** A tool call that waits for a person: who asks, exactly what would run, and the answers. */
export function ApprovalCard({ call, agentName }: { call: AskedCall; agentName: string | null }) {
  const { question } = call
  const tool = visibleText(call.tool)
  const { title } = useToolNames([call.tool])(call.tool)
  const keepsFocus = useFocusAfter()
  return (
    <section
      {...keepsFocus}
      tabIndex={-1}
      data-decision
      aria-label={`Decision about ${title}`}
      className="appear space-y-3 rounded-xl border border-line-strong bg-raised p-4 text-sm focus-visible:outline-none"
    >
      <div>
        <h3 className="font-semibold wrap-anywhere">{titleOf(call, `“${title}”`)}</h3>
        <p className="mt-0.5 text-xs wrap-anywhere text-muted">{whoOf(call, agentName)}</p>
      </div>
      {question ? (
        <p className="wrap-anywhere whitespace-pre-wrap">{visibleText(question.message)}</p>
      ) : null}
      {call.isInterrupted ? <p className="text-soft">{INTERRUPTED}</p> : null}
      {call.change ? <ChangeView change={call.change} isEcho={saysNoMore(call)} /> : null}
      <CallArguments
        tool={tool}
        given={call.arguments}
        // What a server says of its tool stands in for nothing.
        isOpen={question === null && (call.change === null || call.server !== null)}
      />
      {question?.mode === 'form' ? <QuestionForm call={call} schema={question.schema} /> : null}
      {question?.mode === 'url' ? <QuestionAddress call={call} url={question.url} /> : null}
      {question ? null : <DecideButtons call={call} />}
      <p className="text-xs text-muted">
        Open until <time dateTime={call.expiresAt}>{until.format(Date.parse(call.expiresAt))}</time>
        ; after that the agent goes on without it.
      </p>
    </section>
  )
}

const INTERRUPTED =
  'It was cut off while it ran. Whether it took effect is not known, so it is not run again without you.'

/** Netra’s own, as a question. */
const OWN_TITLES: Record<string, string> = {
  adopt_plan: 'Adopt this plan?',
  remember: 'Remember this?',
}

function titleOf({ question, isInterrupted, server, tool }: AskedCall, title: string): string {
  if (question) return `${title} asks you something`
  if (isInterrupted) return `Run ${title} again?`
  return (server === null ? OWN_TITLES[tool] : undefined) ?? `Allow ${title}?`
}

function whoOf({ server, agent }: AskedCall, agentName: string | null): string {
  const who = agentName ?? agent
  const asks = who === null ? '' : `Asked by ${who} · `
  return `${asks}${server === null ? 'Netra’s own tool' : `Tool of the server ${visibleText(server)}`}`
}
