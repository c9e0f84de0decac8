import { useCallback, useState } from 'react'

import type { StoredFile } from '../live/api.ts'
import { keep, readKept } from '../use-kept.ts'

const isFile = (value: unknown): value is StoredFile =>
  typeof value === 'object' && value !== null && 'file_id' in value && 'name' in value

function readFiles(key: string): StoredFile[] {
  try {
    const value: unknown = JSON.parse(readKept(key) ?? '[]')
    return Array.isArray(value) ? value.filter(isFile) : []
  } catch {
    return []
  }
}

/** What is being written in a thread, kept until it is sent, also over a reload. */
export function useDraft(thread: string) {
  const [text, setText] = useState(() => readKept(`draft.${thread}`) ?? '')
  const [initialFiles] = useState(() => readFiles(`files.${thread}`))
  const write = useCallback(
    (next: string) => {
      setText(next)
      keep(`draft.${thread}`, next)
    },
    [thread],
  )
  const keepFiles = useCallback(
    (files: readonly StoredFile[]) => {
      keep(`files.${thread}`, files.length > 0 ? JSON.stringify(files) : null)
    },
    [thread],
  )
  return { text, write, initialFiles, keepFiles }
}
