import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'

import { problemText } from '../live/api.ts'
import { useLive } from '../live/use-live.ts'
import { Confirm } from './confirm.tsx'
import { DownloadIcon, PencilIcon, TrashIcon } from './icons.tsx'
import { saveText } from './save-file.ts'

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

/**
 * The menu items that save a conversation as a file, and what went wrong with the last one.
 * `title`: names the file.
 */
export function useExportItems(id: string | null, title: string) {
  const { api } = useLive()
  const [problem, setProblem] = useState<string | null>(null)
  const download = async (format: 'markdown' | 'json') => {
    if (id === null) return
    setProblem(null)
    try {
      // By request and not by a link: at another host a link would not carry who asks.
      const text = await api.exportThread(id, format)
      if (format === 'json') saveText(`${fileNameOf(title)}.json`, text, 'application/json')
      else saveText(`${fileNameOf(title)}.md`, text)
    } catch (error) {
      setProblem(problemText(error))
    }
  }
  const item = (format: 'markdown' | 'json', label: string) => ({
    key: format,
    label,
    icon: <DownloadIcon size={16} />,
    onSelect: () => void download(format),
  })
  return {
    items: [item('markdown', 'Export as Markdown'), item('json', 'Export as JSON')],
    problem,
  }
}

/** A title as file systems take it. */
const fileNameOf = (title: string): string =>
  title
    .replaceAll(/[^\p{L}\p{N} _-]+/gu, ' ')
    .trim()
    .slice(0, 80) || 'conversation'

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
