import type { McpServer, McpServerTool } from '@netra/client'
import { useState } from 'react'

import { Button } from '../../../components/button.tsx'
import { Problem } from '../../../components/notice.tsx'
import { useAction } from '../../../components/use-action.ts'
import { countOf } from '../../../timeline/format.ts'
import { destroys, isTicked, leftOut } from './consent-choice.ts'
import { titleOf, ToolRow } from './tool-row.tsx'
import { useMcpApi } from './use-mcp.ts'

interface ToolListProps {
  server: McpServer
  onChanged: (server: McpServer) => void
}

const isOpen = ({ state }: McpServerTool): boolean => state !== 'agreed'

/** What the server offers; what nobody has agreed to yet comes first, with the one button for it. */
export function ToolList({ server, onChanged }: ToolListProps) {
  const mcp = useMcpApi()
  const [switched, setSwitched] = useState<ReadonlySet<string>>(new Set())
  const [isShown, setShown] = useState(false)
  const open = server.tools.filter(isOpen)
  const others = server.tools.filter((tool) => !isOpen(tool))
  const isLeft = leftOut(server.tools) !== null
  const chosen = open.filter((tool) => isTicked(tool, switched, isLeft))
  const agree = useAction(async () => {
    const changed = await mcp.agree(server.id, chosen)
    setSwitched(new Set())
    onChanged(changed)
  })
  if (server.tools.length === 0) return null
  const row = (tool: McpServerTool) => (
    <ToolRow key={tool.name} server={server} tool={tool} onChanged={onChanged} />
  )
  return (
    <div className="mt-4 space-y-4">
      {open.length > 0 ? (
        <div className="space-y-3">
          <p className="text-sm font-medium">
            {isLeft
              ? 'Agents do not have these. Tick what they may use.'
              : open.some(({ state }) => state === 'changed')
                ? 'Some tools are not what was allowed before. Look at what changed, then allow them anew.'
                : 'Read what these tools do, then allow them. The words are the server’s own.'}
            {!isLeft && open.some(destroys)
              ? ' Tick those that may destroy something yourself.'
              : ''}
          </p>
          <ul className="divide-y divide-line border-y border-line">
            {open.map((tool) => (
              <li key={tool.name} className="flex items-start gap-2.5">
                <input
                  type="checkbox"
                  aria-label={`Allow ${titleOf(tool) ?? tool.name}`}
                  disabled={!server.may_change}
                  checked={isTicked(tool, switched, isLeft)}
                  onChange={() => setSwitched(toggled(switched, tool.hash))}
                  className="mt-3.5 size-4 shrink-0 accent-accent"
                />
                <div className="min-w-0 flex-1">{row(tool)}</div>
              </li>
            ))}
          </ul>
          {agree.problem ? <Problem>{agree.problem}</Problem> : null}
          {server.may_change && chosen.length > 0 ? (
            <Button kind="primary" busy={agree.isBusy} onClick={() => void agree.run()}>
              Allow {countOf(chosen.length, 'tool')}
            </Button>
          ) : null}
          {server.may_change ? null : (
            <p className="text-sm text-muted">An administrator has to allow them.</p>
          )}
        </div>
      ) : null}
      {others.length > 0 ? (
        <div>
          <Button
            small
            kind="quiet"
            aria-expanded={isShown}
            className="-ml-3"
            onClick={() => setShown(!isShown)}
          >
            {isShown ? 'Hide' : 'Show'} {countOf(others.length, 'tool')}
          </Button>
          {isShown ? (
            <ul className="mt-1 divide-y divide-line border-y border-line">
              {others.map((tool) => (
                <li key={tool.name}>{row(tool)}</li>
              ))}
            </ul>
          ) : null}
        </div>
      ) : null}
    </div>
  )
}

function toggled(hashes: ReadonlySet<string>, hash: string): ReadonlySet<string> {
  const next = new Set(hashes)
  if (!next.delete(hash)) next.add(hash)
  return next
}
