import { ChevronRightIcon } from '../icons.tsx'
import type { AskedCall } from './asked-call.ts'
import { CallArguments } from './call-arguments.tsx'
import { ChangeView } from './change-view.tsx'
import { DecideButtons } from './decide-buttons.tsx'
import { QuestionAddress } from './question-address.tsx'
import { QuestionForm } from './question-form.tsx'
import { visibleText } from './visible-text.ts'

const until = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** A tool call that waits for a person: who asks, exactly what would run, and the answers. */
export function ApprovalCard({ call, agentName }: { call: AskedCall; agentName: string | null }) {
  const { question } = call
  const tool = visibleText(call.tool)
  return (
    <section
      aria-label={`Decision about ${tool}`}
      className="appear space-y-3 rounded-xl border border-line-strong bg-raised p-4 text-sm"
    >
      <div>
        <h3 className="font-semibold wrap-anywhere">{titleOf(call, tool)}</h3>
        <p className="mt-0.5 text-xs wrap-anywhere text-muted">{whoOf(call, agentName)}</p>
      </div>
      {question ? (
        <p className="wrap-anywhere whitespace-pre-wrap">{visibleText(question.message)}</p>
      ) : (
        <p className="text-soft">{WHY[call.isInterrupted ? 'interrupted' : 'first']}</p>
      )}
      {call.change ? <ChangeView change={call.change} /> : null}
      {question ? (
        <details className="group/call text-xs text-muted">
          <summary className="touch inline-flex cursor-pointer items-center gap-1 rounded-sm hover:text-ink">
            <ChevronRightIcon
              size={14}
              className="transition-transform group-open/call:rotate-90"
            />
            Show the call that asks
          </summary>
          <div className="mt-2 text-ink">
            <CallArguments given={call.arguments} />
          </div>
        </details>
      ) : (
        <CallArguments given={call.arguments} />
      )}
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

const WHY = {
  interrupted:
    'It was cut off while it ran. Whether it took effect is not known, so it is not run again without you.',
  first: 'It would run exactly as shown here.',
}

function titleOf({ question, isInterrupted }: AskedCall, tool: string): string {
  if (question) return `${tool} asks you something`
  return isInterrupted ? `Run ${tool} again?` : `Allow ${tool}?`
}

function whoOf({ server, agent }: AskedCall, agentName: string | null): string {
  const who = agentName ?? agent
  const asks = who === null ? '' : `Asked by ${who} · `
  return `${asks}${server === null ? 'Netra’s own tool' : `Tool of the server ${visibleText(server)}`}`
}
