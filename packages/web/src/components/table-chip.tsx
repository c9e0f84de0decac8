import { lazy, Suspense, useState, type ReactNode } from 'react'

import { TableIcon } from './icons.tsx'

const FileReading = lazy(async () => ({
  default: (await import('./file-reading/file-reading.tsx')).FileReading,
}))

const TABLE = /\.(csv|tsv|tab|json|jsonl|ndjson|parquet)(\.gz)?$/i

export const isTableName = (name: string): boolean => TABLE.test(name)

/** The name of a table: a press shows how it is read. */
export function TableName({
  file,
  children,
}: {
  file: { file_id: string; name: string }
  children: ReactNode
}) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <button
        type="button"
        title="How this file is read"
        aria-label={`How ${file.name} is read`}
        onClick={() => setOpen(true)}
        className="inline-flex min-w-0 items-center gap-2 rounded-sm hover:text-accent"
      >
        <TableIcon size={16} className="shrink-0 text-muted" />
        {children}
      </button>
      {isOpen ? (
        <Suspense>
          <FileReading file={file} onClose={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  )
}
