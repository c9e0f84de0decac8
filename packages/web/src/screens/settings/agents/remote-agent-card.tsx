import type { MoreAgentsApi, RemoteAgent } from '@netra/client'
import { useState } from 'react'

import { Button } from '../../../components/button.tsx'
import { Confirm } from '../../../components/confirm.tsx'
import { Problem } from '../../../components/notice.tsx'
import { useAction } from '../../../components/use-action.ts'
import { Badge } from '../section.tsx'
import { RemoteAgentForm } from './remote-agent-form.tsx'

interface RemoteAgentProps {
  agent: RemoteAgent
  agentsApi: MoreAgentsApi
  onChanged: () => Promise<void>
}

export function RemoteAgentCard({ agent, agentsApi, onChanged }: RemoteAgentProps) {
  const { id, name, description, url, header_names, enabled, problem } = agent
  const [opened, setOpened] = useState<'form' | 'removal' | null>(null)
  const turn = useAction(async () => {
    await agentsApi.change(id, { enabled: !enabled })
    await onChanged()
  })
  return (
    <li className="rounded-lg border border-line bg-raised p-4">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2">
        <div className="min-w-[min(100%,14rem)] flex-1">
          <h3 className="flex flex-wrap items-center gap-2 font-semibold wrap-anywhere">
            {name}
            {enabled ? null : <Badge>off</Badge>}
          </h3>
          <p className="text-sm text-soft wrap-anywhere">{description}</p>
          <p className="mt-1 font-mono text-xs text-muted wrap-anywhere">{url}</p>
          <p className="mt-1 text-xs text-muted wrap-anywhere">
            {[`called ${id}`, ...header_names.map((header) => `${header} is set`)].join(' · ')}
          </p>
        </div>
        <div className="flex flex-wrap gap-2">
          <Button small busy={turn.isBusy} onClick={() => void turn.run()}>
            {enabled ? 'Turn off' : 'Turn on'}
          </Button>
          <Button small onClick={() => setOpened(opened === 'form' ? null : 'form')}>
            Edit
          </Button>
          <Button small kind="quiet" onClick={() => setOpened('removal')}>
            Remove
          </Button>
        </div>
      </div>
      {(turn.problem ?? problem) ? (
        <div className="mt-3">
          <Problem>{turn.problem ?? problem}</Problem>
        </div>
      ) : null}
      {opened === 'form' ? (
        <div className="mt-4 border-t border-line pt-4">
          <RemoteAgentForm
            agent={agent}
            action="Save"
            onCancel={() => setOpened(null)}
            onSend={async (change) => {
              await agentsApi.change(id, change)
              setOpened(null)
              await onChanged()
            }}
          />
        </div>
      ) : null}
      {opened === 'removal' ? (
        <Confirm
          title={`Remove ${name}?`}
          text="Nobody can ask it any more, and its headers are erased here. Conversations stay."
          action="Remove"
          onClose={() => setOpened(null)}
          onConfirm={async () => {
            await agentsApi.remove(id)
            await onChanged()
          }}
        />
      ) : null}
    </li>
  )
}
