import { useNavigate, useParams } from '@tanstack/react-router'

import { useLive } from '../live/use-live.ts'
import { Confirm } from './confirm.tsx'
import { PencilIcon, TrashIcon } from './icons.tsx'

/* What may be done to a conversation, wherever its menu stands. */

export const renameItem = (onSelect: () => void) => ({
  key: 'rename',
  label: 'Rename',
  icon: <PencilIcon size={16} />,
  onSelect,
})

export const deleteItem = (onSelect: () => void) => ({
  key: 'delete',
  label: 'Delete',
  danger: true,
  icon: <TrashIcon size={16} />,
  onSelect,
})

interface DeleteThreadProps {
  id: string
  title: string
  onClose: () => void
}

export function DeleteThread({ id, title, onClose }: DeleteThreadProps) {
  const { api } = useLive()
  const navigate = useNavigate()
  const { threadId } = useParams({ strict: false })
  return (
    <Confirm
      title={`Delete “${title}”?`}
      text="It goes from every device at once and cannot be brought back."
      action="Delete"
      onClose={onClose}
      onConfirm={async () => {
        await api.deleteThread(id)
        if (threadId === id) await navigate({ to: '/' })
      }}
    />
  )
}
