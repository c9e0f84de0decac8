import type { McpServer } from '@netra/client'
import { useState } from 'react'

import { Button } from '../../../components/button.tsx'
import { Confirm } from '../../../components/confirm.tsx'
import { Problem } from '../../../components/notice.tsx'
import { useAction } from '../../../components/use-action.ts'
import { countOf } from '../../../timeline/format.ts'
import { useNow } from '../../../use-now.ts'
import { ago } from '../moments.ts'
import { Badge } from '../section.tsx'
import { leftOut } from './consent-choice.ts'
import { SignIn } from './sign-in.tsx'
import { ToolList } from './tool-list.tsx'
import { useMcpApi } from './use-mcp.ts'

interface ServerCardProps {
  server: McpServer
  onChanged: (server: McpServer) => void
  onRemoved: () => Promise<void>
}

const STATES: Record<McpServer['state'], { text: string; tone: 'plain' | 'warn' }> = {
  off: { text: 'off', tone: 'plain' },
  unknown: { text: 'not asked yet', tone: 'plain' },
  failing: { text: 'not working', tone: 'warn' },
  sign_in: { text: 'sign in', tone: 'warn' },
  consent: { text: 'waits for consent', tone: 'warn' },
  ready: { text: 'ready', tone: 'plain' },
}

function consentWords({ tools }: McpServer): (typeof STATES)[McpServer['state']] {
  const left = leftOut(tools)
  if (left === null) return STATES.consent
  return {
    text: `${countOf(left, 'tool')} ${left === 1 ? 'is' : 'are'} not allowed`,
    tone: 'plain',
  }
}

export function ServerCard({ server, onChanged, onRemoved }: ServerCardProps) {
  const mcp = useMcpApi()
  const now = useNow(60_000)
  const [isRemoved, setRemoved] = useState(false)
  const look = useAction(async () => onChanged(await mcp.look(server.id)))
  const change = useAction(async (wish: { enabled?: boolean; trusted?: boolean }) =>
    onChanged(await mcp.change(server.id, wish)),
  )
  const { id, name, state, about, breaker, may_change } = server
  const shown = state === 'consent' ? consentWords(server) : STATES[state]
  const facts = [
    server.for_all ? 'for everybody here' : null,
    about.name ? `says it is ${about.name}${about.version ? ` ${about.version}` : ''}` : null,
    server.looked_at ? `asked ${ago(server.looked_at, now)}` : null,
  ]
  return (
    <li className="rounded-lg border border-line bg-raised p-4">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2">
        <div className="min-w-[min(100%,14rem)] flex-1">
          <h3 className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <span className="min-w-0 font-semibold wrap-anywhere">{name}</span>
            <Badge tone={shown.tone}>{shown.text}</Badge>
          </h3>
          <Place server={server} />
          <p className="text-sm text-muted wrap-anywhere">{facts.filter(Boolean).join(' · ')}</p>
        </div>
        <Button small busy={look.isBusy} onClick={() => void look.run()}>
          Check now
        </Button>
        {may_change ? (
          <Button small kind="quiet" aria-label={`Remove ${name}`} onClick={() => setRemoved(true)}>
            Remove
          </Button>
        ) : null}
      </div>
      <div className="space-y-3 empty:hidden [&:not(:empty)]:mt-3">
        {server.problem && state !== 'sign_in' ? <Problem>{server.problem}</Problem> : null}
        {breaker && breaker.state !== 'CLOSED' ? (
          <p className="text-sm text-warn">
            It failed {breaker.failure_count} times in a row, so it is left alone for a moment.
          </p>
        ) : null}
        {look.problem ? <Problem>{look.problem}</Problem> : null}
        {change.problem ? <Problem>{change.problem}</Problem> : null}
        {server.transport === 'http' ? <SignIn server={server} onChanged={onChanged} /> : null}
      </div>
      <ToolList server={server} onChanged={onChanged} />
      {may_change ? (
        <div className="mt-4 flex flex-wrap gap-x-6 gap-y-2 border-t border-line pt-3 text-sm">
          <Check
            label="Agents may use it"
            isOn={server.enabled}
            isBusy={change.isBusy}
            onTurn={(enabled) => void change.run({ enabled })}
          />
          <Check
            label="Believe it when it says that a tool only reads"
            isOn={server.trusted}
            isBusy={change.isBusy}
            onTurn={(trusted) => void change.run({ trusted })}
          />
        </div>
      ) : null}
      {isRemoved ? (
        <Confirm
          title={`Remove ${name}?`}
          text="Agents lose its tools, sign-ins there are ended, and what was allowed is forgotten."
          action="Remove"
          onClose={() => setRemoved(false)}
          onConfirm={async () => {
            await mcp.remove(id)
            await onRemoved()
          }}
        />
      ) : null}
    </li>
  )
}

/** Where it is, whole: what runs on this machine is shown word by word. */
function Place({ server: { url, command } }: { server: McpServer }) {
  const text = url ?? command?.map(quoted).join(' ')
  if (text === undefined) return <p className="text-sm text-muted">a program beside Netra</p>
  return <p className="font-mono text-xs text-soft wrap-anywhere">{text}</p>
}

const quoted = (word: string): string => (/^[\w./:=@-]+$/.test(word) ? word : JSON.stringify(word))

interface CheckProps {
  label: string
  isOn: boolean
  isBusy: boolean
  onTurn: (isOn: boolean) => void
}

const Check = ({ label, isOn, isBusy, onTurn }: CheckProps) => (
  <label className="flex min-h-8 items-start gap-2.5">
    <input
      type="checkbox"
      checked={isOn}
      disabled={isBusy}
      onChange={() => onTurn(!isOn)}
      className="mt-0.5 size-4 shrink-0 accent-accent"
    />
    {label}
  </label>
)
