import type { McpServer, McpServerTool } from '@netra/client'

import { visibleText } from '../../../components/approval/visible-text.ts'
import { ChevronRightIcon } from '../../../components/icons.tsx'
import { Problem } from '../../../components/notice.tsx'
import { useAction } from '../../../components/use-action.ts'
import { Badge } from '../section.tsx'
import { destroys } from './consent-choice.ts'
import { useMcpApi } from './use-mcp.ts'

interface ToolRowProps {
  server: McpServer
  tool: McpServerTool
  onChanged: (server: McpServer) => void
}

/** What the server says of it; only what it says against itself is believed unasked. */
function badgesOf({ annotations, state }: McpServerTool) {
  const { read_only, destructive } = annotations
  return [
    state === 'changed' ? { text: 'changed', tone: 'warn' as const } : null,
    read_only ? { text: 'reads', tone: 'plain' as const } : null,
    !read_only && destructive ? { text: 'may destroy', tone: 'warn' as const } : null,
    !read_only && !destructive ? { text: 'writes', tone: 'plain' as const } : null,
  ].filter((badge) => badge !== null)
}

/** What the server calls it for people; null where it gives no such name. */
export const titleOf = ({ title }: McpServerTool): string | null =>
  title?.trim() ? visibleText(title.trim()) : null

export function ToolRow({ server, tool, onChanged }: ToolRowProps) {
  const mcp = useMcpApi()
  const setAsks = useAction(async (asks: McpServerTool['asks']) =>
    onChanged(await mcp.setAsks(server.id, tool.name, asks)),
  )
  const title = titleOf(tool)
  const usual = tool.needs_approval ? 'asks you' : 'does not ask'
  return (
    <details className="group py-2.5" open={tool.state === 'changed'}>
      <summary className="flex cursor-pointer flex-wrap items-center gap-x-2 gap-y-1">
        <ChevronRightIcon
          size={14}
          className="text-muted transition-transform group-open:rotate-90"
        />
        {title === null ? null : (
          <span className="min-w-0 text-sm font-medium wrap-anywhere">{title}</span>
        )}
        <span
          className={`min-w-0 font-mono wrap-anywhere ${title === null ? 'text-sm' : 'text-xs text-muted'}`}
        >
          {visibleText(tool.name)}
        </span>
        {badgesOf(tool).map(({ text, tone }) => (
          <Badge key={text} tone={tone}>
            {text}
          </Badge>
        ))}
        <span className="line-clamp-2 w-full text-sm text-muted wrap-anywhere group-open:line-clamp-none">
          {tool.description || 'The server says nothing about it.'}
        </span>
      </summary>
      <div className="space-y-3 pt-3 pb-1">
        {tool.changes.map(({ field, before, after }) => (
          <div key={field} className="grid gap-2 sm:grid-cols-2">
            <Shown label={`${field} before`} value={before} />
            <Shown label={`${field} now`} value={after} />
          </div>
        ))}
        <p className="text-xs text-muted">
          Models call it <code className="font-mono wrap-anywhere">{tool.tool}</code>.
        </p>
        <Shown label="Takes" value={tool.input_schema} />
        {tool.state === 'agreed' && server.may_change ? (
          <label className="block text-sm">
            <span className="mb-1 block font-medium text-soft">Before each call</span>
            <select
              value={tool.asks}
              disabled={setAsks.isBusy}
              onChange={({ target }) => void setAsks.run(asksOf(target.value))}
              className="h-9 w-full rounded-md border border-edge bg-raised px-2.5 sm:w-72"
            >
              <option value="default">
                {tool.asks === 'default' ? `As usual: it ${usual}` : 'As usual for such a tool'}
              </option>
              <option value="always">Always ask</option>
              {destroys(tool) ? null : <option value="never">Never ask</option>}
            </select>
          </label>
        ) : null}
        {setAsks.problem ? <Problem>{setAsks.problem}</Problem> : null}
      </div>
    </details>
  )
}

const asksOf = (value: string): McpServerTool['asks'] =>
  value === 'always' || value === 'never' ? value : 'default'

const Shown = ({ label, value }: { label: string; value: unknown }) => (
  <div className="min-w-0">
    <p className="mb-1 text-xs font-medium text-muted">{label}</p>
    <pre className="max-h-56 overflow-auto rounded-md bg-sunken p-2.5 font-mono text-xs whitespace-pre-wrap wrap-anywhere">
      {typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
    </pre>
  </div>
)
