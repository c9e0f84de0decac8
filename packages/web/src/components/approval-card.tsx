import type { Approval } from '@netra/protocol'
import { useState } from 'react'

import { problemText } from '../live/api.ts'
import { useLive } from '../live/use-live.ts'
import { Button } from './button.tsx'
import { Problem } from './notice.tsx'
import { ToolArguments } from './tool-arguments.tsx'

const until = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** A tool call that waits for a person: exactly what would run, and the two answers. */
export function ApprovalCard(props: { approval: Approval; isInterrupted: boolean }) {
  const { approval, isInterrupted } = props
  const live = useLive()
  const [sent, setSent] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const answer = async (approved: boolean) => {
    setSent(true)
    setProblem(null)
    try {
      await live.decide({
        runId: approval.run_id,
        toolCallId: approval.tool_call_id,
        fence: approval.fence,
        approved,
      })
    } catch (error) {
      setProblem(problemText(error))
      setSent(false)
    }
  }
  return (
    <section
      aria-label={`Decision about ${approval.tool_name}`}
      className="appear space-y-3 rounded-xl border border-line-strong bg-raised p-4 text-sm"
    >
      <div>
        <h3 className="font-semibold">
          {isInterrupted ? `Run ${approval.tool_name} again?` : `Allow ${approval.tool_name}?`}
        </h3>
        <p className="mt-1 text-soft">
          {isInterrupted
            ? 'It was cut off while it ran. Whether it took effect is not known, so it is not run again without you.'
            : 'It would run exactly as shown here.'}
        </p>
      </div>
      <ToolArguments name={approval.tool_name} given={approval.arguments} />
      {problem === null ? null : <Problem>{problem}</Problem>}
      <div className="flex flex-wrap items-center gap-2">
        <Button small kind="primary" disabled={sent} onClick={() => void answer(true)}>
          {isInterrupted ? 'Run again' : 'Allow'}
        </Button>
        <Button small disabled={sent} onClick={() => void answer(false)}>
          {isInterrupted ? 'Go on without it' : 'Refuse'}
        </Button>
        <span className="ml-auto text-xs text-muted">
          Open until {until.format(Date.parse(approval.expires_at))}
        </span>
      </div>
    </section>
  )
}
