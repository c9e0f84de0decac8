import { useState, type ReactNode } from 'react'

import { useLive } from '../live/use-live.ts'
import { IconButton } from './button.tsx'
import { DeliveryButton } from './delivery-button.tsx'
import { DrawerButton } from './drawer-button.tsx'
import { DownloadIcon, MoreIcon } from './icons.tsx'
import { Menu } from './menu.tsx'
import { RenameThread } from './rename-thread.tsx'
import { deleteItem, DeleteThread, renameItem } from './thread-actions.tsx'

interface ThreadHeaderProps {
  threadId: string | null
  title: string | null
  children: ReactNode
}

export function ThreadHeader({ threadId, title, children }: ThreadHeaderProps) {
  const { api } = useLive()
  const [state, setState] = useState<'shown' | 'renamed' | 'deleted'>('shown')
  const name = title || 'New conversation'
  const download = (format: 'markdown' | 'json') => {
    if (threadId === null) return
    const link = document.createElement('a')
    link.href = api.exportAddress(threadId, format)
    link.download = ''
    link.click()
  }
  return (
    <header className="flex h-14 shrink-0 items-center gap-2 px-2 md:pl-6">
      <title>{threadId === null ? 'Netra' : `${name} · Netra`}</title>
      <DrawerButton />
      {threadId !== null && state === 'renamed' ? (
        <div className="flex min-w-0 flex-1 items-center gap-3">
          <RenameThread
            id={threadId}
            title={title ?? ''}
            onClose={() => setState('shown')}
            className="h-8 w-full max-w-md rounded-md border border-accent bg-raised px-2 text-sm focus-visible:outline-none"
          />
        </div>
      ) : (
        <h1 className="min-w-0 flex-1 truncate text-sm font-medium text-soft">
          {threadId === null ? <span className="sr-only">New conversation</span> : name}
        </h1>
      )}
      {children}
      {threadId === null ? null : <DeliveryButton threadId={threadId} />}
      {threadId === null ? null : (
        <Menu
          label="Conversation"
          align="end"
          items={[
            renameItem(() => setState('renamed')),
            {
              key: 'markdown',
              label: 'Export as Markdown',
              icon: <DownloadIcon size={16} />,
              onSelect: () => download('markdown'),
            },
            {
              key: 'json',
              label: 'Export as JSON',
              icon: <DownloadIcon size={16} />,
              onSelect: () => download('json'),
            },
            deleteItem(() => setState('deleted')),
          ]}
          button={(attributes) => (
            <IconButton label="Actions for this conversation" {...attributes}>
              <MoreIcon />
            </IconButton>
          )}
        />
      )}
      {threadId !== null && state === 'deleted' ? (
        <DeleteThread id={threadId} title={name} onClose={() => setState('shown')} />
      ) : null}
    </header>
  )
}
