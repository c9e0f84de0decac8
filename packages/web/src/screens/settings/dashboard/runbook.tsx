import type { ServiceLevel } from '@netra/client'
import { useQuery } from '@tanstack/react-query'

import { Button } from '../../../components/button.tsx'
import { Dialog } from '../../../components/dialog.tsx'
import { Markdown } from '../../../components/markdown.tsx'
import { Problem } from '../../../components/notice.tsx'
import { problemText } from '../../../live/api.ts'

/** The pages come with the web app: they must be there when the rest of the world is not. */
const PAGES = import.meta.glob<string>('../../../../../../docs/operate/runbooks/*.md', {
  query: '?raw',
  import: 'default',
})

async function pageOf(name: string): Promise<string> {
  const load = Object.entries(PAGES).find(([path]) => path.endsWith(`/${name}.md`))?.[1]
  if (!load) throw new Error('There is no page about this.')
  const text = await load()
  // A link from one page to another leads nowhere from here.
  return text.replace(/\[([^\]]+)\]\((?!https?:)[^)]*\)/g, '$1')
}

export function Runbook({ level, onClose }: { level: ServiceLevel; onClose: () => void }) {
  const page = useQuery({
    queryKey: ['runbook', level.runbook],
    queryFn: () => pageOf(level.runbook),
  })
  return (
    <Dialog label={`What to do: ${level.name}`} shape="wide" onClose={onClose}>
      <div className="flex max-h-[inherit] flex-col">
        <div className="min-h-0 flex-1 overflow-y-auto p-6">
          {page.error ? <Problem>{problemText(page.error)}</Problem> : null}
          {page.data === undefined ? null : <Markdown text={page.data} streaming={false} />}
        </div>
        <div className="flex justify-end border-t border-line px-6 py-3">
          <Button small data-first-focus onClick={onClose}>
            Close
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
