import { useState, type ReactNode } from 'react'

import { IconButton } from './button.tsx'
import { DeliveryButton } from './delivery-button.tsx'
import { DrawerButton } from './drawer-button.tsx'
import { MoreIcon } from './icons.tsx'
import { Menu } from './menu.tsx'
import { Problem } from './notice.tsx'
import { RenameThread } from './rename-thread.tsx'
import { deleteItem, DeleteThread, renameItem, useExportItems } from './thread-actions.tsx'

interface ThreadHeaderProps {
  threadId: string | null
  title: string | null
  children: ReactNode
}

export function ThreadHeader({ threadId, title, children }: ThreadHeaderProps) {
  const [state, setState] = useState<'shown' | 'renamed' | 'deleted'>('shown')
  const name = title || 'New conversation'
  const exporting = useExportItems(threadId, name)
  return (
    <header className="relative flex h-14 shrink-0 items-center gap-2 px-2 md:pl-6">
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
            ...exporting.items,
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
      {exporting.problem === null ? null : (
        <div className="absolute inset-x-4 top-14 z-20 md:inset-x-6">
          <Problem>{exporting.problem}</Problem>
        </div>
      )}
    </header>
  )
}
